// Dialog: what two phones remember of each other during a call (RFC 3261 §12), and the requests that go
// within it. It knows nothing of calls or media.

import { createRequest } from "sippet";

/** A dialog: one side's view of it. */
export class Dialog {
  #callId;
  #local;
  #remote;
  #target;
  #routes;
  #localCSeq;
  #remoteCSeq;

  constructor({ callId, local, remote, target, routes, localCSeq, remoteCSeq }) {
    this.#callId = callId;
    this.#local = local;
    this.#remote = remote;
    this.#target = target;
    this.#routes = routes;
    this.#localCSeq = localCSeq;
    this.#remoteCSeq = remoteCSeq;
  }

  /** The caller's side, made by a response to its INVITE (§12.1.2). The way there is Record-Route, reversed. */
  static ofCaller(invite, response) {
    const { headers } = response;
    return new Dialog({
      callId: headers.get("Call-ID"),
      local: headers.get("From"),
      remote: headers.get("To"),
      target: headers.get("Contact")[0]?.uri ?? invite.uri,
      routes: headers.get("Record-Route").toReversed(),
      localCSeq: headers.get("CSeq").number,
      remoteCSeq: undefined,
    });
  }

  /** The callee's side, made by its response to an INVITE (§12.1.1). The way back is Record-Route as it is. */
  static ofCallee(invite, response) {
    const { headers } = invite;
    return new Dialog({
      callId: headers.get("Call-ID"),
      local: response.headers.get("To"),
      remote: headers.get("From"),
      target: headers.get("Contact")[0]?.uri ?? headers.get("From").uri,
      routes: headers.get("Record-Route"),
      localCSeq: 0,
      remoteCSeq: headers.get("CSeq").number,
    });
  }

  /** True for a request of this dialog: Call-ID and both tags are its own (§12). */
  owns({ headers }) {
    return (
      headers.get("Call-ID") === this.#callId &&
      headers.get("To").tag === this.#local.tag &&
      headers.get("From").tag === this.#remote.tag
    );
  }

  /** Takes note of a request's CSeq; false for one that was overtaken by a later one (§12.2.2). */
  isInOrder({ headers }) {
    const { number } = headers.get("CSeq");
    if (this.#remoteCSeq !== undefined && number <= this.#remoteCSeq) return false;
    this.#remoteCSeq = number;
    return true;
  }

  /** Follows the peer to the address that a request to change the call names, if it does (§12.2.2). */
  follow({ headers }) {
    this.#target = headers.get("Contact")[0]?.uri ?? this.#target;
  }

  /** The next request within the dialog (§12.2.1.1). */
  createRequest(method) {
    this.#localCSeq++;
    return createRequest(method, this.#target, {
      from: this.#local,
      to: this.#remote,
      callId: this.#callId,
      cseq: this.#localCSeq,
      headers: { Route: this.#routes.map(String) },
    });
  }
}
