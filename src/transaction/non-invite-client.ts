// The non-INVITE client transaction: RFC 3261 §17.1.2.2, Figure 6. Data only. (RFC 4320 changes what
// servers and proxies answer, not this machine.)

import { by, type Table, type TimerEvent, to } from "./machine.ts";

/** `resolving`: made, but not sent yet, while the next hop is looked up. The others are the RFC's. */
export type NonInviteClientState = "resolving" | "trying" | "proceeding" | "completed" | "terminated";

/** What can happen to a non-INVITE client transaction. */
export type NonInviteClientEvent =
  /** The flow is known: send. */
  | "start"
  /** No flow was found. */
  | "no target"
  | "1xx"
  | "200-699"
  /** A send failed, or the flow's connection is gone. */
  | "transport error"
  /** The user wants the request cancelled. */
  | "cancel"
  /** The user gives up. */
  | "abort"
  /** The user, or the layer on closing, drops it. */
  | "terminate"
  | Extract<TimerEvent, `timer ${"E" | "F" | "K"}`>;

const early = to<NonInviteClientState>("resolving", [], "ignore: nothing was sent yet");
const trying = (cite: string) => to<NonInviteClientState>("trying", [], cite);
const proceeding = (cite: string) => to<NonInviteClientState>("proceeding", [], cite);
const completed = (cite: string) => to<NonInviteClientState>("completed", [], cite);
const over = to<NonInviteClientState>("terminated", [], "ignore: RFC 3261 §17.1.2.2, destroyed");
const dropped = to<NonInviteClientState>("terminated", ["destroy"], "the user's wish");
const done = by<NonInviteClientState>(
  to("terminated", ["destroy", "deliver"], "RFC 3261 §17.1.2.2: Timer K is 0"),
  to("completed", ["clear E", "clear F", "set K", "deliver"], "RFC 3261 §17.1.2.2"),
);
const abandoned = to<NonInviteClientState>("terminated", ["destroy", "fail"], "the user's wish");
const uncancelled = "ignore: RFC 3261 §9.1, CANCEL is for INVITE";

/** RFC 3261 Figure 6. */
export const nonInviteClient: Table<NonInviteClientState, NonInviteClientEvent> = {
  name: "non-INVITE client",
  initial: "resolving",
  settled: ["completed", "terminated"],
  entry: to("resolving", [], "RFC 3261 §17.1.2.2"),
  cells: {
    resolving: {
      start: by(
        to("trying", ["set F", "send"], "RFC 3261 §17.1.2.2: no Timer E when reliable"),
        to("trying", ["set E", "set F", "send"], "RFC 3261 §17.1.2.2"),
      ),
      "no target": to("terminated", ["destroy", "fail"], "RFC 3261 §8.1.3.1"),
      "1xx": early,
      "200-699": early,
      "transport error": early,
      cancel: to("terminated", ["destroy", "fail"], "RFC 3261 §9.1: what was not sent needs no CANCEL"),
      abort: abandoned,
      terminate: dropped,
      "timer E": early,
      "timer F": early,
      "timer K": early,
    },
    trying: {
      start: trying("ignore: started once"),
      "no target": trying("ignore: there was a target"),
      "1xx": to("proceeding", ["deliver"], "RFC 3261 §17.1.2.2: Timer E goes on, then at T2"),
      "200-699": done,
      "transport error": to("terminated", ["destroy", "transport"], "RFC 3261 Figure 6, §17.1.4"),
      cancel: trying(uncancelled),
      abort: abandoned,
      terminate: dropped,
      "timer E": to("trying", ["double E", "resend"], "RFC 3261 §17.1.2.2"),
      "timer F": to("terminated", ["destroy", "timeout"], "RFC 3261 §17.1.2.2"),
      "timer K": trying("ignore: not set here"),
    },
    proceeding: {
      start: proceeding("ignore: started once"),
      "no target": proceeding("ignore: there was a target"),
      "1xx": to("proceeding", ["deliver"], "RFC 3261 §17.1.2.2"),
      "200-699": done,
      "transport error": to("terminated", ["destroy", "transport"], "RFC 3261 Figure 6, §17.1.4"),
      cancel: proceeding(uncancelled),
      abort: abandoned,
      terminate: dropped,
      "timer E": to("proceeding", ["slow E", "resend"], "RFC 3261 §17.1.2.2"),
      "timer F": to("terminated", ["destroy", "timeout"], "RFC 3261 §17.1.2.2"),
      "timer K": proceeding("ignore: not set here"),
    },
    completed: {
      start: completed("ignore: started once"),
      "no target": completed("ignore: there was a target"),
      "1xx": completed("ignore: late, RFC 3261 §17.1.2.2"),
      "200-699": completed("ignore: RFC 3261 §17.1.2.2 buffers retransmissions here"),
      "transport error": completed("ignore: RFC 3261 Figure 6, nothing is sent here"),
      cancel: completed(uncancelled),
      abort: completed("ignore: the final response has come"),
      terminate: dropped,
      "timer E": completed("ignore: late"),
      "timer F": completed("ignore: late"),
      "timer K": to("terminated", ["destroy"], "RFC 3261 §17.1.2.2"),
    },
    terminated: {
      start: over,
      "no target": over,
      "1xx": over,
      "200-699": over,
      "transport error": over,
      cancel: over,
      abort: over,
      terminate: over,
      "timer E": over,
      "timer F": over,
      "timer K": over,
    },
  },
};
