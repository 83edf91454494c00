// SipProxy: forwards requests and their responses (RFC 3261 §16): statefully, forking where there are several
// targets, or without any state. Where a request goes is for its user to say.

import { checkNumbers, checkSecret, need } from "../demands.ts";
import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { defaultRandom } from "../random.ts";
import type { Stack } from "../stack/stack.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { sipKey } from "../transaction/siphash.ts";
import type { Flow } from "../transport/transport.ts";
import { watch } from "../watch.ts";
import { AckForwarding } from "./ack-forwarding.ts";
import { breadthFor, checkRequest, DEFAULT_BREADTH, nobody, type Refusal, wholeBreadth } from "./check.ts";
import { DialogMarks } from "./dialog-marks.ts";
import { FlowTokens } from "./flow-tokens.ts";
import { Marks } from "./marks.ts";
import { NextHops } from "./next-hops.ts";
import type { ProxyStats, Targets } from "./options.ts";
import { checked, type ForwardOptions, isPromise, type Locate, type ProxyOptions } from "./options.ts";
import { copyFor, type Outgoing, onItsWay, type WayOptions } from "./outgoing.ts";
import { ResponseContext } from "./response-context.ts";
import type { Routed } from "./routed.ts";
import { Routes } from "./routes.ts";
import { StatelessForwarding, type Tally } from "./stateless-forwarding.ts";
import { type ProxyTarget, usableTargets } from "./target.ts";

/** Where the request says: its Request-URI, by its Routes. */
const asAsked: Locate = ({ request }) => [{ uri: request.uri }];

/**
 * A proxy (RFC 3261 §16). It stands between a core and its stack: the core calls {@link SipProxy.forward} for
 * what is not its own business.
 */
export class SipProxy {
  readonly #options: ProxyOptions;
  readonly #stack: Stack;
  readonly #marks: Marks;
  readonly #tokens: FlowTokens;
  readonly #routes: Routes;
  readonly #hops: NextHops;
  readonly #maxBreadth: number;
  readonly #extensions: ReadonlySet<string>;
  readonly #live = new Map<ServerTransaction, ResponseContext | "locating">();
  readonly #tally: Tally = { taken: 0, branches: 0, refused: 0, dropped: 0 };
  readonly #acks: AckForwarding;
  readonly #stateless: StatelessForwarding;

