// Proxy: forwards requests statefully, and stays on the path of the dialogs that they begin (RFC 3261 §16).

import { Fork } from "./fork.mjs";
import { isLoop, loopMark, markedBranch } from "./loop.mjs";
import { recordRoute, takeOwnRoutes, wayOut } from "./routes.mjs";

/** Extensions that it could be asked for in Proxy-Require: none. */
const EXTENSIONS = new Set();

/** A record-routing, forking, stateful proxy. */
export class StatefulProxy {
  #stack;
  #domain;
  #location;
  #relay;

  /** `relay` allows requests that begin here and go to another domain. */
  constructor({ stack, domain, location, relay = false }) {
    this.#stack = stack;
    this.#domain = domain;
    this.#location = location;
    this.#relay = relay;
  }

  /** Forwards a request and, by and by, its responses. */
  handle(exchange) {
    const { request } = exchange;
    const mark = loopMark(request);
    const refusal = this.#validate(request, mark);
    if (refusal) return exchange.respond(refusal.status, refusal.fields);

    // Ends the caller's retransmissions, however long the phones take (§16.2).
    if (request.method === "INVITE") exchange.respond(100);

    const routed = request.clone();
    const targets = this.#targets(routed, takeOwnRoutes(routed, this.#stack, this.#domain));
    if (typeof targets === "number") return exchange.respond(targets);

    const fork = new Fork(this.#stack, exchange);
    for (const target of targets) {
      fork.send(...this.#copy(routed, target), markedBranch(mark));
    }
    return fork;
  }

  /** Forwards an ACK to a 2xx, which is a request of no transaction and has no response (§16.11). */
  handleAck(ack) {
    if (ack.headers.get("Max-Forwards") === 0) return;
    const routed = ack.clone();
    const targets = this.#targets(routed, takeOwnRoutes(routed, this.#stack, this.#domain));
    if (typeof targets === "number") return;
    for (const target of targets) {
      const [copy, flow] = this.#copy(routed, target);
      if (flow) this.#stack.sendStateless(copy, { flow });
    }
  }

  /** §16.3: what keeps a request from being forwarded at all. */
  #validate(request, mark) {
    const { headers, uri } = request;
    if (!uri.isSip) return { status: 416 };
    if (headers.get("Max-Forwards") === 0) return { status: 483 };
    if (isLoop(request, mark, this.#stack)) return { status: 482 };
    const unsupported = headers.get("Proxy-Require").filter((option) => !EXTENSIONS.has(option));
    if (unsupported.length > 0) return { status: 420, fields: { Unsupported: unsupported } };
    return undefined;
  }

  /** §16.5: where a request goes; a status where it goes nowhere. */
  #targets(request, way) {
    const { headers, uri } = request;
    if (way.broken) return 430;
    if (way.flow) return [{ uri, flow: way.flow }];
    if (headers.get("Route").length === 0 && this.#domain.serves(uri)) return this.#contacts(uri.user);
    // Within a dialog the switchboard is on the path because it put itself there. What begins a dialog with
    // somebody else's users would make it an open relay.
    const within = way.taken && headers.get("To").tag !== undefined;
    return within || this.#relay ? [{ uri }] : 403;
  }

  #contacts(user) {
    const bindings = this.#location.find(user);
    if (!bindings) return 404;
    if (bindings.length === 0) return 480;
    return bindings.map(({ contact, flow }) => ({ uri: contact.uri.with({ headers: {} }), flow }));
  }

  /** §16.6, steps 1 to 7: the copy that goes to one target, and its way there, if there is one. */
  #copy(request, { uri, flow }) {
    const copy = request.clone();
    copy.uri = uri;
    copy.headers.set("Max-Forwards", (copy.headers.get("Max-Forwards") ?? 71) - 1);
    const way = flow ?? wayOut(copy, this.#stack);
    if (way) recordRoute(copy, request.flow, way);
    return [copy, way];
  }
}
