// Server: registrar and proxy for office.test, made of the library's registrar, digest and proxy, over UDP, TCP and
// WebSocket. It asks everybody who they are: the password of each user is "pw-" and the name.

import { DigestServer } from "sippet/digest";
import { tcp, tls, udp, webSocketServer } from "sippet/node";
import { SipProxy } from "sippet/proxy";
import { MemoryLocation, Registrar } from "sippet/registrar";
import { Node } from "./node.mjs";

export const DOMAIN = "office.test";

/** Kamailio 5.6 and baresip 1.0, which come over UDP, know MD5 only; baresip takes no response with another beside it. */
const ALGORITHMS = {
  ...{ UDP: ["MD5"], TCP: ["SHA-256", "MD5"], WS: ["SHA-512-256", "SHA-256", "MD5"] },
  ...{ TLS: ["MD5"], WSS: ["SHA-256", "MD5"] },
};

export class Server extends Node {
  #location = new MemoryLocation({ clock: this.clock });
  #registrar = new Registrar({ stack: this.stack, location: this.#location, minExpires: 10 });
  #proxy = new SipProxy({ stack: this.stack, clock: this.clock });
  /** The domains that the certificates of those who registered over TLS have shown, by user. */
  peers = {};
  #users = {};
  #callers = {};

  /**
   * @param secure   the options `tls` of its transport: it is reached by TLS and WSS then
   * @param plain   and by TCP
   * @param tap   sees all messages, as a stack's does
   */
  constructor(secure, { plain = false, tap } = {}) {
    const here = { host: "127.0.0.1", port: 0 };
    const transports = secure
      ? [
          tls({ ...here, tls: secure }),
          webSocketServer({ ...here, tls: secure }),
          ...(plain ? [tcp(here)] : []),
        ]
      : [udp(here), tcp(here), webSocketServer(here)];
    super({ transports, aliases: [DOMAIN], ...(tap && { tap }) });
    const lookup = ({ username }) => ({ password: `pw-${username}` });
    for (const [protocol, algorithms] of Object.entries(ALGORITHMS)) {
      this.#users[protocol] = new DigestServer({ realm: DOMAIN, algorithms, lookup });
      this.#callers[protocol] = new DigestServer({ realm: DOMAIN, algorithms, lookup, proxy: true });
    }
  }

  /** Its ports, by protocol. */
  get ports() {
    return Object.fromEntries(this.stack.transports.map(({ protocol, local }) => [protocol, local.port]));
  }

  get left() {
    return { live: this.#proxy.stats.live };
  }

  /** Where a user is registered: URIs. */
  async contacts(user) {
    const bindings = (await this.#location.find(`sip:${user}@${DOMAIN}`)) ?? [];
    return bindings.map(({ contact }) => contact);
  }

  async request(request, transaction) {
    const { method, headers } = request;
    if (!transaction || headers.get("To").tag !== undefined) return this.#forward(request, transaction);
    if (method === "REGISTER") return this.#register(request, transaction);
    const digest = this.#callers[request.flow.transport.protocol];
    const verdict = await digest.check(request);
    if (!verdict.ok) return transaction.respond(digest.challenge(request, verdict));
    return this.#forward(request, transaction);
  }

  error(error, transaction) {
    // Phones go away with their connections.
    if (error.code === "connection_closed") return;
    super.error(error, transaction);
  }

  async #register(request, transaction) {
    const digest = this.#users[request.flow.transport.protocol];
    const verdict = await digest.check(request);
    if (!verdict.ok) return transaction.respond(digest.challenge(request, verdict));
    if (verdict.username !== request.headers.get("To").uri.user) return transaction.respond(403);
    this.peers[verdict.username] = request.flow.transport.domains?.(request.flow);
    const response = await this.#registrar.register(request);
    digest.inform(response, verdict);
    transaction.respond(response);
  }

  async #forward(request, transaction) {
    await this.#proxy.forward(
      request,
      transaction,
      async ({ viaUs, inDialog, request: { method, uri } }) => {
        if (viaUs && inDialog) return [{ uri }];
        // To a response of the server's own whose transaction is over.
        if (method === "ACK") return 404;
        return this.stack.isLocal(uri) ? ((await this.#registrar.locate(uri)) ?? 404) : 403;
      },
      // They are nobody's business behind it.
      { prepare: (copy) => void copy.headers.delete("Proxy-Authorization") },
    );
  }
}
