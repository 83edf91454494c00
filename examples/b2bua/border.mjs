// Border: a back-to-back user agent. Each call is two dialogs that know nothing of each other: what one side says is
// said anew to the other, bodies as they are, header fields by a list.

import { Stack } from "sippet";
import { UserAgent } from "sippet/dialog";

/**
 * `route` gives for an INVITE where it goes on, `{ uri, flow? }`, or undefined; `passed` are the names of the header
 * fields that go to the other side; `onOther` answers what is no call. The rest is the stack's.
 */
export function createBorder({ route, passed, onOther, onError, ...options }) {
  const core = { onRequest, onResponse: (response) => void ua.receiveResponse(response), onError };
  const stack = new Stack({ ...options, core });
  const ua = new UserAgent({ ...options, stack, user: "border", onError });

  function onRequest(request, transaction) {
    if (ua.receive(request, transaction) || !transaction) return;
    if (request.method !== "INVITE") return onOther(request, transaction);
    const next = route(request);
    if (next) join(request, transaction, next);
    else transaction.respond(404);
  }

  function join(request, transaction, { uri, flow }) {
    const leg = { here: undefined, there: undefined };
    let acknowledged = () => {};
    const incoming = ua.incoming(request, transaction, {
      ...tie(() => leg.there),
      onCancel: () => outgoing.cancel(),
      onAck: (ack) => acknowledged(content(ack)),
    });
    const handlers = {
      ...tie(() => leg.here),
      onProvisional: (response) => incoming.ring(response.status, content(response)),
      // The caller left the offer to the callee: the answer comes with the caller's ACK.
      answer(offer) {
        leg.here = incoming.accept(content(offer));
        return new Promise((resolve) => {
          acknowledged = resolve;
        });
      },
    };
    const init = { from: `<${request.headers.get("From").uri}>`, to: `<${uri}>`, ...content(request) };
    const outgoing = ua.invite(uri, init, handlers, { flow, reliable: "none" });
    outgoing.session.then(
      (session) => {
        leg.there = session;
        if (incoming.state === "ringing") leg.here = incoming.accept(content(outgoing.response));
        else if (leg.here?.state !== "confirmed") session.bye();
      },
      ({ status = 408 }) => incoming.reject(status),
    );
  }

  /** What one leg does with what its peer says: it has the other leg say it. */
  const tie = (other) => ({
    async onOffer(offer) {
      const say = offer.request.method === "UPDATE" ? "update" : "reinvite";
      const response = await other()
        ?.[say](content(offer.request))
        .catch(() => undefined);
      if (response?.statusClass === 2) offer.accept(content(response));
      else offer.reject(response?.status ?? 500);
    },
    async onRequest(request, transaction) {
      const response = await other()
        ?.request(request.method, content(request))
        .catch(() => undefined);
      transaction.respond(response?.status ?? 500);
    },
    onEnd: () => void other()?.bye(),
  });

  function content({ headers, body }) {
    const kept = passed.filter((name) => headers.has(name)).map((name) => [name, headers.raw(name)]);
    return { body, contentType: headers.get("Content-Type")?.toString(), headers: Object.fromEntries(kept) };
  }

  return { stack, ua };
}
