// Presence: tells watchers what others publish about themselves (RFC 3856): PUBLISH, SUBSCRIBE, NOTIFY.

import { Stack, Uri, validate } from "sippet";
import { UserAgent } from "sippet/dialog";
import { Compositor } from "./compositor.mjs";

const PIDF = "application/pidf+xml";
/** Nobody of a longer name is known here: each is kept. */
const LONGEST_NAME = 1024;

/**
 * `mayWatch(request)` says who may watch whom, everybody unless told; `limit` is how many published states are kept. The
 * rest is the stack's.
 */
export function createPresence({ mayWatch = () => true, limit, onError, ...options }) {
  /** The subscriptions, by whom they are about. */
  const watchers = new Map();
  const core = { onRequest, onResponse() {}, onError };
  // No extension may be required of us (RFC 3261 §8.2.2.3): a PUBLISH reaches no user agent that would say so.
  const check = (message) => validate(message, { supported: [] });
  const stack = new Stack({ validate: check, ...options, core });
  const ua = new UserAgent({ stack, user: "presence", events: ["presence"], onError });
  const compositor = new Compositor({ stack, event: "presence", types: [PIDF], changed, limit });

  function onRequest(request, transaction) {
    // It takes the SUBSCRIBEs that refresh a subscription, or end it.
    if (ua.receive(request, transaction) || !transaction) return;
    if (request.method !== "PUBLISH" && request.method !== "SUBSCRIBE") {
      const response = request.createResponse(request.method === "OPTIONS" ? 200 : 405);
      response.headers.set("Allow", ["OPTIONS", "PUBLISH", "SUBSCRIBE"]);
      return transaction.respond(response);
    }
    const who = nameOf(request.uri);
    if (who === undefined) transaction.respond(404);
    else if (request.method === "PUBLISH") transaction.respond(compositor.publish(who, request));
    else subscribe(who, ua.incomingSubscription(request, transaction));
  }

  function subscribe(who, subscription) {
    // It was refused already: it came by another way before, say.
    if (!subscription) return;
    if (subscription.event !== "presence") return subscription.reject();
    if (!mayWatch(subscription.request)) return subscription.reject(403);
    const all = watchers.get(who) ?? new Set();
    const notifier = subscription.accept({
      state: () => compositor.state(who) ?? unknown(who),
      onEnd(_reason, ended) {
        all.delete(ended);
        if (all.size === 0) watchers.delete(who);
      },
    });
    // One that only fetches the state has ended already (RFC 6665 §4.4.3).
    if (!notifier.terminated) watchers.set(who, all.add(notifier));
  }

  function changed(who) {
    for (const notifier of watchers.get(who) ?? []) notifier.notify();
  }

  async function close(drain) {
    // Watchers hear that they should come back, to whoever is here then (RFC 6665 §4.1.3).
    ua.hangUp();
    await stack.close({ drain });
    ua.close();
    compositor.close();
  }

  return { stack, ua, watchers, close };
}

/**
 * Who is meant, as `user@host`: the same however a URI is escaped, or its host written (RFC 3261 §19.1.4). Undefined
 * where it is nobody.
 */
function nameOf({ isSip, user, host }) {
  if (!isSip || !user || user.length + host.length > LONGEST_NAME || /\p{Cc}/u.test(user)) return undefined;
  return `${Uri.of({ user, host: host.toLowerCase() })}`.slice("sip:".length);
}

/** A document that says nothing (RFC 3863 §4.1.1): nobody has published. */
function unknown(who) {
  // Of what a URI may hold, only this is special in XML.
  const entity = `pres:${who.replaceAll("&", "&amp;")}`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${entity}"/>
`;
  return { body, contentType: PIDF };
}
