// Switchboard: the core that stands above the stack, and decides who takes a request: the switchboard
// itself, its registrar or its proxy.

import { randomBytes } from "node:crypto";
import { Stack, Uri } from "sippet";
import { resolver, tcp, tls, udp, webSocketServer } from "sippet/node";
import { SipProxy } from "sippet/proxy";
import { Registrar } from "sippet/registrar";
import { Domain } from "./domain.mjs";
import { Exchange } from "./exchange.mjs";
import { Gatekeeper } from "./gatekeeper.mjs";
import { Targets } from "./targets.mjs";

const METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";

/** What anybody may make it keep: as the WebSocket server has it unless told. */
const MESSAGE_SIZE = 262_144;
/** A telephone that has UDP alone is often silent to a connection: a call with much to say is not to wait long for it. */
const CONNECT_TIMEOUT = 2000;

/** A registrar and proxy for one domain, on UDP, TCP, perhaps TLS, and the WebSockets of an HTTP server. */
export class Switchboard {
  stack;
  #journal;
  #domain;
  #gatekeeper;
  #registrar;
  #proxy;
  #targets;
  /** Whether other switchboards find their way to connections of this one. */
  #isShared;

  /**
   * `options` as readOptions gives them; `server` is an HTTP server that listens already; `users` are passwords by name,
   * where there are any; `certificate` has that and its key, for TLS; `tap` looks on at the wire, where somebody does.
   */
  constructor(options, { server, journal, location, users, certificate, tap }) {
    this.#journal = journal;
    const { udpHost, udpPort, tcpHost, tcpPort, httpHost, advertise, t1, timerC, secret } = options;
    const names = options.domain.split(/[\s,]+/).filter(Boolean);
    const seen = advertise ? { advertise } : {};
    const limits = { messageSize: MESSAGE_SIZE, connectTimeout: CONNECT_TIMEOUT };
    this.stack = new Stack({
      transports: [
        udp({ host: udpHost, port: udpPort, ...seen }),
        tcp({ host: tcpHost, port: tcpPort, ...seen, ...limits }),
        ...(certificate
          ? [tls({ host: tcpHost, port: options.tlsPort, ...seen, ...limits, tls: certificate })]
          : []),
        webSocketServer({ server, verify: (upgrade) => this.#isOfOurPage(upgrade) }),
      ],
      // What is too large for a datagram goes by TCP, and where nobody listens to that by UDP (RFC 3261 §18.1.1).
      resolver: resolver({ dns: false }),
      timers: { t1, c: timerC },
      aliases: names,
      core: this,
      onRefused: (finding, flow, message) => journal.refused(finding, flow, message),
      ...(tap && { tap }),
    });
    const domain = new Domain(this.stack, [udpHost, tcpHost, httpHost], advertise);
    const { minExpires, maxExpires, relay, redis } = options;
    this.#domain = domain;
    this.#isShared = Boolean(redis);
    this.#registrar = new Registrar({
      ...{ stack: this.stack, location, minExpires, maxExpires },
      // Of all the domain's names for a user one is as good as another.
      aor: (uri) => (domain.serves(uri) ? uri.user : undefined),
      // One who could register this switchboard's own address would make it call itself.
      acceptContact: (uri) => !domain.serves(uri),
      // A browser's address leads nowhere but along its connection. By a GRUU others reach it all the same: a call may be
      // transferred to it, and goes on over the connection after this one (RFC 5627).
      gruuSecret: secret || randomBytes(32).toString("hex"),
      // The switchboards that share a Redis find each other's browsers by this.
      ...(redis && { edge: () => `sip:${this.stack.transports[0].sentBy}` }),
    });
    this.#targets = new Targets({ domain, registrar: this.#registrar, relay });
    const isLocal = (uri) => domain.serves(uri);
    this.#proxy = new SipProxy({ stack: this.stack, isLocal, ...(secret && { secret }) });
    if (!users) return;
    const isOnItsWay = (route, request) => this.#isOnItsWay(route, request);
    const { algorithms } = options;
    const realm = options.realm || names[0] || "switchboard";
    this.#gatekeeper = new Gatekeeper({ users, realm, algorithms, secret, serves: isLocal, isOnItsWay });
  }

  /** A request came. Only an ACK has no transaction: the one to a 2xx, which is its own (RFC 3261 §17). */
  async onRequest(request, transaction) {
    this.#journal.request(request);
    const targets = (routed) => this.#targets.find(routed);
    const options = { prepare: (copy) => this.#gatekeeper?.keep(copy) };
    if (!transaction) return this.#proxy.forward(request, undefined, targets, options);
    const exchange = new Exchange(request, transaction, this.#journal);
    const { method, uri } = request;
    const isForUs = this.#domain.serves(uri) && uri.user === undefined;
    // RFC 3261 §11: somebody asks what the switchboard itself can do, or whether it is there.
    if (method === "OPTIONS" && isForUs) return exchange.respond(200, { Allow: METHODS });
    if (this.#gatekeeper) {
      const refusal = await this.#gatekeeper.refuse(request);
      // Canceled meanwhile, and answered.
      if (!transaction.waiting) return;
      if (refusal) return exchange.send(refusal);
    }
    if (method === "REGISTER" && isForUs) return this.#register(exchange);
    return exchange.forward(this.#proxy, targets, options);
  }

  /**
   * A browser lets any page open a WebSocket to anywhere: one on the Internet could register, by its visitor's network,
   * here. It could even have its own name lead here, once it is loaded. What is no browser sends no Origin.
   */
  #isOfOurPage({ headers: { origin, host }, socket }) {
    if (origin === undefined) return true;
    const page = URL.canParse(origin) ? new URL(origin).host : "";
    if (page !== "" && page === host && this.#domain.serves(Uri.parse(`sip:${page}`))) return true;
    this.#journal.stranger(origin, socket);
    return false;
  }

  /**
   * Whether a request is sent along a Route that the switchboard has written: the one that it recorded for that dialog, which
   * nobody else can make, or, from another machine, with the token of a connection of ours. Who was in a call keeps its Route
   * and may send it anything: so what goes to a user's name, which is no Contact but with a GRUU, begins something new; and so
   * does what the proxy has yet to make another Request-URI of, by a strict router's `lr` or an `maddr` (RFC 3261 §16.4).
   */
  #isOnItsWay(route, request) {
    const { uri, headers } = request;
    if (!this.#domain.serves(route) || uri.params.has("lr") || uri.params.has("maddr")) return false;
    if (this.#domain.serves(uri) && !uri.params.has("gr")) return false;
    if (this.#proxy.hasRecorded(request)) return true;
    // Another Route of ours behind a token takes its place.
    const [, next] = headers.get("Route");
    if (!this.#isShared || (next && this.#domain.serves(next.uri))) return false;
    return this.stack.flow(route.user ?? "") !== undefined;
  }

  async #register(exchange) {
    exchange.send(await this.#registrar.register(exchange.request));
  }

  /** Responses go to the proxy; one that belongs to no request of its is not forwarded (RFC 6026 §8.9). */
  onResponse() {}

  /** Something failed. Where it was the way back to the caller, nobody need ring any longer. */
  onError(error, transaction) {
    const isAnswered = transaction?.kind === "server" && !transaction.waiting;
    // A phone hangs up, and closes its connection: what was answered by that only stays in case it comes again.
    if (isAnswered && error.code === "connection_closed") return;
    this.#journal.fault(error);
    if (transaction?.kind === "server") this.#proxy.cancel(transaction);
  }
}
