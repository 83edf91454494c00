// Congestion: a gate with three levels (RFC 3261 §21.5.4). What belongs to a call or transaction goes on as
// long as it can; what would be new is asked to come back later.

import type { TimerHandle } from "../clock.ts";
import type { Message } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import { RecentMap } from "../transport/recent-map.ts";
import { sourceOf } from "../transport/source.ts";
import type { Flow } from "../transport/transport.ts";
import { watch } from "../watch.ts";
import { type CongestionOptions, checkCongestion, type Thresholds } from "./congestion-options.ts";
import type { Gate, GateHost } from "./gate.ts";

export type { CongestionOptions, Thresholds } from "./congestion-options.ts";

/**
 * A gate for `new Stack({ gate: congestion() })`, of three levels:
 *
 * - 0: everything is let in.
 * - 1: new requests are refused, but for the essential ones.
 * - 2: all is refused but what continues a transaction or a dialog: ACK, CANCEL, responses, retransmissions,
 *   and requests whose To has a tag.
 *
 * The highest level that any of its three measures calls for counts; a level is left when the measure is a
 * fifth below its threshold. A refusal is a 503 with Retry-After that no transaction is made for. More messages
 * in one turn than `batch` wait in a queue, in order; nothing that waits is lost, but at the stack's close.
 *
 * @throws SipError `value_invalid` for a number that is none
 */
export function congestion(options: CongestionOptions = {}): Gate {
  return new Congestion(options);
}

interface Bucket {
  tokens: number;
  at: number;
}

class Congestion implements Gate {
  readonly #options: CongestionOptions;
  readonly #essential: ReadonlySet<string>;
  readonly #batch: number;
  readonly #queueLimit: number;
  readonly #sources: RecentMap<string, Bucket>;
  #host: GateHost | undefined;
  #level: 0 | 1 | 2 = 0;
  #delay = 0;
  #measuring: TimerHandle | undefined;
  #turn: TimerHandle | undefined;
  #taken = 0;
  #queue: { message: Message; flow: Flow }[] = [];
  #counts = { passed: 0, queued: 0, busy: 0, overloaded: 0, sources: 0, full: 0, dropped: 0 };

  constructor(options: CongestionOptions) {
    checkCongestion(options);
    this.#options = options;
    this.#essential = new Set(options.essential ?? ["REGISTER", "OPTIONS"]);
    this.#batch = options.batch ?? 256;
    this.#queueLimit = options.queueLimit ?? 10_000;
    this.#sources = new RecentMap(options.sourceLimit ?? 10_000);
  }

