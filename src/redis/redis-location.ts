// RedisLocation: the location service of many machines, in Redis. Updates are optimistic: bindings are read, changed
// here, and written if nobody else has written meanwhile. Every wait has an end, and every failure is a 503.

import { type Clock, systemClock } from "../clock.ts";
import { checkNumbers, need } from "../demands.ts";
import { SipError } from "../errors.ts";
import type { Binding, BindingChange, LocationService } from "../registrar/location.ts";
import { guard } from "../watch.ts";
import type { RedisClient } from "./client.ts";
import { REPLACE, readBindings } from "./stored.ts";

/** What a location service in Redis is made of. */
export interface RedisLocationOptions {
  /** Connected, and closed, by its owner; one that reconnects by itself, as `createClient` makes them. */
  readonly client: RedisClient;
  /** What keys begin with; the address-of-record follows. Default "sippet:". */
  readonly prefix?: string | undefined;
  /** The longest wait for Redis of one `find` or `update`, in milliseconds. Default 2000. */
  readonly timeout?: number | undefined;
  /**
   * How long an address-of-record without bindings stays known, in milliseconds: "not here now" (480) rather than
   * "unknown" (404). Default a day.
   */
  readonly remember?: number | undefined;
  /** Most commands that may be without an answer at once; more fail at once. Default 10 000. */
  readonly limit?: number | undefined;
  /** Told of what the client tells of (a lost connection, each failed reconnection), and of commands that failed. */
  readonly onError?: ((error: Error) => void) | undefined;
  /** Times waits. The runtime's unless told otherwise. */
  readonly clock?: Clock | undefined;
  /** The time in milliseconds since 1970, alike on all machines. Default Date.now. */
  readonly now?: (() => number) | undefined;
}

const DAY = 86_400_000;

/**
 * Bindings in Redis: shared by all machines that have the same `prefix` there. `find` and `update` reject with a
 * SipError `transport_failed`, status 503, where Redis is not connected, does not answer in time, or refuses; they work
 * again when it is back. What such an update was to write may be written nevertheless. An `update` gives false where Redis is full
 * (`maxmemory`).
 */
export class RedisLocation implements LocationService {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #timeout: number;
  readonly #remember: number;
  readonly #limit: number;
  readonly #onError: (error: Error) => void;
  readonly #clock: Clock;
  readonly #now: () => number;
  /** The last update of each address-of-record that is under way. */
  readonly #turns: Map<string, Promise<boolean>> = new Map();
  #pending = 0;

  /**
   * Takes a client that is connected, or will be.
   * @throws SipError `value_invalid` without `client`, and for a number that is none
   */
  constructor(options: RedisLocationOptions) {
    need("RedisLocation", options, "client");
    checkNumbers(options, 0, "timeout", "remember");
    checkNumbers(options, 1, "limit");
    this.#client = options.client;
    this.#prefix = options.prefix ?? "sippet:";
    this.#timeout = options.timeout ?? 2000;
    this.#remember = options.remember ?? DAY;
    this.#limit = options.limit ?? 10_000;
    this.#clock = options.clock ?? systemClock;
    this.#now = options.now ?? Date.now;
    const { onError } = options;
    // An error handler that throws has nobody left to be reported to.
    this.#onError = (error) =>
      guard(
        () => onError?.(error),
        () => {},
      );
    // Without a listener the client's first lost connection would end the process.
    this.#client.on("error", this.#onError);
  }

  /** The time in milliseconds since 1970. */
  now(): number {
    return this.#now();
  }

  /** How many commands are without an answer. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * As LocationService. Rejects with SipError `transport_failed`, status 503, and `core_failed`, status 500, for a key that
   * something else has written, and a client that gives no text.
   */
  async find(aor: string): Promise<readonly Binding[] | undefined> {
    const key = this.#prefix + aor;
    const text = await this.#get(key, this.#deadline());
    return text === "" ? undefined : this.#live(readBindings(key, text));
  }

