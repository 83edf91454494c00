// Balancer: a proxy in front of gateways. It hands new requests to those that live in turns, goes on to the next where one
// is silent or answers 503, and stays on the way of dialogs.

import { Stack } from "sippet";
import { SipProxy } from "sippet/proxy";
import { Gateways } from "./gateways.mjs";

/** `gateways` are the options of Gateways but its stack; `hopTimeout` is how long one may be silent. The rest is the stack's. */
export function createBalancer({ gateways: asked, hopTimeout = 1_000, onError, ...options }) {
  const stack = new Stack({ ...options, core: { onRequest, onResponse() {}, onError: onFailure } });
  const proxy = new SipProxy({ stack });
  const gateways = new Gateways({ stack, ...asked });

  async function onRequest(request, transaction) {
    // From somebody who asks whether we live.
    if (request.method === "OPTIONS" && request.uri.user === undefined && stack.isLocal(request.uri))
      return transaction.respond(gateways.next().length > 0 ? 200 : 503);
    await proxy.forward(request, transaction, targets, { hopTimeout });
  }

  function targets({ request: { uri }, viaUs, inDialog }) {
    // The rest of a call goes to whoever took it: its Request-URI is his Contact.
    if (viaUs && inDialog) return [{ uri }];
    const hops = gateways.next();
    return hops.length > 0 ? [{ uri, hops }] : 503;
  }

  function onFailure(error, transaction) {
    if (transaction?.kind === "server") proxy.cancel(transaction); // the caller is gone
    onError(error);
  }

  return {
    stack,
    async start() {
      await stack.start();
      gateways.start();
    },
    async close(drain) {
      gateways.stop();
      await stack.close({ drain });
    },
  };
}
