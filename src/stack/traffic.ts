// Traffic: how many messages went each way, by transport and by what they were.

import type { Message } from "../message/parse.ts";

/** Messages of one transport, one way: by method for requests, by class ("2xx") for responses. */
export type Tally = Readonly<Record<string, number>>;

/** Traffic by the transports' protocols ("UDP"), each way. Methods that no RFC has are counted as "other". */
export type Traffic = Readonly<Record<string, { readonly received: Tally; readonly sent: Tally }>>;

const METHODS = [
  ...["ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS"],
  ...["PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE", "UPDATE"],
] as const;
const KNOWN: ReadonlySet<string> = new Set(METHODS);
/** By the first three octets, which tell them apart. */
const BY_START: ReadonlyMap<number, string> = new Map(
  METHODS.map((method) => [
    startOf(method.charCodeAt(0), method.charCodeAt(1), method.charCodeAt(2)),
    method,
  ]),
);
const SP = 32;
const SLASH = 47;

function startOf(a: number, b: number, c: number): number {
  return (a << 16) | (b << 8) | c;
}

/** Whether the method, of which the first three octets are known to be there, stands at the start. */
function begins(data: Uint8Array, method: string): boolean {
  for (let at = 3; at < method.length; at++) if (data[at] !== method.charCodeAt(at)) return false;
  return data[method.length] === SP;
}

type Counts = Record<string, number>;

export class TrafficCounter {
  readonly #byProtocol = new Map<string, { received: Counts; sent: Counts }>();

  received(message: Message, protocol: string): void {
    const { received } = this.#of(protocol);
    const kind =
      message.kind === "response"
        ? `${Math.floor(message.status / 100)}xx`
        : KNOWN.has(message.method)
          ? message.method
          : "other";
    received[kind] = (received[kind] ?? 0) + 1;
  }

  /** Told from the first octets alone: what is sent again has no message any more. */
  sent(data: Uint8Array, protocol: string): void {
    const { sent } = this.#of(protocol);
    let kind = "other";
    if (data[3] === SLASH) kind = `${data[8]! - 48}xx`;
    else {
      const method = BY_START.get(startOf(data[0]!, data[1]!, data[2]!));
      if (method !== undefined && begins(data, method)) kind = method;
    }
    sent[kind] = (sent[kind] ?? 0) + 1;
  }

  /** A copy. */
  get counts(): Traffic {
    const copy: Record<string, { received: Tally; sent: Tally }> = {};
    for (const [protocol, { received, sent }] of this.#byProtocol) {
      copy[protocol] = { received: { ...received }, sent: { ...sent } };
    }
    return copy;
  }

  #of(protocol: string): { received: Counts; sent: Counts } {
    let counts = this.#byProtocol.get(protocol);
    if (counts === undefined) {
      counts = { received: {}, sent: {} };
      this.#byProtocol.set(protocol, counts);
    }
    return counts;
  }
}
