// StatelessSender: sends messages that belong to no transaction: ACKs to a 2xx, and what a stateless proxy forwards.

import { SipError } from "../errors.ts";
import type { Message } from "../message/parse.ts";
import type { Random } from "../random.ts";
import { ownVia } from "../transaction/own-via.ts";
import { asSipError } from "../transaction/user.ts";
import type { Flow, SendFailed, Transport } from "../transport/transport.ts";
import type { Life } from "./life.ts";
import type { StatelessOptions } from "./options.ts";
import type { Resolver } from "./resolver.ts";
import { strictRouted } from "./route-set.ts";
import { flowTo, requestFlow, responseFlow } from "./way.ts";

/** What one stack's stateless sending works with. */
export interface StatelessSenderOptions {
  readonly life: Life;
  readonly transports: readonly Transport[];
  readonly protocols: readonly string[];
  readonly resolver: Resolver | undefined;
  readonly random: Random;
  readonly transmit: (data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed) => void;
  readonly report: (error: SipError) => void;
}

export class StatelessSender {
  readonly #options: StatelessSenderOptions;

  constructor(options: StatelessSenderOptions) {
    this.#options = options;
  }

  /** As Stack.sendStateless. */
  send(message: Message, options: StatelessOptions): void {
    const { life, transports, protocols, resolver, report } = this.#options;
    if (life.phase === "closed") throw new SipError("closed", "the stack is closed");
    const given = options.flow ?? (message.kind === "response" ? message.flow : undefined) ?? options.target;
    if (resolver && !given) {
      const formed = message.kind === "request" ? strictRouted(message) : message;
      // As it came: its first Route is the next hop, a strict router's too (§16.6 step 7).
      const found = resolver.targets(message, protocols);
      if (found instanceof Promise) {
        // Copied: the caller may go on with it while names are looked up.
        const copy = formed.clone();
        void found
          .then((targets) =>
            this.#sendTo(copy, flowTo(transports, targets, undefined), { ...options, uncopied: true }),
          )
          .catch((error) => {
            // A stack that was closed meanwhile tells nobody of anything any more.
            if (life.phase !== "closed") report(asSipError(error));
          });
        return;
      }
      this.#sendTo(formed, flowTo(transports, found, undefined), options);
      return;
    }
    if (message.kind === "response") {
      this.#sendTo(message, responseFlow(transports, message, options), {});
    } else {
      const flow = requestFlow(transports, message, options);
      this.#sendTo(strictRouted(message), flow, options);
    }
  }

  #sendTo(message: Message, flow: Flow, { branch, uncopied }: StatelessOptions): void {
    const { random, transmit, report } = this.#options;
    let data = message;
    if (message.kind === "request") {
      if (uncopied !== true) data = message.clone();
      data.headers.prepend("Via", ownVia(flow, branch ?? random.branch()));
    }
    transmit(data.toBytes(), flow, report);
  }
}
