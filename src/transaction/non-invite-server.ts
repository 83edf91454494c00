// The non-INVITE server transaction: RFC 3261 §17.2.2, Figure 8, with RFC 4320 §4 and RFC 6026 §8.8. Data only.

import { by, type Table, type TimerEvent, to } from "./machine.ts";

/** The states of a non-INVITE server transaction. */
export type NonInviteServerState = "trying" | "proceeding" | "completed" | "terminated";

/** What can happen to a non-INVITE server transaction. Responses are the core's. */
export type NonInviteServerEvent =
  /** The request came again. */
  | "request"
  | "100"
  | "101-199"
  | "408"
  /** A final response other than 408. */
  | "200-699"
  /** A send failed, or the flow's connection is gone. */
  | "transport error"
  /** The user, or the layer on closing, drops it. */
  | "terminate"
  | Extract<TimerEvent, `timer ${"trying" | "expire" | "J"}`>;

const trying = (cite: string) => to<NonInviteServerState>("trying", [], cite);
const proceeding = (cite: string) => to<NonInviteServerState>("proceeding", [], cite);
const completed = (cite: string) => to<NonInviteServerState>("completed", [], cite);
const refused = (state: NonInviteServerState, cite: string) =>
  to<NonInviteServerState>(state, ["refuse"], cite);
const over = to<NonInviteServerState>("terminated", [], "ignore: RFC 3261 §17.2.2, destroyed");
const dropped = to<NonInviteServerState>("terminated", ["destroy"], "the user's wish");
const answered = by<NonInviteServerState>(
  to("terminated", ["send", "destroy"], "RFC 3261 §17.2.2: Timer J is 0"),
  to("completed", ["clear trying", "clear expire", "set J", "send"], "RFC 3261 §17.2.2"),
);
// RFC 4320 §4.2: a 408 comes too late to be of use and must not be sent; the request is done all the same.
const silent = by<NonInviteServerState>(
  to("terminated", ["destroy"], "RFC 4320 §4.2"),
  to("completed", ["clear trying", "clear expire", "set J", "forget"], "RFC 4320 §4.2"),
);
const noProgress = "RFC 4320 §4.1: only 100 may be sent before the final response";
const second = "RFC 3261 §17.2.2: the final response was sent";

/**
 * RFC 3261 Figure 8. The automatic 100 is sent when Timer E of the client has reached T2 (RFC 4320 §4.1);
 * a 100 that the core sends earlier over an unreliable transport is held back until then. A transport
 * error ends nothing (RFC 6026 §8.8 rewrites RFC 3261 §17.2.4, which both server machines go by).
 */
export const nonInviteServer: Table<NonInviteServerState, NonInviteServerEvent> = {
  name: "non-INVITE server",
  initial: "trying",
  settled: ["completed", "terminated"],
  entry: to("trying", ["set trying", "deliver"], "RFC 3261 §17.2.2"),
  cells: {
    trying: {
      request: trying("ignore: RFC 3261 §17.2.2 discards it"),
      "100": by(
        to("proceeding", ["send"], "RFC 4320 §4.1: at any time when reliable"),
        trying("ignore: RFC 4320 §4.1, not before Timer E reaches T2; `trying` sends it then"),
      ),
      "101-199": refused("trying", noProgress),
      "408": silent,
      "200-699": answered,
      "transport error": to("trying", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": to("proceeding", ["set expire", "send 100"], "RFC 4320 §4.1"),
      "timer expire": trying("ignore: not set here"),
      "timer J": trying("ignore: not set here"),
    },
    proceeding: {
      request: to("proceeding", ["resend"], "RFC 3261 §17.2.2"),
      "100": to("proceeding", ["send"], "RFC 3261 §17.2.2"),
      "101-199": refused("proceeding", noProgress),
      "408": silent,
      "200-699": answered,
      "transport error": to("proceeding", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": to("proceeding", ["set expire"], "RFC 4320 §4.1: a 100 was sent already"),
      "timer expire": to("terminated", ["destroy", "timeout"], "RFC 4320 §4.2: the client has given up"),
      "timer J": proceeding("ignore: not set here"),
    },
    completed: {
      request: to("completed", ["resend"], "RFC 3261 §17.2.2"),
      "100": refused("completed", second),
      "101-199": refused("completed", second),
      "408": refused("completed", second),
      "200-699": refused("completed", second),
      "transport error": to("completed", ["transport"], "RFC 6026 §8.8: tell the user, stay"),
      terminate: dropped,
      "timer trying": completed("ignore: late"),
      "timer expire": completed("ignore: late"),
      "timer J": to("terminated", ["destroy"], "RFC 3261 §17.2.2"),
    },
    terminated: {
      request: over,
      "100": refused("terminated", second),
      "101-199": refused("terminated", second),
      "408": refused("terminated", second),
      "200-699": refused("terminated", second),
      "transport error": over,
      terminate: over,
      "timer trying": over,
      "timer expire": over,
      "timer J": over,
    },
  },
};
