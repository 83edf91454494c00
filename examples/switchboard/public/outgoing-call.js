// Outgoing call: the caller's side (RFC 3261 §13.2).

import { createAck, createRequest } from "sippet";
import { Call, METHODS } from "./call.js";
import { Dialog } from "./dialog.js";

/** A call that this phone makes. */
export class OutgoingCall extends Call {
  direction = "outgoing";
  #invite;
  #canceled = false;
  /** The ACKs by the callee's tag: another one belongs to another phone that took the call too. */
  #acks = new Map();

  /** Sends the INVITE, with an offer in it. */
  async dial(from) {
    try {
      const offer = await this.media.offer();
      if (this.state === "ended") return;
      const invite = createRequest("INVITE", this.peer, {
        from,
        contact: this.contact,
        headers: { "Content-Type": "application/sdp", Allow: METHODS },
        body: offer,
      });
      this.#invite = this.stack.send(invite, {
        onResponse: (response) => this.#onResponse(response),
        onError: (error) => this.end(error.message),
      });
    } catch (error) {
      this.end(error.message);
    }
  }

  /** Gives up before the answer, or ends the call after it. */
  hangUp() {
    if (this.state === "connected") return this.leave("you hung up");
    if (!this.#invite) return this.end("you hung up");
    // The answer to CANCEL is a 487 to the INVITE, which ends the call (§9.1); or a 2xx, which was under way.
    this.#canceled = true;
    this.#invite.cancel();
  }

  #onResponse(response) {
    const { status, reason } = response;
    if (status >= 300) this.end(reason, status);
    else if (status >= 200) this.#onAnswer(response);
    else if (status > 100 && this.state === "calling") this.become("ringing");
  }

  /** A 2xx comes again until its ACK has arrived, and one comes from each phone that answered (§13.2.2.4). */
  #onAnswer(response) {
    const { request } = this.#invite;
    const { tag } = response.headers.get("To");
    const ack = this.#acks.get(tag) ?? createAck(request, response);
    this.stack.sendStateless(ack);
    if (this.#acks.has(tag)) return;
    this.#acks.set(tag, ack);
    const dialog = Dialog.ofCaller(request, response);
    // Hung up while the answer was under way, or answered by somebody else before: accepted, and ended.
    if (this.#canceled || this.state === "ended" || this.dialog !== undefined) {
      this.stack.send(dialog.createRequest("BYE"), { onResponse() {}, onError() {} });
      if (this.#canceled) this.end("you hung up");
      return;
    }
    this.dialog = dialog;
    this.connect();
    this.media.accept(response.bodyText).catch((error) => this.bye(`no audio: ${error.message}`));
  }
}