  /**
   * As LocationService. Rejects with SipError `transport_failed`, status 503, and `core_failed`, status 500, for a key that
   * something else has written, and a client that gives no text.
   */
  async update(aor: string, change: BindingChange): Promise<boolean> {
    const key = this.#prefix + aor;
    const deadline = this.#deadline();
    // One after the other within this machine: else many at once would each lose against all others.
    const before = this.#turns.get(key);
    const turn = (async () => {
      if (before) await before.catch(() => {});
      return this.#change(key, change, deadline);
    })();
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  async #change(key: string, change: BindingChange, deadline: number): Promise<boolean> {
    for (let held = await this.#get(key, deadline); ; ) {
      const next = change(held === "" ? [] : this.#live(readBindings(key, held)));
      if (!next || (held === "" && next.length === 0)) return true;
      const written = JSON.stringify(next);
      if (written === held) return true;
      const life = this.#lifeOf(next);
      const answer = await this.#ask(
        () => this.#client.eval(REPLACE, { keys: [key], arguments: [held, written, String(life)] }),
        deadline,
      );
      if (answer === FULL) return false;
      if (answer === 1) return true;
      // Another machine was faster: each round that one of us loses is one that another has won.
      held = textOf(answer);
    }
  }

  async #get(key: string, deadline: number): Promise<string> {
    return textOf((await this.#ask(() => this.#client.get(key), deadline)) ?? "");
  }

  #live(bindings: readonly Binding[]): readonly Binding[] {
    const now = this.#now();
    return bindings.filter(({ expires }) => expires > now);
  }

  /** How long a key with these bindings stays: whole milliseconds, one at least, as Redis wants them. */
  #lifeOf(bindings: readonly Binding[]): number {
    const last = bindings.reduce((longest, { expires }) => Math.max(longest, expires - this.#now()), 0);
    return Math.min(Math.max(1, Math.ceil(last + this.#remember)), Number.MAX_SAFE_INTEGER);
  }

  #deadline(): number {
    return this.#clock.now() + this.#timeout;
  }

  /** Does one command; the wait for it ends at `deadline`, whatever becomes of it. */
  #ask(command: () => PromiseLike<unknown>, deadline: number): Promise<unknown> {
    const left = deadline - this.#clock.now();
    if (this.#client.isReady === false) return Promise.reject(unreachable("Redis is not connected"));
    if (left <= 0) return Promise.reject(unreachable(`no turn at Redis within ${this.#timeout} ms`));
    if (this.#pending >= this.#limit) return Promise.reject(unreachable("Redis owes too many answers"));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.set(() => {
        const late = unreachable(`no answer of Redis within ${this.#timeout} ms`);
        this.#onError(late);
        reject(late);
      }, left);
      const end = (): void => {
        this.#pending--;
        this.#clock.clear(timer);
      };
      this.#pending++;
      // Async, so that a client that throws is one that rejects.
      (async () => command())().then(
        (answer) => {
          end();
          resolve(answer);
        },
        (cause: unknown) => {
          end();
          const message = cause instanceof Error ? cause.message : String(cause);
          if (OUT_OF_MEMORY.test(message)) return resolve(FULL);
          const failed = unreachable(`Redis: ${message}`, cause);
          this.#onError(failed);
          reject(failed);
        },
      );
    });
  }
}

/** Redis has no room left. */
const FULL = Symbol("full");
/** What says so; before version 7 it stands in an error of the script. */
const OUT_OF_MEMORY = /^OOM |^ERR .*-OOM /;

/** @throws SipError `core_failed` (500) for what is no text: a client may be told to give octets */
function textOf(answer: unknown): string {
  if (typeof answer === "string") return answer;
  throw new SipError("core_failed", `the client of Redis gives ${typeof answer} for text`, { status: 500 });
}

function unreachable(message: string, cause?: unknown): SipError {
  return new SipError("transport_failed", message, { status: 503, cause });
}
