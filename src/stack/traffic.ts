// Traffic: how many messages went each way, by transport and by what they were.

import { apart, binaryFrom } from "../core/text.ts";
import { METHODS } from "../core/words.ts";
import type { Message } from "../message/parse.ts";

/** Messages of one transport, one way: by method for requests, by class ("2xx") for responses. */
export type Tally = Readonly<Record<string, number>>;

/** Traffic by the transports' protocols ("UDP"), each way. Past 64 methods any other is counted as "other", and long ones are. */
export type Traffic = Readonly<Record<string, { readonly received: Tally; readonly sent: Tally }>>;

const MOST = 64;
/** A longer method is counted as "other". */
const LONGEST = 32;
const SP = 32;
const SLASH = 47;
const ZERO = 48;

/** Counted in place: to set a number in a map for each message takes longer. */
interface Count {
  of: number;
}

/** The counts of one protocol, one way. */
class Counts {
  /** Responses, by the first digit of their status. */
  readonly classes: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  readonly methods: Map<string, Count> = new Map();

  request(method: string): void {
    const count = this.methods.get(method) ?? this._begin(method);
    count.of++;
  }

  response(digit: number): void {
    this.classes[digit]!++;
  }

  get tally(): Tally {
    const classes = this.classes.map((count, digit) => [`${digit}xx`, count] as const);
    const methods = [...this.methods].map(([method, { of }]) => [method, of] as const);
    return Object.fromEntries([...classes.filter(([, count]) => count > 0), ...methods]);
  }

  /** Methods are the peers' to choose: a table of them must not be theirs to fill. */
  private _begin(method: string): Count {
    const room = this.methods.size < MOST && method.length <= LONGEST;
    const name = room ? apart(method) : "other";
    const count = this.methods.get(name) ?? { of: 0 };
    this.methods.set(name, count);
    return count;
  }
}

export class TrafficCounter {
  /** Each by protocol. */
  readonly #received: Map<string, Counts> = new Map();
  readonly #sent: Map<string, Counts> = new Map();

  received(message: Message, protocol: string): void {
    const counts = countsOf(this.#received, protocol);
    if (message.kind === "request") counts.request(message.method);
    else counts.response(Math.floor(message.status / 100));
  }

  /** Told from the first octets alone: what is sent again has no message any more. */
  sent(data: Uint8Array, protocol: string): void {
    const counts = countsOf(this.#sent, protocol);
    if (data[3] === SLASH) counts.response(data[8]! - ZERO);
    else counts.request(methodOf(data));
  }

  /** A copy. */
  get counts(): Traffic {
    const counts: Record<string, { received: Tally; sent: Tally }> = {};
    for (const way of ["received", "sent"] as const) {
      for (const [protocol, { tally }] of way === "sent" ? this.#sent : this.#received) {
        counts[protocol] ??= { received: {}, sent: {} };
        counts[protocol][way] = tally;
      }
    }
    return counts;
  }
}

function countsOf(table: Map<string, Counts>, protocol: string): Counts {
  let counts = table.get(protocol);
  if (counts === undefined) {
    counts = new Counts();
    table.set(protocol, counts);
  }
  return counts;
}

/** The method that a message begins with: a usual one is not put together again. */
function methodOf(data: Uint8Array): string {
  const usual = USUAL.get(mark(data));
  if (usual !== undefined && begins(data, usual)) return usual;
  return binaryFrom(data.subarray(0, data.indexOf(SP)));
}

function begins(data: Uint8Array, method: string): boolean {
  for (let i = 3; i < method.length; i++) if (data[i] !== method.charCodeAt(i)) return false;
  return data[method.length] === SP;
}

/** What the usual methods differ in. */
function mark(data: ArrayLike<number>): number {
  return (data[0]! << 16) | (data[1]! << 8) | data[2]!;
}

const USUAL: ReadonlyMap<number, string> = new Map(
  METHODS.filter((name) => name !== "").map((name) => [mark([...name].map((c) => c.charCodeAt(0))), name]),
);
