// The in-memory network's record of what was sent, and how it is printed when a test fails.

/** One message as it went onto the in-memory network. */
export interface TraceEntry {
  /** When it was sent, by the network's clock. */
  readonly at: number;
  /** `host:port` of the sender. */
  readonly from: string;
  /** `host:port` it was sent to. */
  readonly to: string;
  /** That of the transport: UDP, TCP … */
  readonly protocol: string;
  /** The whole message; octets that are not UTF-8 show as U+FFFD. */
  readonly text: string;
  /** When each copy arrives: empty where it was lost, two where it was duplicated. */
  readonly arrives: readonly number[];
}

/** One line of the ladder: time, both ends, start line, CSeq, and what the network did to it. */
export function traceLine({ at, from, to, protocol, text, arrives }: TraceEntry): string {
  const end = text.indexOf("\r\n");
  const start = (end < 0 ? text : text.slice(0, end)).slice(0, 80);
  const cseq = /^CSeq[ \t]*:[ \t]*(\S+ \S+)/im.exec(text)?.[1];
  const fate = arrives.length === 0 ? "  ✗ lost" : arrives.map((time) => `  → ${Math.round(time)}`).join("");
  return `${String(Math.round(at)).padStart(8)} ms  ${from} → ${to}  ${protocol}  ${start}${cseq ? `  (${cseq})` : ""}${fate}`;
}

/** Keeps the last `limit` entries. */
export class Trace {
  readonly #limit: number;
  readonly #log: ((line: string) => void) | undefined;
  readonly #entries: TraceEntry[] = [];

  constructor(limit: number, log: ((line: string) => void) | undefined) {
    this.#limit = limit;
    this.#log = log;
  }

  add(entry: TraceEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
    this.#log?.(traceLine(entry));
  }

  get entries(): readonly TraceEntry[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
