// The INVITE server transaction: RFC 3261 §17.2.1, Figure 7, as RFC 6026 §8.5–8.8 corrects it. Data only.

import { by, type Table, type TimerEvent, to } from "./machine.ts";

/** The states of an INVITE server transaction. */
export type InviteServerState = "proceeding" | "completed" | "confirmed" | "accepted" | "terminated";

/** What can happen to an INVITE server transaction. Responses are the core's. */
export type InviteServerEvent =
  /** The INVITE came again. */
  | "request"
  | "ACK"
  /** A CANCEL came for this INVITE, and was answered by the layer (RFC 3261 §9.2). */
  | "CANCEL"
  | "1xx"
  | "2xx"
  | "300-699"
  /** A send failed, or the flow's connection is gone. */
  | "transport error"
  /** The user, or the layer on closing, drops it. */
  | "terminate"
  | Extract<TimerEvent, `timer ${"trying" | "G" | "H" | "I" | "L"}`>;

const proceeding = (cite: string) => to<InviteServerState>("proceeding", [], cite);
const completed = (cite: string) => to<InviteServerState>("completed", [], cite);
const confirmed = (cite: string) => to<InviteServerState>("confirmed", [], cite);
const accepted = (cite: string) => to<InviteServerState>("accepted", [], cite);
const refused = (state: InviteServerState) =>
  to<InviteServerState>(state, ["refuse"], "RFC 3261 §17.2.1: the final response was sent");
const over = to<InviteServerState>("terminated", [], "ignore: RFC 3261 §17.2.1, destroyed");
const dropped = to<InviteServerState>("terminated", ["destroy"], "the user's wish");
const noCancel = "ignore: RFC 3261 §9.2, no effect after a final response";

/** RFC 3261 Figure 7 with RFC 6026's Accepted state, and its rule that transport errors end nothing (§8.8). */
export const inviteServer: Table<InviteServerState, InviteServerEvent> = {
  name: "INVITE server",
  initial: "proceeding",
  settled: ["confirmed", "accepted", "terminated"],
  entry: to("proceeding", ["set trying", "deliver"], "RFC 3261 §17.2.1"),
  cells: {
    proceeding: {
      request: to("proceeding", ["resend"], "RFC 3261 §17.2.1: the last provisional response, if any"),
      ACK: proceeding("ignore: there is nothing to acknowledge yet"),
      CANCEL: to("proceeding", ["canceled"], "RFC 3261 §9.2"),
      "1xx": to("proceeding", ["clear trying", "send"], "RFC 3261 §17.2.1"),
      "2xx": to("accepted", ["clear trying", "set L", "send"], "RFC 6026 §8.5, §8.7"),
      "300-699": by(
        to("completed", ["clear trying", "set H", "send"], "RFC 3261 §17.2.1: no Timer G when reliable"),
        to("completed", ["clear trying", "set G", "set H", "send"], "RFC 3261 §17.2.1"),
      ),
      "transport error": to("proceeding", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": to("proceeding", ["send 100"], "RFC 3261 §17.2.1"),
      "timer G": proceeding("ignore: not set here"),
      "timer H": proceeding("ignore: not set here"),
      "timer I": proceeding("ignore: not set here"),
      "timer L": proceeding("ignore: not set here"),
    },
    completed: {
      request: to("completed", ["resend"], "RFC 3261 §17.2.1"),
      ACK: by(
        to("terminated", ["destroy"], "RFC 3261 §17.2.1: Timer I is 0"),
        to("confirmed", ["clear G", "clear H", "set I", "forget"], "RFC 3261 §17.2.1"),
      ),
      CANCEL: completed(noCancel),
      "1xx": refused("completed"),
      "2xx": refused("completed"),
      "300-699": refused("completed"),
      "transport error": to("completed", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": completed("ignore: late"),
      "timer G": to("completed", ["double G", "resend"], "RFC 3261 §17.2.1"),
      "timer H": to("terminated", ["destroy", "timeout"], "RFC 3261 §17.2.1: no ACK came"),
      "timer I": completed("ignore: not set here"),
      "timer L": completed("ignore: not set here"),
    },
    confirmed: {
      request: confirmed("ignore: RFC 3261 Figure 7, the ACK proves that the response came"),
      ACK: confirmed("ignore: RFC 3261 §17.2.1 absorbs it"),
      CANCEL: confirmed(noCancel),
      "1xx": refused("confirmed"),
      "2xx": refused("confirmed"),
      "300-699": refused("confirmed"),
      "transport error": confirmed("ignore: nothing is left to send"),
      terminate: dropped,
      "timer trying": confirmed("ignore: late"),
      "timer G": confirmed("ignore: late, RFC 3261 §17.2.1"),
      "timer H": confirmed("ignore: late"),
      "timer I": to("terminated", ["destroy"], "RFC 3261 §17.2.1"),
      "timer L": confirmed("ignore: not set here"),
    },
    accepted: {
      request: accepted("ignore: RFC 6026 §8.7 absorbs it; the core retransmits its 2xx"),
      ACK: to("accepted", ["deliver"], "RFC 6026 §8.7: to the core"),
      CANCEL: accepted(noCancel),
      "1xx": refused("accepted"),
      "2xx": to("accepted", ["send"], "RFC 6026 §8.7: the core's retransmission"),
      "300-699": refused("accepted"),
      "transport error": to("accepted", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": accepted("ignore: late"),
      "timer G": accepted("ignore: not set here"),
      "timer H": accepted("ignore: not set here"),
      "timer I": accepted("ignore: not set here"),
      "timer L": to("terminated", ["destroy"], "RFC 6026 §8.7"),
    },
    terminated: {
      request: over,
      ACK: over,
      CANCEL: over,
      "1xx": refused("terminated"),
      "2xx": refused("terminated"),
      "300-699": refused("terminated"),
      "transport error": over,
      terminate: over,
      "timer trying": over,
      "timer G": over,
      "timer H": over,
      "timer I": over,
      "timer L": over,
    },
  },
};
