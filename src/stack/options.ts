// Options of a stack and of what it sends, and what it tells about itself.

import type { Clock } from "../clock.ts";
import type { ParseLimits } from "../core/parse.ts";
import type { Message } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import type { Finding } from "../message/validate.ts";
import type { Random } from "../random.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { TransactionCounts } from "../transaction/layer-options.ts";
import type { StateCounts } from "../transaction/tallies.ts";
import type { TimerOptions } from "../transaction/timers.ts";
import type { Tap } from "../transport/tap.ts";
import type { Flow, Target, Transport } from "../transport/transport.ts";
import type { Core, ResponseHandlers } from "./core.ts";
import type { Counters } from "./counters.ts";
import type { Gate } from "./gate.ts";
import type { Resolver } from "./resolver.ts";
import type { Stack } from "./stack.ts";
import type { Traffic } from "./traffic.ts";

/** What a stack is made of. */
export interface StackOptions {
  /** At least one; where several carry the same protocol, the first of the target's address family is sent by, else the first. */
  transports: readonly Transport[];
  /** What stands above the transactions; all three of its callbacks have to be there. */
  core: Core;
  /** The runtime's timers unless told otherwise. */
  clock?: Clock | undefined;
  /** `crypto.getRandomValues` unless told otherwise. */
  random?: Random | undefined;
  /** T1, T2, T4 and the others, in milliseconds (RFC 3261 §17.1.1.1). */
  timers?: Partial<TimerOptions> | undefined;
  /** What is taken for a message, and how many transactions may live at once. */
  limits?: (ParseLimits & { transactions?: number }) | undefined;
  /**
   * Checks what came in before the core sees it; `validate` without options unless told otherwise, and
   * `(message) => validate(message, { … })` for more. `message.flow` is set. The first finding is answered
   * with its status, reason and `headers`; 503 has Retry-After anyway. Where it throws, a request is answered 500, and
   * onError hears of it (`core_failed`).
   */
  validate?: ((message: Message) => readonly Finding[]) | undefined;
  /**
   * Names that this stack answers to besides its transports' own, each `host` or `host:port`, IPv6 with
   * brackets: its domain, a load balancer's address. A `host` alone is met without a port and with any that a
   * transport has. See Stack.isLocal.
   */
  aliases?: readonly string[] | undefined;
  /**
   * Hands every request, CANCEL and ACK included, to `onRequest` without a transaction, and every response that
   * is not to a request sent with `send` to `onResponse` without one: for a stateless proxy (RFC 3261 §16.11),
   * which forwards with `sendStateless`. Default false.
   */
  stateless?: boolean | undefined;
  /**
   * Finds the servers of names, and tries one after the other (RFC 3263): `resolver` of `sippet/node`. Without
   * one a request goes to the first address of the host that its URI names.
   */
  resolver?: Resolver | undefined;
  /** Refuses requests when there is too much to do: `congestion` of `sippet/node`. Default: none are, but by `limits`. */
  gate?: Gate | undefined;
  /** Sees every message, for traces; costs nothing where there is none. */
  tap?: Tap | undefined;
  /**
   * Told of everything that the stack answers or drops without the core: `finding` says why, and with which
   * status it was answered ("drop" for not at all). That is what is no message or a malformed one (the codes
   * of the parser and of `validate`), what comes while the stack drains (`closed`) or past the limit of
   * transactions (`overloaded`), and responses to nothing (`response_stray`). `message` is undefined for what
   * could not be parsed; malformed, it may throw when it is read. Called for every such message, in a flood
   * too: be quick. What it throws or rejects with goes to onError (`core_failed`).
   */
  onRefused?: ((finding: Finding, flow: Flow, message: Message | undefined) => void) | undefined;
}

/** An AbortSignal, as far as it is used here: this library names no global of a browser's or of Node's. */
export interface AbortSignalLike {
  /** True once it was aborted: what it is given to then is aborted at once. */
  readonly aborted: boolean;
  /** Calls `listener` when it is aborted. */
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  /** Forgets `listener`: the request has ended. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * A request that was sent: its client transaction or, where a resolver may try several targets, what stands
 * for one transaction after the other, and shows the one that is under way.
 */
export type SentRequest = Pick<
  ClientTransaction,
  | "kind"
  | "request"
  | "branch"
  | "method"
  | "key"
  | "state"
  | "flow"
  | "final"
  | "cancel"
  | "terminate"
  | "abort"
  | typeof Symbol.asyncIterator
>;

/** Sends a request in place of the stack, and again with credentials: a DigestClient of `sippet/digest`. */
export interface CredentialSender {
  /** Calls `stack.send` without `credentials`, as often as it takes; what it returns stands for all of that. */
  send(stack: Stack, request: Request, options: SendOptions): SentRequest;
}

/** How a request is sent. */
export interface SendOptions extends ResponseHandlers {
  /** Answers challenges, 401 and 407: each answer has a branch and a CSeq of its own (RFC 3261 §22.2). */
  credentials?: CredentialSender | undefined;
  /** Sees each answer to a challenge before it is sent, with the next CSeq: who counts for more than it, corrects that. */
  onAgain?(request: Request): void;
  /** Aborts the request: an INVITE is cancelled, any other ends with `aborted` (ClientTransaction.abort). */
  signal?: AbortSignalLike | undefined;
  /** The flow to send on, whatever the request's own target is. */
  flow?: Flow | undefined;
  /** The next hop, whatever Route and Request-URI say. */
  target?: Target | undefined;
  /** The Via branch; a random one unless told. */
  branch?: string | undefined;
  /** Runs Timer C, as a proxy must (RFC 3261 §16.6). */
  timerC?: boolean | undefined;
  /**
   * Sends the request itself where one transaction is all it takes, in place of a copy: for a caller who made it for
   * this and is done with it. The topmost Via is added to it. Default false.
   */
  uncopied?: boolean | undefined;
}

/** How a message is sent without a transaction. */
export type StatelessOptions = Pick<SendOptions, "flow" | "target" | "branch" | "uncopied">;

/** What a stack has seen and done, and what lives in it now. */
export interface StackStats extends Counters {
  /** Messages by transport and method or class, retransmissions included. */
  readonly traffic: Traffic;
  /** Transactions: what lives, what was resent, what timed out; `states` counts the live by machine and state. */
  readonly transactions: TransactionCounts & { readonly states: StateCounts };
  /** What each transport has counted: `connections` and others, as far as it counts. */
  readonly transports: readonly TransportStats[];
  /** What the gate has counted, where there is one. */
  readonly gate?: Readonly<Record<string, number>>;
}

/** What one transport has counted since its start. */
export interface TransportStats {
  /** The name in its Via: UDP, TCP … */
  readonly protocol: string;
  /** What its Via says of where it is. */
  readonly sentBy: string;
  /** Its `counts`, by name: see the transport. */
  readonly [count: string]: number | string;
}
