// Registration: keeps one Contact bound at a registrar (RFC 3261 §10.2, RFC 5626 §4): refreshed in time, tried again
// after failures and when its flow breaks, taken back at the end.

import type { TimerHandle } from "../clock.ts";
import { checkNumbers, need } from "../demands.ts";
import { notWanted, SipError } from "../errors.ts";
import { createRequest } from "../message/create-request.ts";
import { CSeq } from "../message/cseq.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Flow } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import { backOff, LONGEST, retryAfter } from "./back-off.ts";
import { boundContact } from "./contact.ts";
import { Detour, isRedirection, type Place } from "./detour.ts";
import { answerTo, FlowKeeper } from "./flow-keeper.ts";
import { type Granted, type Gruus, readGranted, refreshAfter } from "./granted.ts";
import type { RegistrationOptions, RegistrationState, Siblings } from "./options.ts";

/** Requests of one round: challenges of proxies and of the registrar, a stale nonce, a 423. */
const MOST_REQUESTS = 5;
/** What another try would not change. */
const FINAL: readonly number[] = [400, 401, 403, 404, 405, 407, 420, 423, 439];
/** A flow that breaks sooner after its registration, in milliseconds, has failed again. */
const STABLE = 30_000;

/** One Contact that is kept bound; it begins at once. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #request: Request;
  readonly #siblings: Siblings;
  readonly #keeper: FlowKeeper;
  #expires: number;
  #failures = 0;
  /** When it was registered last, and how many tries had failed before. */
  #since = 0;
  #failedBefore = 0;
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #state: RegistrationState = "registering";
  #granted: Granted | undefined;
  /** Where the registrar has moved for good; undefined where it is at the place that the user has named. */
  #moved: Place | undefined;

  /**
   * @param siblings of the client's other flows; for OutboundRegistration
   * @throws SipError `value_invalid` or `uri_invalid` for a part that does not follow its grammar; `value_invalid` without
   *   `stack`, `registrar` or `aor`, for a `registrar` with a user, an `aor` that is no SIP URI, a `regId` without `instance`
   *   or no whole number below 2^31, for `expires`, `keepAlive` or `regId` below 1, and for `credentials` that are no client
   */
  constructor(options: RegistrationOptions, siblings?: Siblings) {
    need("Registration", options, "stack", "registrar", "aor");
    const { registrar, aor, instance, regId } = options;
    checkNumbers(options, 1, "expires", "keepAlive", "regId");
    if (regId !== undefined) need("Registration", options, "instance");
    if (options.credentials && !options.credentials.answer)
      throw notWanted("credentials", "a DigestClient", options.credentials);
    this.#options = options;
    this.#siblings = siblings ?? alone(options.stack.random.callId());
    this.#keeper = new FlowKeeper(options.stack, () => this.#lost());
    this.#request = createRequest("REGISTER", registrar, {
      from: aor,
      to: aor,
      callId: this.#siblings.callId,
    });
    if (this.#request.uri.user !== undefined) throw notWanted("registrar", "a URI without user", registrar);
    if (!this.#request.headers.get("To")?.uri.isSip) throw notWanted("aor", "a SIP URI", aor);
    const { contact, expires } = boundContact(options, this.#request);
    this.#expires = expires;
    const supported = instance === undefined ? "path, outbound" : "path, outbound, gruu";
    this.#request.headers.set("Contact", contact).set("Supported", supported);
    this.#begin();
  }

  /** Where it stands; `onRegistered` and `onFailed` tell of changes. */
  get state(): RegistrationState {
    return this.#state;
  }

  /**
   * The GRUUs that the registrar has given last (RFC 5627 §4.2); none before it has registered, where it gives none, or
   * refuses for good.
   * All temporary ones that it gave stay good, as long as the binding does.
   */
  get gruus(): Gruus {
    return this.#granted?.gruus ?? {};
  }

  /**
   * The proxies that our own requests are to go by, the nearest first, as the registrar has said last (RFC 3608 §6.1):
   * `route: () => registration.serviceRoute` of a user agent. Empty where it says none, or refuses for good.
   */
  get serviceRoute(): readonly NameAddr[] {
    return this.#granted?.serviceRoute ?? [];
  }

  /**
   * The flow that it was registered by, and that the registrar's calls come on (RFC 5626 §4.2); none where it has
   * failed for good.
   */
  get flow(): Flow | undefined {
    return this.#keeper.flow;
  }

  /**
   * A flow is gone: if it was the registration's, it registers anew, at once, or by the back-off of RFC 5626 §4.5 where
   * it had not held for long. For the `onFlowClosed` of the core; without it a break is noticed at the next keep-alive.
   */
  flowClosed(flow: Flow): void {
    this.#keeper.closed(flow);
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
    this.#keeper.stop();
    const before = this.#round;
    this.#round = (async () => {
      await before;
      // Closed meanwhile: not a word more.
      if (this.#state === "unregistering") await this.#ask(0).catch(() => {});
      this.#state = "ended";
      this.#granted = undefined;
    })();
    return this.#round;
  }

  /** Ends without a word; the binding stays until its time is over. */
  close(): void {
    this.#state = "ended";
    this.#keeper.stop();
    this.#options.stack.clock.clear(this.#timer);
  }

  #begin(): void {
    this.#options.stack.clock.clear(this.#timer);
    this.#again = false;
    this.#round = this.#run();
  }

  async #run(): Promise<void> {
    let outcome: Response | SipError;
    let granted: Granted | undefined;
    try {
      outcome = await this.#ask(this.#expires);
      const [contact] = this.#request.headers.get("Contact");
      if (outcome.statusClass === 2) granted = readGranted(outcome, contact as NameAddr, this.#expires);
    } catch (error) {
      outcome =
        error instanceof SipError ? error : new SipError("core_failed", String(error), { cause: error });
    }
    if (this.#state === "unregistering" || this.#state === "ended") return;
    this.#round = undefined;
    if (outcome instanceof SipError || !granted) this.#failed(outcome);
    else this.#registered(outcome, granted);
    if (this.#again && this.#isLive()) this.#begin();
  }

  #isLive(): boolean {
    return this.#state === "registered" || this.#state === "failed";
  }

  #registered(response: Response, granted: Granted): void {
    const { stack, keepAlive } = this.#options;
    const { flowTimer } = granted;
    this.#state = "registered";
    this.#granted = granted;
    this.#since = stack.clock.now();
    this.#failedBefore = this.#failures;
    this.#failures = 0;
    this.#keeper.keep(response.flow, flowTimer ?? keepAlive, flowTimer !== undefined);
    this.#wait(refreshAfter(granted, stack.timers.t1) * 1000);
    call(() => this.#options.onRegistered?.(response));
  }

  #failed(cause: Response | SipError): void {
    this.#state = "failed";
    // A stack that was closed is never opened again: to try would keep a process alive for nothing.
    const isFinal = cause instanceof SipError ? cause.code === "closed" : FINAL.includes(cause.status);
    if (isFinal) this.#granted = undefined;
    // The flow of what is bound still stands, where an answer has come that may be another one later (RFC 5626 §4.2.2).
    if (isFinal || cause instanceof SipError) this.#keeper.stop();
    const retry = isFinal ? undefined : Math.max(this.#pause(), retryAfter(cause));
    if (retry !== undefined) this.#wait(retry);
    call(() => this.#options.onFailed?.(cause, retry));
  }

  #pause(): number {
    const { random } = this.#options.stack;
    return backOff(++this.#failures, this.#siblings.othersStand(), random);
  }

  /** The flow broke. One that breaks again and again is a failure each time. */
  #lost(): void {
    if (this.#state !== "registered") return;
    // The refresh that is under way may be lost with it.
    const { clock, life } = this.#options.stack;
    if (this.#round) this.#again = true;
    // Where it was broken by the end of its stack, the next try says so, and is the last.
    else if (clock.now() - this.#since >= STABLE || life.phase === "closed") this.#begin();
    else {
      this.#failures = this.#failedBefore;
      this.#failed(new SipError("connection_closed", "the flow broke as soon as it was registered"));
    }
  }

  #wait(milliseconds: number): void {
    const { clock } = this.#options.stack;
    clock.clear(this.#timer);
    this.#timer = clock.set(() => this.#begin(), milliseconds);
  }

  /** Sends a REGISTER to the registrar, and to where that sends it, until one place takes it; or what the last has said. */
  async #ask(expires: number): Promise<Response> {
    let place: Place = this.#moved ?? { uri: this.#request.uri, send: this.#options.send, lasts: true };
    const detour = new Detour(this.#options, place);
    this.#moved = undefined;
    for (;;) {
      let response: Response | undefined;
      let failure: unknown;
      try {
        response = await this.#askAt(place, expires);
      } catch (error) {
        failure = error;
      }
      if (response?.statusClass === 2 && place.lasts) this.#moved = place;
      if (response && isRedirection(response)) detour.take(response, place);
      const next = response?.statusClass === 2 || this.#state === "ended" ? undefined : detour.next();
      if (next) place = next;
      else if (response) return response;
      else throw failure;
    }
  }

  /** Sends a REGISTER to one place, and what its challenges and its 423 ask for. */
  async #askAt(place: Place, expires: number): Promise<Response> {
    const { stack, credentials } = this.#options;
    const handlers = { onResponse() {}, onError() {} };
    let seconds = expires;
    let request = this.#ofNow(place, seconds);
    for (let left = MOST_REQUESTS; ; ) {
      request.headers.set("CSeq", new CSeq(this.#siblings.next(), "REGISTER"));
      const response = await answerTo(stack.send(request, { ...place.send, ...handlers }));
      const { status, headers } = response;
      let next: Request | undefined;
      if (--left > 0 && (status === 401 || status === 407))
        next = await credentials?.answer(request, response);
      // What it says of itself may be unreadable: the Contact is bound all the same.
      else if (status !== 401 && status !== 407) call(() => credentials?.learn(request, response));
      const least = status === 423 ? headers.get("Min-Expires") : undefined;
      if (left > 0 && least !== undefined && least > seconds && least <= LONGEST && seconds > 0) {
        seconds = least;
        this.#expires = least;
        next = this.#ofNow(place, least);
      }
      if (!next || this.#state === "ended") return response;
      request = next;
    }
  }

  /** A REGISTER that nobody has asked anything about yet. */
  #ofNow({ uri, proxy }: Place, seconds: number): Request {
    const request = this.#request.clone();
    if (uri !== request.uri) request.uri = uri;
    if (proxy) request.headers.set("Route", proxy);
    request.headers.set("Expires", String(seconds));
    call(() => this.#options.credentials?.authorize?.(request));
    return request;
  }
}

/** A client with one flow. */
function alone(callId: string): Siblings {
  let cseq = 0;
  return { callId, next: () => ++cseq, othersStand: () => false };
}

/** What it throws changes nothing: the registration goes on. Of callbacks it is said in RegistrationOptions. */
const call = (callback: () => unknown): void => guard(callback, () => {});