  /**
   * `passed`, `queued` (of those), refused at level 1 (`busy`), at level 2 (`overloaded`), for their source
   * (`sources`), for a full queue (`full`); `dropped`; and the `level`, `delay` and `queue` as they are.
   */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, level: this.#level, delay: this.#delay, queue: this.#queue.length };
  }

  /** It counts, measures and queues for one: of two stacks it would judge each by the other's load, and close both. */
  get taken(): boolean {
    return this.#host !== undefined;
  }

  open(host: GateHost): void {
    this.#host = host;
    this.#measure(host);
  }

  close(): void {
    const host = this.#host;
    this.#host = undefined;
    if (host && this.#measuring !== undefined) host.clock.clear(this.#measuring);
    if (host && this.#turn !== undefined) host.clock.clear(this.#turn);
    this.#turn = undefined;
    this.#taken = 0;
    this.#delay = 0;
    this.#counts.dropped += this.#queue.length;
    this.#queue = [];
  }

  receive(message: Message, flow: Flow): void {
    const host = this.#host;
    if (!host) return;
    if (message.kind === "request") {
      const reason = this.#reasonAgainst(message, flow, host);
      if (reason !== undefined) {
        this.#refuse(message, flow, host, reason);
        return;
      }
    }
    if (this.#queue.length === 0 && this.#taken < this.#batch) {
      this.#taken++;
      this.#counts.passed++;
      this.#watchTurn(host);
      host.pass(message, flow);
    } else if (this.#queue.length < this.#queueLimit) {
      this.#counts.queued++;
      this.#queue.push({ message, flow });
      this.#watchTurn(host);
      this.#setLevel(host);
    } else if (message.kind === "request" && message.method !== "ACK")
      this.#refuse(message, flow, host, "full");
    else this.#counts.dropped++;
  }

  #refuse(
    request: Request,
    flow: Flow,
    host: GateHost,
    reason: "busy" | "overloaded" | "sources" | "full",
  ): void {
    const { retryAfter = 5 } = this.#options;
    this.#counts[reason]++;
    host.refuse(request, flow, Math.ceil(retryAfter * (1 + host.random.fraction())));
  }

  #reasonAgainst(
    request: Request,
    flow: Flow,
    host: GateHost,
  ): "busy" | "overloaded" | "sources" | undefined {
    const { perSource } = this.#options;
    this.#setLevel(host);
    const level = this.#level;
    const refusing = level === 2 || (level === 1 && !this.#essential.has(request.method));
    if ((!refusing && perSource === undefined) || !host.isNew(request)) return undefined;
    if (refusing) return level === 2 ? "overloaded" : "busy";
    return perSource && !this.#draw(sourceOf(flow.remote.host), perSource, host) ? "sources" : undefined;
  }

  /** Takes a token of that source's bucket, which fills with time. */
  #draw(source: string, { rate, burst }: { rate: number; burst: number }, host: GateHost): boolean {
    const now = host.clock.now();
    let bucket = this.#sources.get(source);
    if (bucket === undefined) {
      bucket = { tokens: burst, at: now };
      this.#sources.set(source, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * rate) / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** After what has come in one turn of the runtime, the next turn takes what waits. */
  #watchTurn(host: GateHost): void {
    this.#turn ??= host.clock.set(() => {
      this.#turn = undefined;
      this.#taken = 0;
      const next = this.#queue.splice(0, this.#batch);
      if (this.#queue.length > 0) this.#watchTurn(host);
      for (const [at, { message, flow }] of next.entries()) {
        if (this.#host !== host) {
          this.#counts.dropped += next.length - at;
          return;
        }
        this.#taken++;
        this.#counts.passed++;
        host.pass(message, flow);
      }
    }, 0);
  }

  #measure(host: GateHost): void {
    const { interval = 100 } = this.#options;
    const due = host.clock.now() + interval;
    this.#measuring = host.clock.set(() => {
      // A single late turn counts at once, and is forgotten by and by.
      this.#delay = Math.max(host.clock.now() - due, this.#delay / 2);
      if (this.#delay < 1) this.#delay = 0;
      this.#setLevel(host);
      this.#measure(host);
    }, interval);
  }

  #setLevel(host: GateHost): void {
    const {
      transactions = [100_000, 200_000],
      delay = [100, 500],
      queue = [1000, 5000],
      onLevel,
    } = this.#options;
    const before = this.#level;
    const load = { transactions: host.transactions, delay: this.#delay, queue: this.#queue.length };
    const wanted = Math.max(
      levelOf(load.transactions, transactions, before),
      levelOf(load.delay, delay, before),
      levelOf(load.queue, queue, before),
    ) as 0 | 1 | 2;
    if (wanted === before) return;
    this.#level = wanted;
    try {
      watch(onLevel?.(wanted, load), () => {});
    } catch {
      // Who only watches must not change what happens.
    }
  }
}

/** A level that is reached is left a fifth below its threshold: on the edge there would be a change a message. */
function levelOf(value: number, [busy, overloaded]: Thresholds, before: number): number {
  if (value >= (before === 2 ? overloaded * 0.8 : overloaded)) return 2;
  return value >= (before >= 1 ? busy * 0.8 : busy) ? 1 : 0;
}
