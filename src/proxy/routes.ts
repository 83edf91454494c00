// Routes: how a request finds its way through the proxy: taking the proxy's own Routes off (RFC 3261 §16.4),
// writing its Record-Route or Path on (§16.6 step 4, RFC 5658, RFC 3327), and strict routers before it (§16.4).

import { METHODS } from "../core/words.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { Uri } from "../message/uri.ts";
import { isCallable } from "../stack/callable.ts";
import { ownUri } from "../stack/own-address.ts";
import type { Stack } from "../stack/stack.ts";
import { isTranslated } from "../stack/translated.ts";
import { unbracketed } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";
import type { DialogMarks } from "./dialog-marks.ts";
import type { FlowTokens } from "./flow-tokens.ts";
import { MARK, type Routed, RoutedRequest } from "./routed.ts";

/** Methods whose requests may begin a dialog (RFC 3261 §12, RFC 6665). */
const DIALOG_METHODS = new Set(["INVITE", "SUBSCRIBE", "REFER", "NOTIFY"]);

/** So may those of a method that nobody here knows (RFC 3261 §16.6 step 4). */
const mayBegin = (method: string): boolean => DIALOG_METHODS.has(method) || !METHODS.includes(method);

/** The proxy's own part of Route, Record-Route and Path. */
export class Routes {
  readonly #isLocal: (uri: Uri) => boolean;
  readonly #tokens: FlowTokens;
  readonly #marks: DialogMarks;

  constructor(
    stack: Stack,
    tokens: FlowTokens,
    marks: DialogMarks,
    isLocal: ((uri: Uri) => boolean) | undefined,
  ) {
    this.#isLocal = isLocal ?? ((uri) => stack.isLocal(uri));
    this.#tokens = tokens;
    this.#marks = marks;
  }

