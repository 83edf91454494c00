// Callee: a user agent server of stack and AnswerKeeper, without a dialog layer. The user part of the Request-URI
// says what it does.

import { createRequest, SipError } from "sippet";
import { AnswerKeeper } from "sippet/transactions";
import { dialogId, Node, SDP } from "./node.mjs";

export class Callee extends Node {
  /** The port that stands for it. */
  contact;
  /** How many calls ended in which way. */
  ended = { acknowledged: 0, unacknowledged: 0, bye: 0, stray: 0, refused: 0, canceled: 0 };
  #answers = new AnswerKeeper(this.stack);
  #dialogs = new Map();

  get left() {
    return { answers: this.#answers.size, dialogs: this.#dialogs.size };
  }

  request(request, transaction) {
    if (transaction === undefined) this.#acknowledged(request);
    else if (request.method === "INVITE") this.#invite(request, transaction);
    else if (request.method === "BYE") this.#bye(request, transaction);
    else super.request(request, transaction);
  }

  error(error, transaction) {
    // Of its caller it hears no more: the BYE that ends the call tells what has become of it.
    if (error.code === "timeout" && transaction?.kind === "client") return;
    super.error(error, transaction);
  }

  #invite(request, transaction) {
    const { user } = request.uri;
    if (user === "busy") {
      this.ended.refused++;
      transaction.respond(486);
      return;
    }
    const ringing = this.#response(request, 180);
    transaction.respond(ringing);
    if (user === "cancel") this.#ring(transaction, ringing);
    // At once, so that the CANCEL that the 180 brings forth finds it answered.
    else if (user === "cross") this.#accept(request, transaction);
    else this.clock.set(() => this.#accept(request, transaction), 500);
  }

  /** Once is not enough where it may be lost (RFC 3261 §13.3.1.1 says every minute). */
  #ring(transaction, ringing) {
    const timer = this.clock.set(() => {
      if (!transaction.waiting) return;
      transaction.respond(ringing);
      this.#ring(transaction, ringing);
    }, 1000);
    transaction.onCancel = () => {
      this.clock.clear(timer);
      this.ended.canceled++;
      transaction.respond(487);
    };
  }

  #accept(request, transaction) {
    const response = this.#response(request, 200);
    response.headers.set("Content-Type", "application/sdp");
    response.body = SDP;
    const id = dialogId(response, "To");
    this.#dialogs.set(id, transaction);
    this.#answers.accept(transaction, response, (outcome) => {
      if (!(outcome instanceof SipError)) this.ended.acknowledged++;
      else {
        this.ended.unacknowledged++;
        this.#hangUp(id, request, response);
      }
    });
  }

  #acknowledged(ack) {
    this.#answers.acknowledge(ack);
  }

  #bye(request, transaction) {
    const id = dialogId(request, "To");
    const answered = this.#dialogs.get(id);
    if (answered === undefined) {
      this.ended.stray++;
      transaction.respond(481);
      return;
    }
    this.#dialogs.delete(id);
    this.#answers.release(answered);
    this.ended.bye++;
    transaction.respond(200);
  }

  #hangUp(id, invite, response) {
    const bye = createRequest("BYE", invite.headers.get("Contact")[0].uri, {
      from: response.headers.get("To"),
      to: response.headers.get("From"),
      callId: invite.headers.get("Call-ID"),
    });
    this.stack.send(bye, {
      onResponse: ({ status }) => {
        if (status < 200) return;
        this.#dialogs.delete(id);
        if (status === 200) this.ended.bye++;
        else this.faults.push(`${status} to a BYE`);
      },
    });
  }

  #response(request, status) {
    const response = request.createResponse(status);
    const { tag } = request.headers.get("To");
    const callId = request.headers.get("Call-ID");
    // The same in each run: by it the relay tells a message.
    response.headers.set("To", request.headers.get("To").with({ tag: tag ?? `callee-${callId}` }));
    response.headers.set("Contact", `<sip:callee@127.0.0.1:${this.contact}>`);
    return response;
  }
}
