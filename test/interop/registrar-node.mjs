// RegistrarNode: one machine of a fleet: a registrar and a proxy of the library over a location service, and a client
// that registers users.

import { createRequest } from "sippet";
import { SipProxy } from "sippet/proxy";
import { RedisLocation } from "sippet/redis";
import { Registrar } from "sippet/registrar";
import { Node } from "./node.mjs";

const DOMAIN = "example.com";
const quiet = { onResponse() {}, onError() {} };

export class RegistrarNode extends Node {
  location;
  /** What the location service has told its owner of. */
  troubles = [];
  #registrar;
  #proxy = new SipProxy({ stack: this.stack, clock: this.clock });

  constructor(client, options = {}) {
    super();
    const onError = (error) => void this.troubles.push(error.message);
    this.location = new RedisLocation({ client, onError, ...options });
    const aor = (uri) => (uri.host === DOMAIN ? `${uri}` : undefined);
    this.#registrar = new Registrar({ stack: this.stack, location: this.location, aor, maxBindings: 30 });
  }

  get left() {
    return { commands: this.location.pending, forwarded: this.#proxy.stats.live };
  }

  async request(request, transaction) {
    if (request.method === "REGISTER") transaction.respond(await this.#registrar.register(request));
    else
      await this.#proxy.forward(
        request,
        transaction,
        async () => (await this.#registrar.locate(request.uri)) ?? 404,
      );
  }
}

export class Client extends Node {
  /** How long each answer took, in milliseconds. */
  took = [];

  /** Registers a user at a node; the response. */
  register(node, user, { cseq = 1, callId = `call-of-${user}`, contact = `${user}-${cseq}` } = {}) {
    const aor = `<sip:${user}@${DOMAIN}>`;
    const headers = { Expires: 600 };
    return this.#ask(
      node,
      createRequest("REGISTER", `sip:${DOMAIN}`, {
        ...{ from: aor, to: aor, callId, cseq, headers },
        contact: `<sip:${contact}@127.0.0.1:9>`,
      }),
    );
  }

  /** Calls a user; the final response. */
  call(node, user) {
    return this.#ask(
      node,
      createRequest("INVITE", `sip:${user}@${DOMAIN}`, { from: "<sip:caller@example.com>" }),
    );
  }

  async #ask({ port }, request) {
    const began = performance.now();
    const target = { protocol: "UDP", host: "127.0.0.1", port };
    const response = await this.stack.send(request, { target, ...quiet }).final;
    this.took.push(performance.now() - began);
    return response;
  }
}
