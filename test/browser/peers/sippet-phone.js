// A phone of the library's user agent and registration, with the methods that all phones of these tests have.

import { createRequest, Stack, webSocket } from "sippet";
import { UserAgent } from "sippet/dialog";
import { DigestClient } from "sippet/digest";
import { Registration } from "sippet/registration";
import { SippetCall } from "./sippet-call.js";

/** A user agent, and its calls. */
export class SippetPhone {
  calls = [];
  messages = [];
  events = [];
  errors = [];

  constructor({ user, password, domain, url, timer, instance, expires = 600, ...options }) {
    this.user = user;
    this.domain = domain;
    this.timer = timer;
    this.expires = expires;
    this.instance = instance;
    this.aor = `<sip:${user}@${domain}>`;
    this.credentials = new DigestClient({ credentials: { username: user, password } });
    this.transport = webSocket({
      url,
      onState: (state) => {
        this.events.push(state);
        if (state === "connected") this.registration?.refresh();
      },
    });
    this.stack = new Stack({ transports: [this.transport], core: this, timers: { t1: 25 } });
    this.ua = new UserAgent({
      stack: this.stack,
      user,
      from: this.aor,
      contact: () => this.registration?.gruus?.public,
      sendOptions: { credentials: this.credentials },
      onError: (error) => this.errors.push(`${error?.message ?? error}`),
      ...options,
    });
  }

  async start() {
    await this.stack.start();
    this.register();
  }

  register() {
    this.registration = new Registration({
      stack: this.stack,
      registrar: `sip:${this.domain}`,
      aor: this.aor,
      contact: `<sip:${this.user}@${this.transport.sentBy};transport=ws>`,
      expires: this.expires,
      ...(this.instance && { instance: this.instance, regId: 1 }),
      credentials: this.credentials,
      onRegistered: () => this.events.push("registered"),
      onFailed: (error) => this.events.push(`${error.status ?? error.code}`),
    });
  }

  async unregister() {
    await this.registration.unregister();
    this.events.push("unregistered");
  }

  /** What it still has of calls. */
  get left() {
    const { dialogs, usages, pending } = this.ua.stats;
    return { dialogs, usages, pending };
  }

  /** What is under way. */
  get transactions() {
    const { client, server, timers } = this.stack.stats.transactions;
    return { client, server, timers };
  }

  uri(target) {
    return target.includes(":") ? target : `sip:${target}@${this.domain}`;
  }

  call(target, options = {}) {
    const call = new SippetCall(this, "outgoing");
    this.calls.push(call);
    call.dial(this.uri(target), options);
  }

  async message(target, text) {
    const uri = this.uri(target);
    const headers = { "Content-Type": "text/plain" };
    const request = createRequest("MESSAGE", uri, { from: this.aor, headers, body: text });
    return (await this.stack.send(request, { credentials: this.credentials }).final).status;
  }

  async options(target) {
    const request = createRequest("OPTIONS", this.uri(target), { from: this.aor });
    return (await this.stack.send(request, { credentials: this.credentials }).final).status;
  }

  cut() {
    this.transport.reconnect();
  }

  onRequest(request, transaction) {
    if (this.ua.receive(request, transaction) || !transaction) return;
    const { method } = request;
    if (method === "MESSAGE") {
      this.messages.push(request.bodyText);
      return transaction.respond(200);
    }
    if (method === "OPTIONS") return transaction.respond(200);
    if (method !== "INVITE") return transaction.respond(405);
    const found = this.ua.find(request);
    if (typeof found === "number") return transaction.respond(found);
    const call = new SippetCall(this, "incoming");
    this.calls.push(call);
    call.receive(request, transaction, found);
  }

  onResponse(response) {
    this.ua.receiveResponse(response);
  }

  onFlowClosed(flow) {
    this.registration?.flowClosed(flow);
  }

  onError(error) {
    this.errors.push(`${error.code} ${error.message}`);
  }
}
