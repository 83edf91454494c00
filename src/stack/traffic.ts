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

export class TrafficCounter {
  /** By way and protocol: "received UDP". */
  readonly #tallies = new Map<string, Map<string, number>>();

  received(message: Message, protocol: string): void {
    this.#count(
      `received ${protocol}`,
      message.kind === "request" ? message.method : classOf(Math.floor(message.status / 100)),
    );
  }

  /** Told from the first octets alone: what is sent again has no message any more. */
  sent(data: Uint8Array, protocol: string): void {
    const end = data.indexOf(SP);
    const kind =
      data[3] === SLASH ? classOf(data[8]! - 48) : String.fromCharCode(...data.subarray(0, end & 31));
    this.#count(`sent ${protocol}`, kind);
  }

  /** A copy. */
  get counts(): Traffic {
    const counts: Record<string, { received: Tally; sent: Tally }> = {};
    for (const [key, tally] of this.#tallies) {
      const [way, protocol = ""] = key.split(" ");
      counts[protocol] ??= { received: {}, sent: {} };
      counts[protocol][way as "received" | "sent"] = Object.fromEntries(tally);
    }
    return counts;
  }

  #count(key: string, kind: string): void {
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = new Map();
      this.#tallies.set(key, tally);
    }
    // Methods are the peers' to choose: a table of them must not be theirs to fill.
    const name = tally.has(kind) || (tally.size < MOST && kind.length <= LONGEST) ? kind : "other";
    tally.set(name, (tally.get(name) ?? 0) + 1);
  }
}

function classOf(hundreds: number): string {
  return `${hundreds}xx`;
}
