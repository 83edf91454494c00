// Registration: keeps one Contact bound at a registrar (RFC 3261 §10.2, RFC 5626 §4.2): refreshed in time, tried again
// after failures, taken back at the end.

import type { TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import { createRequest } from "../message/create-request.ts";
import { CSeq } from "../message/cseq.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Authenticator } from "../stack/authenticator.ts";
import type { SendOptions } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";

/** What a registration is made of, and what it calls. What its callbacks throw goes nowhere. */
export interface RegistrationOptions {
  readonly stack: Stack;
  /** The registrar: a URI without user. */
  readonly registrar: string;
  /** The address-of-record: To and From. */
  readonly aor: string;
  /** The Contact to bind. */
  readonly contact: NameAddr | string;
  /** How long to bind it, in seconds. Default 3600; what a 423 asks for is taken, up to a day. */
  readonly expires?: number;
  /** A URN that names this client for good: `urn:uuid:…` (RFC 5626 §4.1). */
  readonly instance?: string;
  /** Which of this client's flows it is, from 1 on; it needs `instance`. */
  readonly regId?: number;
  /** Answers 401 and 407. */
  readonly credentials?: Authenticator;
  /** Where REGISTERs go, whatever `registrar` says. */
  readonly send?: Pick<SendOptions, "target" | "flow">;
  /** The registrar has bound the Contact, or bound it again. */
  onRegistered?(response: Response): void;
  /** It has not. It is tried again in `retry` milliseconds; never, where that is undefined. */
  onFailed?(cause: Response | SipError, retry: number | undefined): void;
}

/** Where a registration stands. */
export type RegistrationState = "registering" | "registered" | "failed" | "unregistering" | "ended";

/** A day, in seconds: nobody has to agree to more. */
const LONGEST = 86_400;
/** Waits between failures, in milliseconds (RFC 5626 §4.5). */
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 1_800_000;
/** Requests of one round: challenges of proxies and of the registrar, a stale nonce, a 423. */
const MOST_REQUESTS = 5;
/** What another try would not change. */
const FINAL: readonly number[] = [400, 401, 403, 404, 405, 407, 420, 423, 439];

/** One Contact that is kept bound; it begins at once. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #request: Request;
  #expires: number;
  #cseq = 0;
  #failures = 0;
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #state: RegistrationState = "registering";

  /** @throws SipError `value_invalid` or `uri_invalid` for a part that does not follow its grammar */
  constructor(options: RegistrationOptions) {
    const { registrar, aor, instance, regId, expires = 3600 } = options;
    this.#options = options;
    this.#expires = expires;
    this.#request = createRequest("REGISTER", registrar, {
      from: aor,
      to: aor,
      callId: options.stack.random.callId(),
    });
    let contact = typeof options.contact === "string" ? NameAddr.parse(options.contact) : options.contact;
    if (instance !== undefined) {
      let params = contact.params.with("+sip.instance", `<${instance}>`);
      if (regId !== undefined) params = params.with("reg-id", regId);
      contact = contact.with({ params });
    }
    this.#request.headers.set("Contact", contact).set("Supported", "path, outbound");
    this.#begin();
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Registers now: after a reconnect, whose new connection the registrar does not know, or a change of network. */
  refresh(): void {
    if (this.#state === "unregistering" || this.#state === "ended") return;
    this.#failures = 0;
    if (this.#round) this.#again = true;
    else this.#begin();
  }

  /**
   * Takes the binding back, and ends. Resolves when the registrar has answered, or cannot be reached: the binding
   * ends by itself then.
   */
  async unregister(): Promise<void> {
    const { clock } = this.#options.stack;
    if (this.#state === "unregistering" || this.#state === "ended") return this.#round;
    this.#state = "unregistering";
    clock.clear(this.#timer);
    const before = this.#round;
    this.#round = (async () => {
      await before;
      await this.#ask(0).catch(() => {});
      this.#state = "ended";
    })();
    return this.#round;
  }

  /** Ends without a word; the binding stays until its time is over. */
  close(): void {
    this.#state = "ended";
    this.#options.stack.clock.clear(this.#timer);
  }

  #begin(): void {
    this.#options.stack.clock.clear(this.#timer);
    this.#again = false;
    this.#round = this.#run();
  }

  async #run(): Promise<void> {
    let outcome: Response | SipError;
    let seconds = 0;
    try {
      outcome = await this.#ask(this.#expires);
      if (outcome.statusClass === 2) seconds = this.#granted(outcome);
    } catch (error) {
      outcome =
        error instanceof SipError ? error : new SipError("core_failed", String(error), { cause: error });
    }
    if (this.#state === "unregistering" || this.#state === "ended") return;
    this.#round = undefined;
    if (outcome instanceof SipError || outcome.statusClass !== 2) this.#failed(outcome);
    else this.#registered(outcome, seconds);
    if (this.#again && this.#isLive()) this.#begin();
  }

  #isLive(): boolean {
    return this.#state === "registered" || this.#state === "failed";
  }

  #registered(response: Response, seconds: number): void {
    this.#state = "registered";
    this.#failures = 0;
    // A minute before the end, or at 90 % of a short time: a REGISTER may take 32 seconds.
    this.#wait(Math.max(seconds * 0.9, seconds - 60) * 1000);
    call(() => this.#options.onRegistered?.(response));
  }

  #failed(cause: Response | SipError): void {
    this.#state = "failed";
    const status = cause instanceof SipError ? undefined : cause.status;
    const isFinal = status !== undefined && FINAL.includes(status);
    const retry = isFinal ? undefined : Math.max(this.#pause(), retryAfter(cause));
    if (retry !== undefined) this.#wait(retry);
    call(() => this.#options.onFailed?.(cause, retry));
  }

  /** Doubled by each failure, and between half and all of it, so that not all clients come at once (RFC 5626 §4.5). */
  #pause(): number {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(10, this.#failures++));
    return Math.round(longest * (0.5 + this.#options.stack.random.fraction() / 2));
  }

  #wait(milliseconds: number): void {
    this.#timer = this.#options.stack.clock.set(() => this.#begin(), milliseconds);
  }

  /** What the registrar has granted, in seconds: our Contact's `expires`, else Expires. */
  #granted({ headers }: Response): number {
    const { uri } = this.#request.headers.get("Contact")[0] as NameAddr;
    const ours = headers.get("Contact").find((each) => !each.isStar && each.uri.equals(uri));
    const text = ours?.params.get("expires") ?? "";
    const seconds = /^\d{1,10}$/.test(text) ? Number(text) : (headers.get("Expires") ?? this.#expires);
    // A registrar that grants nothing must not be asked without end.
    return Math.min(Math.max(seconds, 10), LONGEST);
  }

  /** Sends a REGISTER, and what its challenges and its 423 ask for. */
  async #ask(expires: number): Promise<Response> {
    const { stack, credentials, send } = this.#options;
    let seconds = expires;
    let request = this.#request.clone();
    request.headers.set("CSeq", new CSeq(++this.#cseq, "REGISTER")).set("Expires", String(seconds));
    for (let left = MOST_REQUESTS; ; ) {
      const handlers = { onResponse() {}, onError() {} };
      const response = await stack.send(request, { ...send, ...handlers }).final;
      const { status, headers } = response;
      let next: Request | undefined;
      if (--left > 0 && (status === 401 || status === 407))
        next = await credentials?.answer(request, response);
      else if (status !== 401 && status !== 407) credentials?.learn(request, response);
      const least = status === 423 ? headers.get("Min-Expires") : undefined;
      if (left > 0 && least !== undefined && least > seconds && least <= LONGEST && seconds > 0) {
        seconds = least;
        this.#expires = least;
        next = this.#request.clone();
        next.headers.set("Expires", String(least));
      }
      if (!next || this.#state === "ended") return response;
      next.headers.set("CSeq", new CSeq(++this.#cseq, "REGISTER"));
      request = next;
    }
  }
}

/** Retry-After in milliseconds, up to a day; 0 where there is none. */
function retryAfter(cause: Response | SipError): number {
  const text = cause instanceof SipError ? undefined : cause.headers.raw("Retry-After")[0];
  const seconds = Number(/^\d{1,9}/.exec(text?.trim() ?? "")?.[0] ?? 0);
  return Math.min(seconds, LONGEST) * 1000;
}

/** What a callback throws is its owner's: the registration goes on. */
function call(callback: () => void): void {
  try {
    callback();
  } catch {
    // Said in RegistrationOptions.
  }
}
