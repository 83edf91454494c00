// Incoming call: the callee's side (RFC 3261 §13.3).

import { Call, describe } from "./call.js";
import { Dialog } from "./dialog.js";

/** A call that somebody makes to this phone. */
export class IncomingCall extends Call {
  direction = "incoming";
  #invite;
  #transaction;
  #answering = false;

  constructor(world, invite, transaction) {
    super(world, invite.headers.get("From").uri);
    this.#invite = invite;
    this.#transaction = transaction;
    this.state = "ringing";
    transaction.onCancel = (cancel) => {
      transaction.respond(487);
      this.end(isAnsweredElsewhere(cancel) ? "answered elsewhere" : "the caller gave up", 487);
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
      this.accept(this.#invite, this.#transaction, response);
      this.connect();
    } catch (error) {
      if (this.state !== "ringing") return;
      this.#transaction.respond(488);
      this.end(`no audio: ${error.message}`, 488);
    }
  }

  /** Refuses the call, or ends it after the answer. */
  hangUp() {
    if (this.state === "connected") this.leave("you hung up");
    else this.#refuse(486, "you declined");
  }

  /** The connection is gone, and the caller's CANCEL would not come. What is connected goes on: it has audio of its own. */
  lost() {
    this.#refuse(480, "the connection was lost");
  }

  #refuse(status, reason) {
    if (this.state !== "ringing") return;
    this.#transaction.respond(status);
    this.end(reason, status);
  }
}

/** Another phone of this user has taken the call (RFC 3326 §3.1). A Reason that cannot be read is none. */
function isAnsweredElsewhere({ headers }) {
  return headers.raw("Reason").some((reason) => /(?:^|,)\s*SIP\s*;[^,]*\bcause\s*=\s*200\b/i.test(reason));
}
