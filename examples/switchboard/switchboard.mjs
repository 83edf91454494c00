// Switchboard: the core that stands above the stack, and decides who takes a request: the switchboard
// itself, its registrar or its proxy.

import { Stack } from "sippet";
import { udp, webSocketServer } from "sippet/node";
import { SipProxy } from "sippet/proxy";
import { Domain } from "./domain.mjs";
import { Exchange } from "./exchange.mjs";
import { Location } from "./location.mjs";
import { Registrar } from "./registrar.mjs";
import { Targets } from "./targets.mjs";

const METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";

/** A registrar and proxy for one domain, on UDP and on the WebSockets of an HTTP server. */
export class Switchboard {
  stack;
  #journal;
  #domain;
  #registrar;
  #proxy;
  #targets;

  /** `options` as readOptions gives them; `server` is an HTTP server that listens already. */
  constructor(options, server, journal) {
    this.#journal = journal;
    const { udpHost: host, udpPort: port, advertise, t1, timerC } = options;
    this.stack = new Stack({
      transports: [udp({ host, port, ...(advertise && { advertise }) }), webSocketServer({ server })],
      timers: { t1, c: timerC },
      aliases: options.domain.split(/[\s,]+/).filter(Boolean),
      core: this,
      onRefused: (finding, flow, message) => journal.refused(finding, flow, message),
    });
    const location = new Location();
    const domain = new Domain(this.stack, advertise);
    const { minExpires, maxExpires, relay } = options;
    this.#domain = domain;
    this.#registrar = new Registrar({ location, domain, minExpires, maxExpires });
    this.#targets = new Targets({ domain, location, relay });
    this.#proxy = new SipProxy({ stack: this.stack, isLocal: (uri) => domain.serves(uri) });
  }

  /** A request came. Only an ACK has no transaction: the one to a 2xx, which is its own (RFC 3261 §17). */
  onRequest(request, transaction) {
    this.#journal.request(request);
    const targets = (routed) => this.#targets.find(routed);
    if (!transaction) return this.#proxy.forward(request, undefined, targets);
    const exchange = new Exchange(request, transaction, this.#journal);
    const { method, uri } = request;
    const isForUs = this.#domain.serves(uri) && uri.user === undefined;
    if (method === "REGISTER" && isForUs) return this.#registrar.handle(exchange);
    // RFC 3261 §11: somebody asks what the switchboard itself can do, or whether it is there.
    if (method === "OPTIONS" && isForUs) return exchange.respond(200, { Allow: METHODS });
    return exchange.forward(this.#proxy, targets);
  }

  /** Responses go to the proxy; one that belongs to no request of its is not forwarded (RFC 6026 §8.9). */
  onResponse() {}

  /** Something failed. Where it was the way back to the caller, nobody need ring any longer. */
  onError(error, transaction) {
    this.#journal.fault(error);
    if (transaction?.kind === "server") this.#proxy.cancel(transaction);
  }
}
