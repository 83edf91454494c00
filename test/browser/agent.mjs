// Agent: a user agent over UDP, TCP or WebSocket for the tests, made of the library. It answers as it is told.

import { WebSocket } from "ws";
import { createAck, createRequest, Stack, webSocket } from "../../dist/index.js";
import { tcp, udp } from "../../dist/node.js";

/** Each has one transport. One with TCP listens nowhere, as behind a NAT: it is reached by the connection that it has made. */
const TRANSPORTS = {
  UDP: () => udp({ host: "127.0.0.1", port: 0 }),
  TCP: () => tcp({ host: "127.0.0.1", port: 9, listen: false }),
  WS: ({ http }) => webSocket({ url: `ws://${http}`, WebSocket }),
};

const silent = { onResponse() {}, onError() {} };

/** One endpoint. `onRequest(request, transaction)` may be replaced at any time. */
export class Agent {
  /** What came in, in order: requests, the ACKs to 2xx among them. */
  requests = [];
  /** How many of its INVITEs were cancelled. */
  canceled = 0;
  onRequest = (_request, transaction) => transaction?.respond(200);
  #switchboard;
  #transport;
  #stack;
  #cseq = 0;

  static async open(
    switchboard,
    { protocol = "UDP", transports = [TRANSPORTS[protocol](switchboard)] } = {},
  ) {
    const agent = new Agent();
    agent.#switchboard = switchboard;
    agent.#transport = transports[0];
    agent.#stack = new Stack({
      transports,
      core: {
        ...silent,
        onRequest(request, transaction) {
          agent.requests.push(request);
          return agent.onRequest(request, transaction);
        },
        onCancel(_cancel, transaction) {
          agent.canceled++;
          transaction.respond(487);
        },
      },
    });
    await agent.#stack.start();
    return agent;
  }

  /** Where this agent says that it is. */
  contact(user = "agent") {
    const { sentBy, protocol } = this.#transport;
    return `<sip:${user}@${sentBy};transport=${protocol.toLowerCase()}>`;
  }

  /** Answers requests with 200, but INVITE with this status, as `user`. */
  answers(user, status) {
    this.onRequest = (request, transaction) => {
      if (!transaction) return;
      const response = request.createResponse(request.method === "INVITE" ? status : 200);
      response.headers.set("Contact", this.contact(user));
      transaction.respond(response);
    };
  }

  /** A request to a user of the switchboard, or, without one, to the switchboard itself. */
  request(method, user, { to, headers = {}, ...init } = {}) {
    const uri = `sip:${user ? `${user}@` : ""}${this.#switchboard.sip}`;
    this.#cseq++;
    return createRequest(method, uri, {
      from: `<sip:agent@${this.#switchboard.sip}>`,
      to: to ?? `<${uri}>`,
      cseq: this.#cseq,
      headers,
      ...init,
    });
  }

  /** Sends it to the switchboard, whatever it is addressed to. */
  send(request, handlers = silent) {
    const { protocol } = this.#transport;
    const { sip, tcp, tls } = this.#switchboard;
    const [host, port] = ({ TCP: tcp, TLS: tls }[protocol] ?? sip).split(":");
    return this.#stack.send(request, { ...handlers, target: { protocol, host, port: Number(port) } });
  }

  /** The final response to a request, made of the arguments. */
  ask(...request) {
    return this.send(this.request(...request)).final;
  }

  /** Registers `user` at this agent; the final response. */
  register(user, { contact = this.contact(user), ...init } = {}) {
    return this.ask("REGISTER", undefined, {
      to: `<sip:${user}@${this.#switchboard.sip}>`,
      ...(contact && { contact }),
      ...init,
    });
  }

  /** Calls a user; the INVITE's transaction, and the statuses that come. An accepted call is acknowledged. */
  invite(user, init) {
    const statuses = [];
    const invite = this.send(this.request("INVITE", user, { contact: this.contact(), ...init }), {
      ...silent,
      onResponse: (response, { request }) => {
        statuses.push(response.status);
        if (response.status < 200 || response.status > 299) return;
        this.#stack.sendStateless(createAck(request, response));
      },
    });
    return { invite, statuses };
  }

  close() {
    return this.#stack.close();
  }
}
