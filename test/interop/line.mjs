// Line: a phone of the library's: sippet/registration and sippet/dialog with digest, by way of one server.

import { webSocket } from "sippet";
import { UserAgent } from "sippet/dialog";
import { DigestClient } from "sippet/digest";
import { tcp, tls, udp } from "sippet/node";
import { Registration } from "sippet/registration";
import { WebSocket } from "ws";
import { Node, SDP } from "./node.mjs";
import { until } from "./wait.mjs";

export const sdp = { body: SDP, contentType: "application/sdp" };

export class Line extends Node {
  /** What it does with a call: "accept", "reject", or "ring" until somebody does something. */
  manner = "accept";
  /** What happened to its calls, in order. */
  log = [];
  /** Those that stand, or stood. */
  sessions = [];
  /** Those that came in. */
  incoming = [];
  /** What its calls do beside, and how they are kept. */
  handlers = {};
  options = {};
  /** Sees requests that begin something. */
  seen = () => {};
  #user;
  #domain;
  #server;
  #agent;
  #credentials;
  #registration;
  /** "sip", or "sips". */
  #scheme;

  /**
   * @param server   protocol and port of the server that it goes by; for TLS and WSS the options `tls` as well, those of
   *   its transport, and the domain that it has to show
   * @param password   "pw-" and the user's name unless told otherwise
   */
  constructor({ user, domain, server, password = `pw-${user}`, scheme = "sip" }) {
    super({ transports: [transport(server)] });
    this.#user = user;
    this.#domain = domain;
    this.#scheme = scheme;
    this.#server = { protocol: server.protocol, host: "127.0.0.1", port: server.port };
    if (server.domain) this.#server.domain = server.domain;
    this.#credentials = new DigestClient({ credentials: { username: user, password } });
    this.#agent = new UserAgent({
      ...{ stack: this.stack, clock: this.clock, user, sendOptions: { credentials: this.#credentials } },
      onError: (error) => this.faults.push(`${error}`),
    });
  }

  get user() {
    return this.#user;
  }

  get left() {
    const { dialogs, usages, pending } = this.#agent.stats;
    return { dialogs, usages, unanswered: pending };
  }

  /** Registers. @returns the registrar's last response, or the error */
  register() {
    const { sentBy } = this.stack.transports[0];
    const { protocol } = this.#server;
    return new Promise((resolve) => {
      this.#registration = new Registration({
        ...{
          stack: this.stack,
          registrar: `${this.#scheme}:${this.#domain}`,
          aor: `<${this.#scheme}:${this.#user}@${this.#domain}>`,
        },
        ...(this.#scheme === "sip" && {
          contact: `<sip:${this.#user}@${sentBy};transport=${protocol.toLowerCase()}>`,
        }),
        ...{ expires: 600, credentials: this.#credentials, send: { target: this.#server } },
        onRegistered: resolve,
        onFailed: (cause) => {
          this.#registration.close();
          resolve(cause);
        },
      });
    });
  }

  unregister() {
    return this.#registration?.unregister();
  }

  /** Leaves the registration to its time. */
  forget() {
    this.#registration.close();
  }

  /** Calls a user: what comes of it goes to `log`, too. */
  call(user, domain = this.#domain, also = {}) {
    const init = { from: `<${this.#scheme}:${this.#user}@${this.#domain}>`, ...sdp };
    const handlers = {
      onProvisional: ({ status }) => void this.log.push(status),
      onOffer: (offer) => void offer.accept(sdp),
      onEnd: ({ reason }) => void this.log.push(reason),
      ...this.handlers,
      ...also,
    };
    const options = { ...this.options, target: this.#server };
    return this.#agent.invite(`${this.#scheme}:${user}@${domain}`, init, handlers, options);
  }

  /** Waits until the log has it. */
  logged(entry) {
    return until(
      () => this.log.includes(entry),
      () => `"${entry}": ${this.log}`,
    );
  }

  request(request, transaction) {
    if (this.#agent.receive(request, transaction)) return;
    if (!transaction) return super.request(request, transaction);
    this.seen(request);
    if (request.method !== "INVITE") return transaction.respond(request.method === "OPTIONS" ? 200 : 405);
    const handlers = {
      onOffer: (offer) => void offer.accept(sdp),
      onCancel: () => void this.log.push("cancel"),
      onAck: () => void this.log.push("ack"),
      onEnd: ({ reason }) => void this.log.push(reason),
      ...this.handlers,
    };
    const call = this.#agent.incoming(request, transaction, handlers, this.options);
    this.log.push("call");
    this.incoming.push(call);
    if (this.manner === "reject") return call.reject(486);
    call.ring();
    if (this.manner === "accept") this.accept(call);
  }

  accept(call) {
    const session = call.accept(sdp);
    this.sessions.push(session);
    return session;
  }

  response(response) {
    this.#agent.receiveResponse(response);
  }
}

function transport({ protocol, port, tls: secrets, options }) {
  const here = { host: "127.0.0.1", port: 0 };
  if (protocol === "WS") return webSocket({ url: `ws://127.0.0.1:${port}`, WebSocket });
  if (protocol === "WSS")
    return webSocket({ url: `wss://127.0.0.1:${port}`, WebSocket: trusting(secrets.ca) });
  if (protocol === "TLS") return tls({ ...here, tls: secrets, ...options });
  return protocol === "TCP" ? tcp(here) : udp(here);
}

/** The class of ws, with an authority that it trusts. */
export function trusting(ca) {
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { ca });
    }
  };
}
