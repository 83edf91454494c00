// Options of a proxy and of one forwarding, and what a proxy counts.

import type { Clock } from "../clock.ts";
import { notWanted } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import type { Random } from "../random.ts";
import type { Stack } from "../stack/stack.ts";
import type { Routed } from "./routed.ts";
import type { ProxyTarget } from "./target.ts";

/** What a proxy is made of. */
export interface ProxyOptions {
  /** The stack to send with; its core calls forward. */
  readonly stack: Stack;
  /**
   * The key of loop marks, the marks of dialogs, flow tokens and branches without state, as text of high entropy. The
   * machines of a cluster share one; a random one by default.
   */
  readonly secret?: string | undefined;
  /** Times `noAnswer` and `hopTimeout`. The stack's, unless told otherwise. */
  readonly clock?: Clock | undefined;
  /** Draws branches, and a `secret`. Default: cryptographic. */
  readonly random?: Random | undefined;
  /** Which URIs in Route are ours; `stack.isLocal` unless told otherwise. */
  readonly isLocal?: ((uri: Uri) => boolean) | undefined;
  /** Extensions that Proxy-Require may ask for (RFC 3261 §16.3 step 5); none by default. */
  readonly extensions?: readonly string[] | undefined;
  /**
   * What else than Request-URI, Route and Proxy-Require decides where a request goes, as text: where it came from, or another
   * header field (RFC 3261 §16.6 step 8). One that comes back with all that alike is a loop, and so is what a server sends
   * back as it got it, unless its source counts here. Nothing by default.
   */
  readonly loopKey?: ((request: Request) => string) | undefined;
  /** Most branches of one request that may live at once, where it says nothing (RFC 5393 §5.3.3). Default 60. */
  readonly maxBreadth?: number | undefined;
  /** Stays on the path of dialogs by Record-Route (RFC 3261 §16.6 step 4). Default true. */
  readonly recordRoute?: boolean | undefined;
  /** Adds a Path with a flow token to REGISTERs (RFC 3327 §5.2, RFC 5626 §5.1). Default false. */
  readonly path?: boolean | undefined;
}

/** How one request is forwarded. */
export interface ForwardOptions {
  /** One target after the other, by `q`, never two at once. Default false: those of one `q` together. */
  readonly sequential?: boolean | undefined;
  /** After how many milliseconds without a final response the next group is tried. Never, by default. */
  readonly noAnswer?: number | undefined;
  /**
   * After how many milliseconds of silence the next of a target's `hops`, or `instead`, is tried: nothing came, not even a 100. The
   * last one has all the time there is, as all have by default: 64 × T1.
   */
  readonly hopTimeout?: number | undefined;
  /** Tries the Contacts of a 3xx, too, but of 305 and 380 (RFC 3261 §16.7 step 4, §21.3). Default false: a 3xx is an answer. */
  readonly recurse?: boolean | undefined;
  /** As the proxy's own option, which it replaces. */
  readonly recordRoute?: boolean | undefined;
  /**
   * Edits the copy for one target before it is sent. What it throws ends that branch as a 500, and rejects `forward`. An async
   * one is not waited for.
   */
  prepare?(copy: Request, target: ProxyTarget): void;
  /**
   * Sees, and may edit, each response before it goes to the caller, the proxy's own among them. What it throws rejects
   * `forward`. An async one is not waited for: what it rejects with when the final response has gone is dropped.
   */
  onResponse?(response: Response): void;
  /**
   * Called when all targets have failed, with the best response of those since the last call, a copy, a 503 too: returns
   * whom to forward the request to then, on busy or no answer say, or nothing, and the caller gets the best response of all.
   * A target that was one before is left out (RFC 3261 §16.5). Not called after a 6xx (§16.7 step 5), once the caller has
   * given up, nor for what `targets` refuses. What it throws rejects `forward`, and counts for nothing.
   */
  onFailure?(best: Response): FurtherTargets | PromiseLike<FurtherTargets>;
}

/** Further targets, where there are any. */
export type FurtherTargets = readonly ProxyTarget[] | undefined;

/** Where a request may go: targets, or the status to refuse it with. */
export type Targets = readonly ProxyTarget[] | number;

/** @throws SipError `value_invalid` for what is neither: nothing, one target alone */
export function checked(found: Targets): Targets {
  if (typeof found === "number" || Array.isArray(found)) return found;
  throw notWanted("targets", "a list or a status", found);
}

/** Finds the targets of a request (RFC 3261 §16.5). What it throws refuses the request, as a core's throw does. */
export type Locate = (routed: Routed) => Targets | PromiseLike<Targets>;

/** Whether targets are still looked for. */
export function isPromise(answer: Targets | PromiseLike<Targets>): answer is PromiseLike<Targets> {
  return typeof (answer as Partial<PromiseLike<Targets>> | undefined)?.then === "function";
}

/** Running totals of one proxy. */
export interface ProxyStats {
  /** Requests taken for forwarding, ACKs included. */
  readonly taken: number;
  /** Branches sent, failovers included. */
  readonly branches: number;
  /** Requests that the proxy answered itself. */
  readonly refused: number;
  /** ACKs and responses that had nowhere to go. */
  readonly dropped: number;
  /** Requests that wait for a final response now. */
  readonly live: number;
}