  /**
   * Takes our own Routes off a copy (RFC 3261 §16.4).
   *
   * We write one Record-Route where both sides look alike, two where they differ: the first that comes back is
   * the sender's own side, and means nothing; the last is the side that the request leaves by.
   */
  preprocess(received: Request): Routed {
    const request = received.clone();
    const { headers } = request;
    this.#undoStrictRoute(request);
    this.#dropMaddr(request);
    let taken = 0;
    let last: Uri | undefined;
    const isOurs = ({ uri }: NameAddr): boolean => uri.isSip && this.#isLocal(uri);
    for (let route = headers.first("Route"); route && isOurs(route); route = headers.first("Route")) {
      last = route.uri;
      if (++taken <= 2) {
        headers.shift("Route");
        continue;
      }
      // More than we ever write. All at once: each shift would go through a list of thousands again.
      const routes = headers.get("Route");
      const others = routes.findIndex((each) => !isOurs(each));
      const end = others < 0 ? routes.length : others;
      last = routes[end - 1]?.uri;
      headers.set("Route", routes.slice(end));
      break;
    }
    const token = last?.user;
    // A single one that names the flow which the request came by is the sender's side, and there is no other.
    const own =
      token !== undefined &&
      taken === 1 &&
      received.flow !== undefined &&
      this.#tokens.isOf(token, received.flow);
    const named = token === undefined || own ? undefined : this.#tokens.flow(token);
    const gone = token !== undefined && !own && named?.open !== true;
    // Its peer is called then, as the Request-URI says, if he can be.
    const called = gone && this.#tokens.isCallable(token);
    const said = {
      request,
      flow: called ? undefined : named,
      flowGone: gone && !called,
      gruu: request.uri.isSip && request.uri.params.has("gr") && this.#isLocal(request.uri),
    };
    return new RoutedRequest(said, last, this.#marks);
  }

  /** A strict router before us put our Route into the Request-URI, and the Request-URI last of the Routes. */
  #undoStrictRoute(request: Request): void {
    const { uri, headers } = request;
    if (!uri.isSip || !uri.params.has("lr") || !headers.has("Route") || !this.#isLocal(uri)) return;
    const target = headers.pop("Route");
    if (!target) return;
    headers.prepend("Route", `<${uri}>`);
    request.uri = target.uri;
  }

  /** RFC 3261 §16.4: an `maddr` that names us has done its work, and so have port and transport. */
  #dropMaddr(request: Request): void {
    const { uri } = request;
    const maddr = uri.isSip ? uri.params.get("maddr") : undefined;
    if (maddr === undefined) return;
    const params = uri.params.without("maddr");
    try {
      if (!this.#isLocal(uri.with({ host: unbracketed(maddr), params }))) return;
    } catch {
      return; // It is no host at all, and so not ours.
    }
    request.uri = uri.with({ port: undefined, params: params.without("transport") });
  }

  /**
   * The Record-Route for both sides, where the request may begin a dialog: one where the sides look alike,
   * else two, so that each peer sees an address of its own kind (RFC 5658 §3.2).
   *
   * @param given whether the flow out was named, by a binding or a Route: then it is the only way there
   */
  record(request: Request, cameFrom: Flow | undefined, goesTo: Flow, given: boolean): readonly string[] {
    if (!mayBegin(request.method)) return [];
    const secure = isSips(request);
    const only = given || isWebSocket(goesTo) ? goesTo : undefined;
    const there = this.#side(goesTo, only, secure, request.uri);
    const back = cameFrom && isOnlyWayBack(request, cameFrom) ? cameFrom : undefined;
    const here = cameFrom && this.#side(cameFrom, back, secure, back && contactOf(request));
    const mark = `;${MARK}=${this.#marks.of(request)}>`;
    // Twice, too, where a connection calls itself: its token alone would be taken for the sender's side.
    const sides = here === undefined || (here === there && !only) ? [there] : [there, here];
    return sides.map((side) => side.replace(/>$/, mark));
  }

  /**
   * A Path: our address as the next hop sees it, with the flow that the REGISTER came in on (RFC 3327 §5.2,
   * RFC 5626 §5.1).
   */
  path(request: Request, cameFrom: Flow, goesTo: Flow): string {
    const direct = isDirect(request);
    const outbound = direct && request.headers.get("Contact").some(({ params }) => params.has("reg-id"));
    const uri = this.#side(goesTo, direct ? cameFrom : undefined, isSips(request));
    return outbound ? uri.replace(/>$/, ";ob>") : uri;
  }

  /** Our address on one side, with the token of a flow where that is needed. @param peer where the flow's peer says he is */
  #side(side: Flow, flow: Flow | undefined, secure: boolean, peer?: Uri): string {
    // Nothing leads to a SIPS URI over UDP (§26.2.2): that side could not come back. TCP may have TLS in front of it.
    const host = ownUri(side.transport, secure && side.transport.reliable);
    if (!flow) return `<${host};lr>`;
    const callable = peer !== undefined && isCallable(peer, flow);
    return `<${Uri.parse(host).with({ user: this.#tokens.of(flow, callable) })};lr>`;
  }
}

/** Where the sender of a request says that he is; undefined where that cannot be read. */
function contactOf({ headers }: Request): Uri | undefined {
  try {
    return headers.first("Contact")?.uri;
  } catch {
    return undefined;
  }
}

/**
 * Whether the sender can be reached by the flow of its request alone: it is a client of ours (there is no other
 * proxy between, which would have its own Via) on a connection, or behind a NAT; or it uses WebSocket.
 */
function isOnlyWayBack(request: Request, flow: Flow): boolean {
  if (isWebSocket(flow)) return true;
  const via = isDirect(request) ? request.headers.first("Via") : undefined;
  if (!via) return false;
  return flow.transport.reliable || isTranslated(via);
}

/** Whether there is no other proxy between. Of the Vias only the topmost is ours to read: another may be unreadable. */
function isDirect({ headers }: Request): boolean {
  try {
    return headers.raw("Via").length === 1 && headers.get("Via").length === 1;
  } catch {
    return false;
  }
}

/** Whether our URIs on it have to be SIPS URIs (RFC 3261 §16.6 step 4). */
function isSips({ uri, headers }: Request): boolean {
  return uri.scheme === "sips" || headers.first("Route")?.uri.scheme === "sips";
}

function isWebSocket({ transport }: Flow): boolean {
  return transport.protocol === "WS" || transport.protocol === "WSS";
}
