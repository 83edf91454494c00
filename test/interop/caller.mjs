// Caller: a user agent client of stack and AckKeeper, without a dialog layer.

import { createAck, createRequest } from "sippet";
import { AckKeeper } from "sippet/transactions";
import { dialogId, Node, SDP, withResolvers } from "./node.mjs";

export class Caller extends Node {
  #acks = new AckKeeper({
    clock: this.clock,
    timers: this.stack.timers,
    send: (ack) => this.stack.sendStateless(ack),
  });
  #calls = new Map();
  #dialogs = new Map();

  get left() {
    return { acks: this.#acks.size, dialogs: this.#dialogs.size };
  }

  /**
   * Calls, hangs up what was accepted, and tells how it went.
   *
   * @param options.cancels gives up when it rings
   * @param options.forks how many accept
   * @param options.waits for the callee's BYE
   * @returns the final status to the INVITE, and those to the BYEs; "peer" for a BYE of the callee's
   */
  call(number, uri, contact, { cancels = false, forks = 1, waits = false } = {}) {
    const invite = createRequest("INVITE", uri, {
      from: `<sip:caller@127.0.0.1>;tag=caller-${number}`,
      callId: `call-${number}`,
      contact: `<sip:caller@127.0.0.1:${contact}>`,
      headers: { "Content-Type": "application/sdp" },
      body: SDP,
    });
    const call = { invite, waits, forks, byes: [], status: undefined };
    const { promise, resolve, reject } = withResolvers();
    call.end = (how) => {
      call.byes.push(how);
      if (call.byes.length === forks) resolve({ status: 200, byes: call.byes });
    };
    call.fail = reject;
    this.#calls.set(invite.headers.get("Call-ID"), call);
    this.stack.send(invite, {
      onResponse: (response, transaction) => {
        const { status } = response;
        if (status < 200 && status > 100 && cancels) transaction.cancel();
        else if (status >= 300) resolve({ status, byes: [] });
        else if (status >= 200) this.#accepted(call, response);
      },
      onError: reject,
    });
    return promise;
  }

  request(request, transaction) {
    const id = dialogId(request, "From");
    const call = this.#dialogs.get(id);
    if (request.method !== "BYE" || !transaction) super.request(request, transaction);
    else if (call === undefined) transaction.respond(481);
    else {
      this.#dialogs.delete(id);
      transaction.respond(200);
      call.end("peer");
    }
  }

  /** A 2xx that came after the INVITE's transaction. */
  response(response, transaction) {
    const call = this.#calls.get(response.headers.get("Call-ID"));
    if (transaction === undefined && call) this.#accepted(call, response);
    else super.response(response);
  }

  error(error, transaction) {
    // The CANCEL that the 2xx crossed is nobody's business.
    if (error.code === "timeout" && transaction?.method === "CANCEL") return;
    super.error(error, transaction);
  }

  #accepted(call, response) {
    if (this.#acks.receive(response)) return;
    this.#acks.acknowledge(response, createAck(call.invite, response));
    const id = dialogId(response, "To");
    this.#dialogs.set(id, call);
    if (!call.waits) this.#hangUp(id, call, response);
  }

  #hangUp(id, call, response) {
    const { headers } = response;
    const bye = createRequest("BYE", headers.get("Contact")[0].uri, {
      from: headers.get("From"),
      to: headers.get("To"),
      callId: headers.get("Call-ID"),
      cseq: 2,
    });
    const route = headers.get("Record-Route");
    if (route.length > 0) bye.headers.set("Route", [...route].reverse());
    this.stack.send(bye, {
      onResponse: ({ status }) => {
        if (status < 200) return;
        this.#dialogs.delete(id);
        call.end(status);
      },
      onError: call.fail,
    });
  }
}
