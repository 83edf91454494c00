// Diagnostics: what a stack sees, on Node's diagnostics channels.

import { channel } from "node:diagnostics_channel";
import type { Message } from "../../message/parse.ts";
import type { Finding } from "../../message/validate.ts";
import type { Tap } from "../tap.ts";
import type { Flow } from "../transport.ts";

/** The options of a stack that tell the channels. */
export interface Diagnostics {
  /** Publishes `sippet:message`. */
  readonly tap: Tap;
  /** Publishes `sippet:refused`. */
  onRefused(finding: Finding, flow: Flow, message: Message | undefined): void;
}

const messages = channel("sippet:message");
const refusals = channel("sippet:refused");

/**
 * Options that publish on `node:diagnostics_channel`: `new Stack({ ...diagnostics(), transports, core })`. A
 * subscriber of `sippet:message` gets `{ data, direction, flow, time }` for every message on the wire, one of
 * `sippet:refused` gets `{ finding, flow, message }` for all that a stack turns away. `data` is to be read
 * before the subscriber returns. Without subscribers it costs the test of a flag a message.
 */
export function diagnostics(): Diagnostics {
  return {
    tap(data, direction, flow, time): void {
      if (messages.hasSubscribers) messages.publish({ data, direction, flow, time });
    },
    onRefused(finding, flow, message): void {
      if (refusals.hasSubscribers) refusals.publish({ finding, flow, message });
    },
  };
}
