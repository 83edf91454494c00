// Phone: a user agent of "sippet/dialog", which calls and is called.

import { UserAgent } from "sippet/dialog";
import { Node, SDP, withResolvers } from "./node.mjs";

const offer = { body: SDP, contentType: "application/sdp" };

export class Phone extends Node {
  /** The port that stands for it. */
  contact;
  /** PRACKs that came. */
  pracks = 0;
  #agent = new UserAgent({
    stack: this.stack,
    clock: this.clock,
    contact: () => `<sip:phone@127.0.0.1:${this.contact}>`,
    onError: (error) => this.faults.push(`${error}`),
  });

  get left() {
    const { dialogs, usages, pending } = this.#agent.stats;
    return { dialogs, usages, unanswered: pending };
  }

  request(request, transaction) {
    if (this.#agent.receive(request, transaction)) return;
    if (request.method !== "INVITE" || !transaction) return super.request(request, transaction);
    const call = this.#agent.incoming(request, transaction);
    if (call.reliable === "none") call.accept(offer);
    else
      return call.ringReliably(180).then(() => {
        this.pracks++;
        call.accept(offer);
      });
  }

  response(response) {
    this.#agent.receiveResponse(response);
  }

  /** Calls, reliably ringing where the callee can, and hangs up. @returns the statuses that came, and the BYE's */
  async call(number, uri) {
    const came = [];
    const { promise: ended, resolve } = withResolvers();
    const call = this.#agent.invite(
      uri,
      { from: `<sip:phone@127.0.0.1>;tag=caller-${number}`, callId: `call-${number}`, ...offer },
      { onProvisional: ({ status }) => void came.push(status), onEnd: resolve },
    );
    const session = await call.session;
    const answer = await session.bye();
    await ended;
    return { came, bye: answer?.status };
  }
}
