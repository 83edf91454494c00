// A call of the library's, with the methods that all calls of these tests have.

import { Audio } from "./audio.js";

/** One call. */
export class SippetCall {
  tones = [];
  held = false;
  told = [];
  provisional = [];

  constructor(phone, direction) {
    this.phone = phone;
    this.state = direction === "incoming" ? "ringing" : "calling";
    this.audio = new Audio();
  }

  get #handlers() {
    return {
      onOffer: async (offer) => {
        this.held = /^a=(sendonly|inactive)/m.test(offer.request.bodyText);
        offer.accept({ body: await this.audio.answer(offer.request.bodyText) });
      },
      onRequest: (request, transaction) => {
        if (request.method !== "INFO") return transaction.respond(405);
        const [, tone] = /^\s*Signal\s*=\s*(\S+)/m.exec(request.bodyText) ?? [];
        this.tones.push(tone);
        transaction.respond(200);
      },
      onRefer: (refer) => this.#follow(refer),
      onEnd: ({ request }, dialog) => {
        // A fork that rings ends without the call.
        if (dialog !== this.session && this.invite) return;
        this.reason = request?.headers.raw("Reason")[0];
        this.#over();
      },
      answer: async ({ bodyText }) => ({ body: await this.audio.answer(bodyText) }),
    };
  }

  async dial(uri, { timer = this.phone.timer, ...options } = {}) {
    const body = await this.audio.offer();
    this.invite = this.phone.ua.invite(
      uri,
      { body },
      {
        ...this.#handlers,
        onProvisional: ({ status, bodyText }) => {
          this.provisional.push(status);
          this.state = "ringing";
          if (bodyText) this.audio.accept(bodyText);
        },
      },
      { ...(timer && { timer }), ...options },
    );
    try {
      this.session = await this.invite.session;
      await this.audio.accept(this.invite.response.bodyText);
      this.state = "connected";
    } catch (error) {
      this.status = error.status;
      this.#over();
    }
  }

  receive(request, transaction, found) {
    this.found = found;
    this.replaces = found?.name === "Replaces";
    const { timer } = this.phone;
    this.offer = request.bodyText;
    this.incoming = this.phone.ua.incoming(request, transaction, this.#handlers, timer && { timer });
    this.incoming.ring(180);
  }

  /** Answers the offer, and lets itself be heard, before the call is accepted: reliably where the caller can that. */
  async progress() {
    this.early = await this.audio.answer(this.offer);
    if (this.incoming.reliable === "none") return void this.incoming.ring(183, { body: this.early });
    await this.incoming.ringReliably(183, { body: this.early });
    this.told.push("acknowledged");
  }

  async answer() {
    const body = this.early ?? (await this.audio.answer(this.offer));
    // A caller who has the answer for certain gets none again (RFC 3262 §5).
    const answered = this.early && this.incoming.reliable !== "none";
    this.session = this.incoming.accept(answered ? {} : { body });
    this.state = "connected";
    if (!this.replaces) return;
    if ("session" in this.found) this.found.session.bye();
    else this.found.call.cancel();
  }

  async hangUp() {
    if (this.session) return (await this.session.bye())?.status;
    if (this.invite) this.invite.cancel();
    else this.decline(603);
  }

  decline(status) {
    this.incoming.reject(status);
    this.#over();
  }

  async #offer(direction) {
    const response = await this.session.reinvite({ body: await this.audio.offer(direction) });
    if (response.status < 300) await this.audio.accept(response.bodyText);
    return response.status;
  }

  hold() {
    return this.#offer("sendonly");
  }

  resume() {
    return this.#offer("sendrecv");
  }

  async dtmf(tone) {
    const body = `Signal=${tone}\r\nDuration=100`;
    return (await this.session.request("INFO", { body, contentType: "application/dtmf-relay" })).status;
  }

  #refer(target) {
    this.session.refer(`<${target}>`, {
      onNotify: ({ bodyText }) => this.told.push(bodyText.trim()),
      onEnd: ({ reason }) => this.told.push(reason),
    });
  }

  refer(target) {
    this.#refer(this.phone.uri(target));
  }

  connectTo(other) {
    const { target } = other.session.dialog;
    this.#refer(target.with({ headers: { Replaces: other.session.replaces } }));
  }

  async #follow(refer) {
    const progress = refer.accept();
    const call = new SippetCall(this.phone, "outgoing");
    this.phone.calls.push(call);
    await call.dial(refer.target.uri);
    progress.notify(call.state === "connected" ? 200 : (call.status ?? 503));
  }

  get connection() {
    return this.audio.connection;
  }

  #over() {
    if (this.state === "ended") return;
    this.state = "ended";
    this.audio.close();
  }
}
