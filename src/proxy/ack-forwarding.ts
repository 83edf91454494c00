// AckForwarding: the ACK to a 2xx, which has no transaction: it is forwarded as by a proxy without state (RFC 3261
// §16.11), and nobody hears what becomes of it.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Stack } from "../stack/stack.ts";
import { checkRequest } from "./check.ts";
import type { Marks } from "./marks.ts";
import type { NextHops } from "./next-hops.ts";
import { checked, type ForwardOptions, isPromise, type Locate, type Targets } from "./options.ts";
import { bySips, copyFor, onItsWay, type WayOptions } from "./outgoing.ts";
import type { Routed } from "./routed.ts";
import type { Routes } from "./routes.ts";
import type { Tally } from "./stateless-forwarding.ts";

/** What it needs of its proxy. */
export interface AckHost {
  readonly stack: Stack;
  readonly marks: Marks;
  readonly routes: Routes;
  readonly hops: NextHops;
  readonly extensions: ReadonlySet<string>;
  readonly tally: Tally;
  /** Where it goes. */
  locate(routed: Routed, targets: Targets | Locate): Targets | PromiseLike<Targets>;
  way(options: ForwardOptions): WayOptions;
}

/** How one proxy forwards ACKs. */
export class AckForwarding {
  readonly #host: AckHost;

  constructor(host: AckHost) {
    this.#host = host;
  }

  /** At once, where its targets are known at once: the BYE behind it must not overtake it. */
  forward(ack: Request, given: Targets | Locate, options: ForwardOptions): PromiseLike<void> | undefined {
    const { marks, routes, extensions } = this.#host;
    const mark = marks.loopMark(ack);
    const routed = routes.preprocess(ack);
    const refusal = checkRequest(ack, extensions, () => marks.isLoop(ack, mark));
    const send = (found: Targets): void => this.#send(ack, routed.request, checked(found), mark, options);
    const answer = refusal ? refusal.status : this.#host.locate(routed, given);
    if (isPromise(answer)) return answer.then(send);
    send(answer);
    return undefined;
  }

  #send(ack: Request, routed: Request, found: Targets, mark: string, options: ForwardOptions): void {
    const { stack, marks, hops, tally } = this.#host;
    if (typeof found === "number" || found.length === 0) {
      tally.dropped++;
      return;
    }
    for (const target of found) {
      try {
        const copy = copyFor(routed, target, undefined, options);
        // It begins no dialog: nothing on it depends on its way, and the stack may look for that.
        const hop = hops.best(target);
        const known = target.flow || hop || bySips(copy, target) !== copy;
        const way = known ? onItsWay(copy, ack.flow, target, hop, this.#host.way(options)) : undefined;
        const branch = marks.branch(mark);
        stack.sendStateless(copy, { ...(way && { flow: way.flow }), branch, uncopied: true });
        tally.branches++;
      } catch (error) {
        if (!(error instanceof SipError)) throw error;
        tally.dropped++;
      }
    }
  }
}
