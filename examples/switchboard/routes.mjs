// Routes: how requests within a dialog find their way back through the switchboard.
//
// Each side of a call that the switchboard has joined is one Record-Route, so that each side sees an address
// of its own kind (RFC 5658). Where that side is a connection that cannot be opened from here, such as a
// browser's, the Record-Route's user part names it: a flow token (RFC 5626 §5.3). It is as hard to guess as
// the flow's id, which is random.

import { Uri } from "sippet";

const DIALOG_METHODS = new Set(["INVITE", "SUBSCRIBE", "REFER", "NOTIFY"]);

/**
 * Takes the switchboard's own values off a request's Route (RFC 3261 §16.4).
 *
 * `taken` tells whether there were any; `flow` is the connection that they name; `broken` is true where that
 * connection is gone.
 */
export function takeOwnRoutes(request, stack, domain) {
  const { headers } = request;
  const way = { taken: false, flow: undefined, broken: false };
  let [route] = headers.get("Route");
  while (route && domain.serves(route.uri)) {
    headers.shift("Route");
    way.taken = true;
    const token = route.uri.user;
    // The sender's own side is passed over: the request has just come that way (RFC 5626 §5.3.1).
    if (token !== undefined && token !== request.flow.id) {
      way.flow = stack.flow(token);
      way.broken = way.flow === undefined;
    }
    [route] = headers.get("Route");
  }
  return way;
}

/** Adds the Record-Route for both sides, where the request may begin a dialog (RFC 3261 §16.6 step 4). */
export function recordRoute(request, cameFrom, goesTo) {
  if (!DIALOG_METHODS.has(request.method)) return;
  const [here, there] = [cameFrom, goesTo].map(sideUri);
  request.headers.prepend("Record-Route", here === there ? [here] : [there, here]);
}

/** The flow that a request will leave by; undefined where there is none, as sending it will tell. */
export function wayOut(request, stack) {
  try {
    return stack.route(request);
  } catch {
    return undefined;
  }
}

function sideUri({ transport, id }) {
  const token = transport.reliable ? `${id}@` : "";
  const { sentBy, protocol } = transport;
  return `<${Uri.parse(`sip:${token}${sentBy};transport=${protocol.toLowerCase()};lr`)}>`;
}
