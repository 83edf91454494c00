// Traffic: how many messages went each way, by transport and by what they were.

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

type Tallies = Map<string, Map<string, number>>;

export class TrafficCounter {
  /** Each by protocol. */
  readonly #received: Tallies = new Map();
  readonly #sent: Tallies = new Map();

  received(message: Message, protocol: string): void {
    const kind = message.kind === "request" ? message.method : classOf(Math.floor(message.status / 100));
    count(this.#received, protocol, kind);
  }

  /** Told from the first octets alone: what is sent again has no message any more. */
  sent(data: Uint8Array, protocol: string): void {
    const end = data.indexOf(SP);
    const kind =
      data[3] === SLASH ? classOf(data[8]! - 48) : String.fromCharCode(...data.subarray(0, end & 31));
    count(this.#sent, protocol, kind);
  }

  /** A copy. */
  get counts(): Traffic {
    const counts: Record<string, { received: Tally; sent: Tally }> = {};
    for (const way of ["received", "sent"] as const) {
      for (const [protocol, tally] of way === "sent" ? this.#sent : this.#received) {
        counts[protocol] ??= { received: {}, sent: {} };
        counts[protocol][way] = Object.fromEntries(tally);
      }
    }
    return counts;
  }
}

function count(tallies: Tallies, protocol: string, kind: string): void {
  let tally = tallies.get(protocol);
  if (!tally) {
    tally = new Map();
    tallies.set(protocol, tally);
  }
  // Methods are the peers' to choose: a table of them must not be theirs to fill.
  const known = tally.get(kind);
  if (known !== undefined || (tally.size < MOST && kind.length <= LONGEST)) tally.set(kind, (known ?? 0) + 1);
  else tally.set("other", (tally.get("other") ?? 0) + 1);
}

/** Constants: text that is made for each message has to be hashed for each. */
const CLASSES = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx"];

function classOf(hundreds: number): string {
  return CLASSES[hundreds] ?? `${hundreds}xx`;
}
