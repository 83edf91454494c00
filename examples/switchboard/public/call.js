// Call: a call from its beginning to its end, whoever begins it (RFC 3261 §13 to §15). What differs between
// the caller's and the callee's side is in the two classes that extend it.

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

  constructor({ stack, contact, media, onChange }, peer) {
    this.stack = stack;
    this.contact = contact;
    this.media = media;
    this.peer = peer;
    this.#onChange = onChange;
  }

  /** A request within the call's dialog, or an ACK, which has no transaction. */
  receive(request, transaction) {
    if (!transaction) return this.acknowledge(request);
    if (!this.dialog.isInOrder(request)) return transaction.respond(500);
    if (request.method === "BYE") {
      transaction.respond(200);
      this.end("the other side hung up");
    } else if (request.method === "OPTIONS") transaction.respond(200);
    // The session stays as it is (RFC 3261 §14.2).
    else if (request.method === "INVITE") transaction.respond(488);
    else transaction.respond(501);
  }

  acknowledge() {}

  /** Ends a connected call (§15.1.1). Whatever the answer to a BYE is, the call is over. */
  bye(reason) {
    this.stack.send(this.dialog.createRequest("BYE"), { onResponse() {}, onError() {} });
    this.end(reason);
  }

  connect() {
    this.connectedAt = Date.now();
    this.become("connected");
  }

  end(reason, status) {
    if (this.state === "ended") return;
    this.reason = reason;
    this.status = status;
    this.media.close();
    this.become("ended");
  }

  become(state) {
    this.state = state;
    this.#onChange();
  }
}

/** Completes what may make or change a dialog: it has to say where this phone is (§8.1.1.8, §12.1.1). */
export function describe(message, contact, sdp) {
  message.headers.set("Contact", contact);
  if (sdp === undefined) return message;
  message.headers.set("Content-Type", "application/sdp");
  message.body = sdp;
  return message;
}
