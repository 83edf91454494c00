// Border: a back-to-back user agent. Each call is two dialogs that know nothing of each other: what one side says is
// said anew to the other, bodies as they are, header fields by a list.

import { Response, Stack } from "sippet";
import { addContent, contentOf, UserAgent } from "sippet/dialog";
import { passOn } from "./transfer.mjs";

/**
 * `route` gives for an INVITE where it goes on, `{ uri, flow? }`, or undefined, or a promise of that; `passed` are the
 * names of the header fields that go to the other side; `onOther` answers what is no call. `timer` is how sessions are
 * kept (RFC 4028): a call whose two phones are gone would stay for ever without. The rest is the stack's.
 */
export function createBorder({ route, passed, onOther, onError, timer = { expires: 1800 }, ...options }) {
  /** The calls that ring, by the transaction of their caller. */
  const ringing = new WeakMap();
  /** Each leg that stands and the other one, by its session. */
  const legs = new WeakMap();
  const core = { onRequest, onResponse: (response) => void ua.receiveResponse(response), onError: onFailure };
  const stack = new Stack({ ...options, core });
  // Timer C: there is no user here who would end a call that rings for ever.
  const sendOptions = { timerC: true };
  // What a proxy has forked to two phones behind this comes twice: either phone shall ring.
  const ua = new UserAgent({ sendOptions, answersMerged: false, ...options, stack, user: "border", onError });

  async function onRequest(request, transaction) {
    if (ua.receive(request, transaction) || !transaction) return;
    if (request.method !== "INVITE") return onOther(request, transaction);
    const meant = ua.find(request);
    if (meant !== undefined) return replace(request, transaction, meant);
    const next = await route(request);
    if (next) join(request, transaction, next);
    else if (transaction.waiting) transaction.respond(404);
  }

  /** Something failed. Where it was the way back to a caller, nobody need ring any longer. */
  function onFailure(error, transaction) {
    ringing.get(transaction)?.();
    onError(error, transaction);
  }

  function join(request, transaction, { uri, flow }) {
    const [here, there] = [{}, {}];
    const callbacks = {
      ...tie(here, there),
      onCancel: (request) => there.end?.(request?.headers.raw("Reason")[0]),
    };
    const incoming = ua.incoming(request, transaction, callbacks, { timer });
    // Refused by itself: its caller asked for too short a session interval, or an extension that is not known, say.
    if (incoming.state !== "ringing") return;
    here.accept = (answer) => {
      if (incoming.state === "ringing") stands(here, there, incoming.accept(answer));
    };
    here.end = () => void here.session?.bye();
    const handlers = {
      ...tie(there, here),
      onProvisional: (response) => void incoming.ring(response.status, content(response)),
    };
    const init = { from: `<${request.headers.get("From").uri}>`, to: `<${uri}>`, ...content(request) };
    const outgoing = ua.invite(uri, init, handlers, { flow, timer, reliable: "none" });
    there.end = (reason) => {
      outgoing.cancel(reason);
      void there.session?.bye();
    };
    ringing.set(transaction, () => {
      if (incoming.state !== "ringing") return;
      incoming.reject(487);
      there.end();
    });
    const begin = (session) => {
      stands(there, here, session);
      here.accept(content(outgoing.response));
      if (here.session?.state !== "confirmed") void session.bye();
    };
    const refuse = ({ status, cause }) => {
      const told = refusal(status);
      incoming.reject(told, told === status && cause instanceof Response ? content(cause) : {});
    };
    outgoing.session.then(begin, refuse).catch(onError);
  }

  function stands(leg, other, session) {
    leg.session = session;
    legs.set(session, { leg, other });
  }

  /** Its sender takes the place of the peer of one leg (RFC 3891 §3): what he offers goes to the other one's. */
  function replace(request, transaction, meant) {
    const { leg, other } = (meant.name === "Replaces" && legs.get(meant.session)) || {};
    // There is no such call, or it rings still; to join one takes somebody who mixes.
    if (!other?.session) return transaction.respond(typeof meant === "number" ? meant : 488);
    const given = new AbortController();
    const callbacks = { ...tie(leg, other), onCancel: () => given.abort() };
    const incoming = ua.incoming(request, transaction, callbacks, { timer });
    if (incoming.state !== "ringing") return;
    leg.accept = (answer) => {
      if (incoming.state !== "ringing") return;
      stands(leg, other, incoming.accept(answer));
      void meant.session.bye();
    };
    const asked = other.session.reinvite(content(request), { signal: given.signal }).catch((error) => error);
    const answered = asked.then((response) => {
      if (response.statusClass === 2) leg.accept(content(response));
      else incoming.reject(response.status ?? 500);
    });
    answered.catch(onError);
  }

  /** What one leg does with what its peer says: it has the other leg say it. */
  const tie = (leg, other) => ({
    async onOffer(offer) {
      // It comes before the call stands: the other side has still the first offer to answer.
      if (!other.session) return offer.reject(500, { headers: { "Retry-After": 5 } });
      leg.accept = (answer) => offer.accept(answer);
      const say = offer.request.method === "UPDATE" ? "update" : "reinvite";
      // The other side may be making one, too: the error's status is 491 then (RFC 3261 §14.1).
      const { request, signal } = offer;
      const response = await other.session[say](content(request), { signal }).catch((error) => error);
      if (response?.statusClass === 2) offer.accept(content(response));
      else offer.reject(response?.status ?? 500);
    },
    // The other leg's peer left the offer to this one's: the answer comes with the ACK there.
    answer(offer) {
      const answered = new Promise((resolve) => {
        other.acknowledged = resolve;
      });
      other.accept(content(offer));
      return answered;
    },
    onAck: (ack) => leg.acknowledged?.(content(ack)),
    onRefer: (refer) => passOn(refer, other.session),
    async onRequest(request, transaction) {
      const response = await other.session?.request(request.method, content(request)).catch(() => undefined);
      if (!transaction.waiting) return;
      const answer = request.createResponse(response?.status ?? 500);
      transaction.respond(response ? addContent(answer, content(response)) : answer);
    },
    // Forks that ring, or accept too late, end without the call.
    onEnd: (_end, dialog) => {
      if (dialog === leg.session) other.end();
    },
  });

  const content = (message) => contentOf(message, passed);

  return { stack, ua };
}

/** The status for the caller. A redirection or a challenge is nothing that he could answer. */
function refusal(status = 408) {
  return status < 400 || status === 401 || status === 407 ? 480 : status;
}
