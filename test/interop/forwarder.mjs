// Forwarder: a record-routing proxy. What is in no dialog goes to all of its targets.

import { SipProxy } from "sippet/proxy";
import { Node } from "./node.mjs";

export class Forwarder extends Node {
  /** The ports that stand for the callees. */
  targets = [];
  #proxy = new SipProxy({ stack: this.stack, clock: this.clock });

  get left() {
    return { live: this.#proxy.stats.live };
  }

  get stats() {
    return this.#proxy.stats;
  }

  request(request, transaction) {
    return this.#proxy
      .forward(request, transaction, ({ inDialog, request: { uri } }) =>
        inDialog ? [{ uri }] : this.targets.map((port) => ({ uri: `sip:${uri.user}@127.0.0.1:${port}` })),
      )
      .then(() => {});
  }
}
