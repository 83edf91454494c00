// Call: a call from its beginning to its end, whoever begins it (RFC 3261 §13 to §15). What differs between
// the caller's and the callee's side is in the two classes that extend it.

import { Accepted } from "./accepted.js";

/** What this phone takes, for Allow. */
export const METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE";

/** What a call has in common with every other. Its states: calling, ringing, connected, ended. */
export class Call {
  state = "calling";
  /** Why it ended, in words. */
  reason = "";
  /** The SIP status that ended it before it was connected, if one did. */
  status = undefined;
  connectedAt = undefined;
  stack;
  /** This phone's own Contact. */
  contact;
  media;
  peer;
  dialog = undefined;
  #onChange;
  /** An offer of the peer's is being answered. */
  #answering = false;
  #accepted;
  /** The 2xx has our offer, and its ACK the answer. */
  #offered = false;
  /** Why it was hung up before the ACK: a callee's BYE waits for that (§15.1.1). */
  #leaving;

  constructor({ stack, contact, media, onChange }, peer) {
    this.stack = stack;
    this.contact = contact;
    this.media = media;
    this.peer = peer;
    this.#onChange = onChange;
    media.onFailure = () => this.leave("the audio connection was lost");
  }

  /** A request within the call's dialog, or an ACK, which has no transaction. */
  receive(request, transaction) {
    if (!transaction) return this.#acknowledge(request);
    if (!this.dialog.isInOrder(request)) return transaction.respond(500);
    const { method } = request;
    // It is over, and the BYE on its way to the peer (§15.1.2).
    if (this.state === "ended" && method !== "BYE") return transaction.respond(481);
    if (method === "INVITE" || method === "UPDATE") return this.#change(request, transaction);
    if (method === "BYE") this.end("the other side hung up");
    transaction.respond(answerTo(request, method === "BYE" || method === "OPTIONS" ? 200 : 405));
  }

  /** Accepts an INVITE, this call's first one or a later one: sends the 2xx until its ACK comes. */
  accept(invite, transaction, response) {
    this.#offered = invite.bodyLength === 0;
    transaction.respond(response);
    this.#accepted = new Accepted(invite, transaction, () => this.bye("the other side did not confirm"));
  }

  /** Ends a connected call (§15.1.1). Whatever the answer to a BYE is, the call is over. */
  bye(reason) {
    if (this.state !== "connected") return;
    this.stack.send(this.dialog.createRequest("BYE"), { onResponse() {}, onError() {} });
    this.end(reason);
  }

  /** Ends a connected call as soon as it may be ended. */
  leave(reason) {
    if (this.#accepted) this.#leaving = reason;
    else this.bye(reason);
  }

  connect() {
    this.connectedAt = Date.now();
    this.become("connected");
  }

  end(reason, status) {
    if (this.state === "ended") return;
    this.reason = reason;
    this.status = status;
    this.#accepted?.stop();
    this.media.close();
    this.become("ended");
  }

  become(state) {
    this.state = state;
    this.#onChange();
  }

  /**
   * The peer holds the call, takes it up again, or has a new address: an offer in a re-INVITE (§14.2) or an UPDATE (RFC 3311),
   * or an UPDATE without one, which says that the peer is still there (RFC 4028).
   */
  async #change(request, transaction) {
    if (this.#answering || this.#accepted) {
      const later = request.createResponse(500);
      later.headers.set("Retry-After", Math.floor(Math.random() * 10));
      return transaction.respond(later);
    }
    this.#answering = true;
    try {
      const sdp = await this.#answer(request);
      if (this.state !== "connected" || !transaction.waiting) return;
      this.dialog.follow(request);
      const response = describe(request.createResponse(200), this.contact, sdp);
      if (request.method === "INVITE") this.accept(request, transaction, response);
      else transaction.respond(response);
    } catch {
      // The session stays as it is.
      if (transaction.waiting) transaction.respond(488);
    } finally {
      this.#answering = false;
      if (transaction.waiting) transaction.respond(487);
    }
  }

  /** The SDP for the answer: to an offer, or an offer where a re-INVITE has none. */
  async #answer({ method, bodyText }) {
    if (bodyText) return this.media.answer(bodyText);
    return method === "INVITE" ? this.media.offer() : undefined;
  }

  /** The ACK has come; it brings the answer where the offer was ours. */
  #acknowledge(ack) {
    if (this.state !== "connected" || !this.#accepted?.isAcknowledgedBy(ack)) return;
    this.#accepted.stop();
    this.#accepted = undefined;
    if (this.#leaving !== undefined) return this.bye(this.#leaving);
    if (!this.#offered) return;
    this.media.accept(ack.bodyText).catch((error) => this.bye(`no audio: ${error.message}`));
  }
}

/** A response that says what this phone takes (§8.2.1). */
export function answerTo(request, status) {
  const response = request.createResponse(status);
  response.headers.set("Allow", METHODS);
  return response;
}

/** Completes what may make or change a dialog: it has to say where this phone is (§8.1.1.8, §12.1.1). */
export function describe(message, contact, sdp) {
  message.headers.set("Contact", contact);
  message.headers.set("Allow", METHODS);
  if (sdp === undefined) return message;
  message.headers.set("Content-Type", "application/sdp");
  message.body = sdp;
  return message;
}
