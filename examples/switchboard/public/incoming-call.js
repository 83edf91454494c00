// Incoming call: the callee's side (RFC 3261 §13.3).

import { Call, describe } from "./call.js";
import { Dialog } from "./dialog.js";

const T1 = 500;
const T2 = 4000;

/** A call that somebody makes to this phone. */
export class IncomingCall extends Call {
  direction = "incoming";
  #invite;
  #transaction;
  #answering = false;
  #resending;
  /** Hung up before the ACK: a callee's BYE waits for that (§15.1.1). */
  #leaving = false;

  constructor(world, invite, transaction) {
    super(world, invite.headers.get("From").uri);
    this.#invite = invite;
    this.#transaction = transaction;
    this.state = "ringing";
    transaction.onCancel = () => {
      transaction.respond(487);
      this.end("the caller gave up", 487);
    };
    transaction.respond(describe(invite.createResponse(180), this.contact));
  }

  /** Accepts the call: the answer to the caller's offer goes in the 200, or an offer where none came. */
  async answer() {
    if (this.state !== "ringing" || this.#answering) return;
    this.#answering = true;
    const offer = this.#invite.bodyText;
    try {
      const sdp = offer ? await this.media.answer(offer) : await this.media.offer();
      if (this.state !== "ringing") return;
      const response = describe(this.#invite.createResponse(200), this.contact, sdp);
      this.dialog = Dialog.ofCallee(this.#invite, response);
      this.#transaction.respond(response);
      this.#resend(T1);
      this.connect();
    } catch (error) {
      if (this.state !== "ringing") return;
      this.#transaction.respond(488);
      this.end(`no audio: ${error.message}`, 488);
    }
  }

  /** Refuses the call, or ends it after the answer. */
  hangUp() {
    if (this.state === "connected" && this.#resending !== undefined) this.#leaving = true;
    else if (this.state === "connected") this.bye("you hung up");
    else if (this.state === "ringing") {
      this.#transaction.respond(486);
      this.end("you declined", 486);
    }
  }

  /** The ACK has come; it brings the answer where the offer was ours. */
  acknowledge(ack) {
    if (this.#resending === undefined) return;
    clearTimeout(this.#resending);
    this.#resending = undefined;
    if (this.#leaving) return this.bye("you hung up");
    if (this.#invite.bodyLength > 0) return;
    this.media.accept(ack.bodyText).catch((error) => this.bye(`no audio: ${error.message}`));
  }

  end(reason, status) {
    clearTimeout(this.#resending);
    super.end(reason, status);
  }

  /**
   * Sends the 200 again until its ACK comes: on the way to the caller there may be UDP, even where this
   * phone's own connection loses nothing (§13.3.1.4). After 64 × T1 the caller is taken for gone.
   */
  #resend(delay, elapsed = 0) {
    this.#resending = setTimeout(() => {
      if (elapsed + delay >= 64 * T1) return this.bye("the caller did not confirm");
      this.#transaction.repeat();
      this.#resend(Math.min(2 * delay, T2), elapsed + delay);
    }, delay);
  }
}
