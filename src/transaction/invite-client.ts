// The INVITE client transaction: RFC 3261 §17.1.1.2, Figure 5, as RFC 6026 §8.4 corrects it. Data only.

import { by, type Table, type TimerEvent, to } from "./machine.ts";

/** `resolving`: made, but not sent yet, while the next hop is looked up. The others are the RFC's. */
export type InviteClientState =
  | "resolving"
  | "calling"
  | "proceeding"
  | "completed"
  | "accepted"
  | "terminated";

/** What can happen to an INVITE client transaction. */
export type InviteClientEvent =
  /** The flow is known: send. */
  | "start"
  /** No flow was found. */
  | "no target"
  | "100"
  | "101-199"
  | "2xx"
  | "300-699"
  /** A send failed, or the flow's connection is gone. */
  | "transport error"
  /** The user wants the INVITE cancelled. */
  | "cancel"
  /** The user, or the layer on closing, drops it. */
  | "terminate"
  | Extract<TimerEvent, `timer ${"A" | "B" | "C" | "D" | "M" | "abandon"}`>;

const early = to<InviteClientState>("resolving", [], "ignore: nothing was sent yet");
const calling = (cite: string) => to<InviteClientState>("calling", [], cite);
const proceeding = (cite: string) => to<InviteClientState>("proceeding", [], cite);
const completed = (cite: string) => to<InviteClientState>("completed", [], cite);
const accepted = (cite: string) => to<InviteClientState>("accepted", [], cite);
const over = to<InviteClientState>("terminated", [], "ignore: RFC 3261 §17.1.1.2, destroyed");
const dropped = to<InviteClientState>("terminated", ["destroy"], "the user's wish");