  /** Sends nothing by itself. @throws SipError `value_invalid` without `stack`, for a `maxBreadth` below 1, an empty `secret` */
  constructor(options: ProxyOptions) {
    need("SipProxy", options, "stack");
    checkNumbers(options, 1, "maxBreadth");
    checkSecret(options, "secret");
    const { stack, random = defaultRandom } = options;
    const maxBreadth = wholeBreadth(options.maxBreadth ?? DEFAULT_BREADTH);
    const secret = options.secret ?? random.text(32);
    const key = sipKey(secret);
    this.#options = options;
    this.#stack = stack;
    this.#marks = new Marks(key, random, options.loopKey);
    this.#tokens = new FlowTokens(stack, key);
    // A key of their own: of the other marks there are some whose texts a peer can choose, and that he gets to see.
    const dialogs = new DialogMarks(sipKey(`dialog ${secret}`));
    this.#routes = new Routes(stack, this.#tokens, dialogs, options.isLocal);
    this.#hops = new NextHops(stack);
    this.#maxBreadth = maxBreadth;
    this.#extensions = new Set((options.extensions ?? []).map((name) => name.toLowerCase()));
    const parts = {
      stack,
      marks: this.#marks,
      routes: this.#routes,
      hops: this.#hops,
      extensions: this.#extensions,
      tally: this.#tally,
    };
    this.#acks = new AckForwarding({
      ...parts,
      locate: (routed, targets) => this.#locate(routed, targets),
      way: (of) => this.#way(of),
    });
    this.#stateless = new StatelessForwarding({ ...parts, maxBreadth, make: (...of) => this.#make(...of) });
  }

  /** What the proxy has done, and what lives in it now. */
  get stats(): ProxyStats {
    return { ...this.#tally, live: this.#live.size };
  }

  /**
   * Forwards a request, and by and by its responses; call it from `onRequest`, and return its promise there.
   *
   * It validates the request (§16.3: 416, 483, 482, 440, 420), takes our own Routes off (§16.4), and asks
   * `targets` where it goes: targets, or a status to refuse it with; without `targets` it goes where its
   * Request-URI and Route say. A Route with a flow token of ours decides by itself; 430 where that flow is gone,
   * and its peer cannot be called: `targets` is asked where he can. For a GRUU of ours it is always asked: that leads
   * to where its instance is now.
   * To a SIPS URI it goes by SIPS URIs alone, else 480; from a SIP to a SIPS URI by TLS, as a SIP URI (RFC 5630 §5.3).
   * Each target gets a copy (§16.6), the caller the responses that §16.7 chooses: all provisional ones and all
   * 2xx to an INVITE, else the best final one. A CANCEL goes down all branches (§16.10); an `onCancel` that the
   * transaction had already is called, too.
   *
   * An ACK has no transaction: it goes on without state, or is dropped and counted.
   *
   * @returns the final response that went to the caller, its first 2xx if there are several; undefined for an ACK,
   *   and where the caller's transaction was gone. It rejects with what `targets` or a callback of the options threw;
   *   where that kept the request from an answer, the stack answers it. A SipError of `targets` with status 503 is
   *   answered here, with Retry-After. With `value_invalid` for targets that are none, or a `noAnswer` or `hopTimeout`
   *   that is no number.
   */
  async forward(
    request: Request,
    transaction: ServerTransaction | undefined,
    targets: Targets | Locate = asAsked,
    options: ForwardOptions = {},
  ): Promise<Response | undefined> {
    this.#tally.taken++;
    if (transaction === undefined) {
      const waits = this.#acks.forward(request, targets, options);
      if (waits) await waits;
      return undefined;
    }
    // Cancelled, and answered, while its core did something else: it asked for credentials, say.
    if (!transaction.waiting) return undefined;
    const { noAnswer, hopTimeout } = options;
    if (noAnswer !== undefined || hopTimeout !== undefined)
      checkNumbers(options, 0, "noAnswer", "hopTimeout");
    const mark = this.#marks.loopMark(request);
    const refusal = checkRequest(request, this.#extensions, () => this.#marks.isLoop(request, mark));
    if (refusal) return this.#refuse(request, transaction, refusal, options);
    // Ends the caller's retransmissions, however long the targets take (§16.2).
    if (request.method === "INVITE") transaction.respond(100);

    const routed = this.#routes.preprocess(request);
    this.#live.set(transaction, "locating");
    const { onCancel } = transaction;
    transaction.onCancel = (cancel) => {
      this.cancel(transaction, reasonOf(cancel));
      return onCancel?.(cancel);
    };
    let found: Targets;
    try {
      const answer = this.#locate(routed, targets);
      found = checked(isPromise(answer) ? await answer : answer);
    } catch (cause) {
      this.#live.delete(transaction);
      transaction.onCancel = onCancel;
      // A location service that cannot be reached now: it is worth another try.
      if (!(cause instanceof SipError) || cause.status !== 503) throw cause;
      return this.#refuse(request, transaction, { status: 503, headers: { "Retry-After": ["5"] } }, options);
    }
    // Cancelled meanwhile, or the stack is closed.
    if (!transaction.waiting) {
      this.#live.delete(transaction);
      return undefined;
    }
    const usable = typeof found === "number" ? [] : usableTargets(routed.request, found);
    if (usable.length === 0) {
      this.#live.delete(transaction);
      return this.#refuse(request, transaction, nobody(request, found), options);
    }
    return this.#fork(routed, request.flow, transaction, usable, mark, options);
  }

  /** {@link Routed.recorded}, for who has to know before `targets`. @throws SipError (400) for a Route that cannot be read */
  hasRecorded(request: Request): boolean {
    return this.#routes.preprocess(request).recorded;
  }

  /**
   * Gives a request up whose caller is gone: its branches are cancelled, as by a CANCEL. For a core's `onError`,
   * which hears of a server transaction's broken connection.
   *
   * @param reason the Reason of their CANCELs (RFC 3326); a caller's own CANCEL hands its own on
   */
  cancel(transaction: ServerTransaction, reason?: string): void {
    const context = this.#live.get(transaction);
    if (context instanceof ResponseContext) context.cancel(reason);
    else if (context !== undefined && transaction.waiting) transaction.respond(487);
  }

  /**
   * Forwards a request without state (§16.11), to one target, always the same for the same request: where its
   * Request-URI and Route say, unless told otherwise. For a stack with the option `stateless`, whose core gets every
   * request without a transaction. Retransmissions, CANCELs and ACKs are forwarded as they come, with the branch
   * that the first one had. What cannot be forwarded is refused without state, or, an ACK, dropped.
   */
  forwardStateless(request: Request, target?: ProxyTarget, options: ForwardOptions = {}): void {
    this.#stateless.request(request, target, options);
  }

  /**
   * Forwards the response to a request that went out by forwardStateless (§16.11): to where the next Via says, or by
   * the connection that the request came in on. For the `onResponse` of a stack with the option `stateless`.
   */
  forwardResponse(response: Response): void {
    this.#stateless.response(response);
  }

  #fork(
    { request }: Routed,
    cameFrom: Flow | undefined,
    transaction: ServerTransaction,
    targets: readonly ProxyTarget[],
    mark: string,
    options: ForwardOptions,
  ): Promise<Response | undefined> {
    const { clock = this.#stack.clock } = this.#options;
    const stack = this.#stack;
    const way = this.#way(options);
    return new Promise((resolve, reject) => {
      const threw = options.prepare && ((cause: unknown) => context.threw(cause));
      const context = new ResponseContext(
        {
          stack,
          clock,
          breadth: breadthFor(request, this.#maxBreadth),
          copy: (target, breadth) => copyFor(request, target, breadth, options, threw),
          hops: this.#hops,
          tally: this.#tally,
          finish: (copy, target, hop, judge) => {
            const made = onItsWay(copy, cameFrom, target, hop, way, judge);
            this.#tally.branches++;
            return made;
          },
          newBranch: () => this.#marks.branch(mark),
          ended: (final, thrown) => {
            this.#live.delete(transaction);
            if (thrown) reject(thrown.cause);
            else resolve(final);
          },
        },
        request,
        transaction,
        targets,
        options,
      );
      this.#live.set(transaction, context);
      context.start();
    });
  }

  /** A flow token of ours decides, but for a GRUU, which may have moved; else the user does (§16.5). */
  #locate(routed: Routed, targets: Targets | Locate): Targets | PromiseLike<Targets> {
    if (!routed.gruu || targets === asAsked) {
      if (routed.flowGone) return 430;
      if (routed.flow) return [{ uri: routed.request.uri, flow: routed.flow }];
    }
    return typeof targets === "function" ? targets(routed) : targets;
  }

  #make(
    request: Request,
    cameFrom: Flow | undefined,
    target: ProxyTarget,
    breadth: number | undefined,
    options: ForwardOptions,
  ): Outgoing {
    const copy = copyFor(request, target, breadth, options);
    return onItsWay(copy, cameFrom, target, undefined, this.#way(options));
  }

  #way(options: ForwardOptions): WayOptions {
    return {
      stack: this.#stack,
      routes: this.#routes,
      recordRoute: options.recordRoute ?? this.#options.recordRoute ?? true,
      path: this.#options.path ?? false,
    };
  }

  #refuse(
    request: Request,
    transaction: ServerTransaction,
    { status, headers }: Refusal,
    options: ForwardOptions,
  ): Response | undefined {
    // It was cancelled, and answered, while its targets were looked up.
    if (!transaction.waiting) return undefined;
    const response = request.createResponse(status);
    for (const [name, values] of Object.entries(headers)) response.headers.set(name, values);
    this.#tally.refused++;
    try {
      // Nobody waits for it; of what it rejects with nobody hears.
      watch(options.onResponse?.(response), () => {});
    } finally {
      transaction.respond(response);
    }
    return response;
  }
}

/** The Reasons of a request, as text; undefined where there are none, or they cannot be read. */
function reasonOf({ headers }: Request): string | undefined {
  try {
    return headers.get("Reason").join(", ") || undefined;
  } catch {
    return undefined;
  }
}
