// FleetPhone: a user of one switchboard or another, over UDP or WebSocket, who registers and calls with digest.

import { setTimeout as sleep } from "node:timers/promises";
import { createAck, createRequest, Stack, webSocket } from "sippet";
import { DigestClient, sendWithCredentials } from "sippet/digest";
import { udp } from "sippet/node";
import { Registration } from "sippet/registration";
import { WebSocket } from "ws";
import { QuickClock } from "./quick-clock.mjs";

const DOMAIN = "example.com";
const quiet = { onResponse() {}, onError() {} };

export class FleetPhone {
  /** Methods of what came, ACKs to 2xx among them. */
  methods = [];
  credentials;
  stack;
  #user;
  #switchboard;
  #transport;
  #clock = new QuickClock();
  #registration;

  /** `password` as the switchboard's list of users has it. */
  constructor(user, password, { overWebSocket = false } = {}) {
    this.#user = user;
    this.credentials = new DigestClient({ credentials: { username: user, password } });
    this.overWebSocket = overWebSocket;
  }

  get aor() {
    return `sip:${this.#user}@${DOMAIN}`;
  }

  get contact() {
    const { sentBy, protocol } = this.#transport;
    return `<sip:${this.#user}@${sentBy};transport=${protocol.toLowerCase()}>`;
  }

  /** Goes to a switchboard, from nowhere or from another one. */
  async connect(switchboard) {
    await this.#leave();
    this.#switchboard = switchboard;
    this.#transport = this.overWebSocket
      ? webSocket({ url: `ws://${switchboard.http}`, WebSocket })
      : udp({ host: "127.0.0.1", port: 0 });
    this.stack = new Stack({
      transports: [this.#transport],
      clock: this.#clock,
      core: {
        ...quiet,
        onRequest: (request, transaction) => {
          this.methods.push(request.method);
          if (!transaction) return;
          const response = request.createResponse(200);
          if (request.method === "INVITE") response.headers.set("Contact", this.contact);
          transaction.respond(response);
        },
      },
    });
    await this.stack.start();
  }

  /** Registers, and stays registered; resolves with the 200, rejects where there is none. */
  register(options = {}) {
    this.#registration?.close();
    return new Promise((onRegistered, reject) => {
      this.#registration = new Registration({
        ...{ stack: this.stack, registrar: `sip:${DOMAIN}`, aor: `<${this.aor}>`, contact: this.contact },
        ...{ send: { target: this.#target }, credentials: this.credentials, onRegistered, ...options },
        onFailed: (cause) => reject(cause instanceof Error ? cause : new Error(`refused: ${cause.status}`)),
      });
    });
  }

  /** A REGISTER of its own, for who wants to see each answer. */
  registerRequest() {
    const aor = `<${this.aor}>`;
    return createRequest("REGISTER", `sip:${DOMAIN}`, { from: aor, to: aor, contact: this.contact });
  }

  /** Sends a request to the switchboard, as it is; the final response. */
  ask(request) {
    return this.stack.send(request, { target: this.#target, ...quiet }).final;
  }

  /** Calls a user, and hangs up if there is an answer; the statuses of INVITE and BYE. */
  async call(callee) {
    const invite = createRequest("INVITE", callee.aor, { from: `<${this.aor}>`, contact: this.contact });
    const options = { credentials: this.credentials, target: this.#target, ...quiet };
    const outgoing = sendWithCredentials(this.stack, invite, options);
    const accepted = await outgoing.final;
    if (accepted.status !== 200) return [accepted.status];
    this.stack.sendStateless(createAck(outgoing.sent.request, accepted));
    const { headers } = accepted;
    const bye = createRequest("BYE", headers.get("Contact")[0].uri, {
      ...{ from: headers.get("From"), to: headers.get("To"), callId: headers.get("Call-ID") },
      cseq: headers.get("CSeq").number + 1,
    });
    bye.headers.set("Route", headers.get("Record-Route").toReversed());
    const { status } = await this.stack.send(bye, quiet).final;
    return [accepted.status, status];
  }

  /** Ends; what is left of transactions and timers, 0 if all has ended by itself. */
  async close() {
    const left = () => {
      const { client, server, timers } = this.stack.stats.transactions;
      return client + server + timers + this.#clock.pending;
    };
    this.#registration?.close();
    for (let tries = 0; left() > 0 && tries < 600; tries++) await sleep(20);
    const rest = left();
    await this.#leave();
    return rest;
  }

  get #target() {
    const { protocol } = this.#transport;
    const [host, port] = (this.overWebSocket ? this.#switchboard.http : this.#switchboard.sip).split(":");
    return { protocol, host, port: Number(port) };
  }

  async #leave() {
    this.#registration?.close();
    await this.stack?.close();
  }
}