/** RFC 3261 Figure 5 with RFC 6026's Accepted state. Timer C runs only where the user asked for it (§16.6). */
export const inviteClient: Table<InviteClientState, InviteClientEvent> = {
  name: "INVITE client",
  initial: "resolving",
  settled: ["completed", "accepted", "terminated"],
  entry: to("resolving", [], "RFC 3261 §17.1.1.2"),
  cells: {
    resolving: {
      start: by(
        to("calling", ["set B", "set C", "send"], "RFC 3261 §17.1.1.2: no Timer A when reliable"),
        to("calling", ["set A", "set B", "set C", "send"], "RFC 3261 §17.1.1.2"),
      ),
      "no target": to("terminated", ["destroy", "fail"], "RFC 3261 §8.1.3.1"),
      "100": early,
      "101-199": early,
      "2xx": early,
      "300-699": early,
      "transport error": early,
      cancel: to("terminated", ["destroy", "fail"], "RFC 3261 §9.1: what was not sent needs no CANCEL"),
      terminate: dropped,
      "timer A": early,
      "timer B": early,
      "timer C": early,
      "timer D": early,
      "timer M": early,
      "timer abandon": early,
    },
    calling: {
      start: calling("ignore: started once"),
      "no target": calling("ignore: there was a target"),
      "100": to(
        "proceeding",
        ["clear A", "clear B", "cancel held", "deliver"],
        "RFC 3261 §17.1.1.2, §9.1 (the CANCEL that waited)",
      ),
      "101-199": to(
        "proceeding",
        ["clear A", "clear B", "set C", "cancel held", "deliver"],
        "RFC 3261 §17.1.1.2, §9.1 (the CANCEL that waited), §16.7 step 2 (Timer C)",
      ),
      "2xx": to(
        "accepted",
        ["clear A", "clear B", "clear C", "set M", "deliver"],
        "RFC 6026 §8.4; a CANCEL that waited is not sent (RFC 3261 §9.1)",
      ),
      "300-699": by(
        to("terminated", ["ack", "destroy", "deliver"], "RFC 3261 §17.1.1.2: Timer D is 0"),
        to(
          "completed",
          ["clear A", "clear B", "clear C", "set D", "ack", "deliver"],
          "RFC 3261 §17.1.1.2, §17.1.1.3",
        ),
      ),
      "transport error": to("terminated", ["destroy", "transport"], "RFC 3261 Figure 5, §17.1.4"),
      cancel: to("calling", ["hold"], "RFC 3261 §9.1: no CANCEL before a provisional response"),
      terminate: dropped,
      "timer A": to("calling", ["double A", "resend"], "RFC 3261 §17.1.1.2"),
      "timer B": to("terminated", ["destroy", "timeout"], "RFC 3261 §17.1.1.2"),
      "timer C": to("terminated", ["destroy", "timeout"], "RFC 3261 §16.8: as if a 408 had come"),
      "timer D": calling("ignore: not set here"),
      "timer M": calling("ignore: not set here"),
      "timer abandon": calling("ignore: not set here"),
    },
    proceeding: {
      start: proceeding("ignore: started once"),
      "no target": proceeding("ignore: there was a target"),
      "100": to("proceeding", ["deliver"], "RFC 3261 §17.1.1.2"),
      "101-199": to("proceeding", ["set C", "deliver"], "RFC 3261 §17.1.1.2, §16.7 step 2"),
      "2xx": to("accepted", ["clear C", "clear abandon", "set M", "deliver"], "RFC 6026 §8.4"),
      "300-699": by(
        to("terminated", ["ack", "destroy", "deliver"], "RFC 3261 §17.1.1.2: Timer D is 0"),
        to(
          "completed",
          ["clear C", "clear abandon", "set D", "ack", "deliver"],
          "RFC 3261 §17.1.1.2, §17.1.1.3",
        ),
      ),
      // Figure 5 has no such arrow, since nothing is sent here. But most who have lost their connection cannot come back by
      // another (§18.2.2): their process is gone, or we are behind a NAT. An INVITE that only a user could end is a leak. Who
      // lives is told, where a connection can be opened to him: he would ring on for nobody.
      "transport error": by(
        to("terminated", ["cancel", "destroy", "transport"], "RFC 3261 §17.1.4, §9.1"),
        to("terminated", ["destroy", "transport"], "RFC 3261 §17.1.4"),
      ),
      cancel: to("proceeding", ["set abandon", "cancel"], "RFC 3261 §9.1"),
      terminate: dropped,
      "timer A": proceeding("ignore: late, RFC 3261 §17.1.1.2 retransmits only when calling"),
      "timer B": proceeding("ignore: late, RFC 3261 §17.1.1.2"),
      "timer C": to("proceeding", ["hold", "cancel held"], "RFC 3261 §16.8: a CANCEL, unless one was sent"),
      "timer D": proceeding("ignore: not set here"),
      "timer M": proceeding("ignore: not set here"),
      "timer abandon": to("terminated", ["destroy", "timeout"], "RFC 3261 §9.1: 64 × T1 after the CANCEL"),
    },
    completed: {
      start: completed("ignore: started once"),
      "no target": completed("ignore: there was a target"),
      "100": completed("ignore: late, RFC 3261 §17.1.1.2"),
      "101-199": completed("ignore: late, RFC 3261 §17.1.1.2"),
      "2xx": completed("ignore: RFC 3261 Figure 5 has none after another final response"),
      "300-699": to("completed", ["resend"], "RFC 3261 §17.1.1.2: the ACK again, nothing to the user"),
      "transport error": to("terminated", ["destroy", "transport"], "RFC 3261 Figure 5"),
      cancel: completed("ignore: RFC 3261 §9.1, a final response has come"),
      terminate: dropped,
      "timer A": completed("ignore: late"),
      "timer B": completed("ignore: late"),
      "timer C": completed("ignore: late"),
      "timer D": to("terminated", ["destroy"], "RFC 3261 §17.1.1.2"),
      "timer M": completed("ignore: not set here"),
      "timer abandon": completed("ignore: late"),
    },
    accepted: {
      start: accepted("ignore: started once"),
      "no target": accepted("ignore: there was a target"),
      "100": accepted("ignore: RFC 6026 §8.4 passes only 2xx"),
      "101-199": accepted("ignore: RFC 6026 §8.4 passes only 2xx"),
      "2xx": to("accepted", ["deliver"], "RFC 6026 §8.4: retransmissions, and other branches"),
      "300-699": accepted("ignore: RFC 6026 §8.4 passes only 2xx"),
      "transport error": accepted("ignore: RFC 6026 Figure 5, nothing is sent here"),
      cancel: accepted("ignore: RFC 3261 §9.1, a final response has come"),
      terminate: dropped,
      "timer A": accepted("ignore: late"),
      "timer B": accepted("ignore: late"),
      "timer C": accepted("ignore: late"),
      "timer D": accepted("ignore: not set here"),
      "timer M": to("terminated", ["destroy"], "RFC 6026 §8.4"),
      "timer abandon": accepted("ignore: late"),
    },
    terminated: {
      start: over,
      "no target": over,
      "100": over,
      "101-199": over,
      "2xx": over,
      "300-699": over,
      "transport error": over,
      cancel: over,
      terminate: over,
      "timer A": over,
      "timer B": over,
      "timer C": over,
      "timer D": over,
      "timer M": over,
      "timer abandon": over,
    },
  },
};
