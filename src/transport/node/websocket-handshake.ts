// The opening handshake of SIP over WebSocket on the server: who is let in, and the HTTP answer for who
// is not. The handshake itself is ws's.

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, TimerHandle } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { isToken, refuseUnsafe } from "../../message/escape.ts";

/** Why a handshake is refused: the HTTP status and header fields of the answer. */
export interface HandshakeRefusal {
  /** The HTTP status code, 300 to 599, for instance 401 with a `WWW-Authenticate` field (RFC 7118 §7) or 403. */
  readonly status: number;
  /** Header fields of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Decides on a handshake by its HTTP request: `Origin`, cookies, address. True lets it in, false
 * answers 403, a refusal what it says; a throw or rejection answers 500, as does a refusal that is no HTTP, and anything else.
 */
export type VerifyHandshake = (
  request: IncomingMessage,
) => boolean | HandshakeRefusal | Promise<boolean | HandshakeRefusal>;

/** True where the request offers the subprotocol `sip`, as RFC 7118 §4.1 demands. */
export function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers["sec-websocket-protocol"] ?? "";
  return offered.split(",").some((name) => name.trim() === "sip");
}

/** Answers a handshake with an HTTP error and closes its connection. */
export function refuse(stream: Duplex, { status, headers = {} }: HandshakeRefusal, text = ""): void {
  const reason = STATUS_CODES[status] ?? "Refused";
  const body = `${text || reason}\n`;
  const fields = {
    Connection: "close",
    "Content-Type": "text/plain",
    "Content-Length": `${Buffer.byteLength(body)}`,
  };
  const lines = Object.entries({ ...fields, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.on("error", ignore);
  stream.once("finish", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n${body}`);
}

/** How long a handshake may take: in whole milliseconds, of which Node counts no more than 31 bits, and 0 for ever. */
export function handshakeLimit({
  handshakeTimeout = 10_000,
}: {
  handshakeTimeout?: number | undefined;
}): number {
  return handshakeTimeout > 0x7fffffff ? 0 : Math.ceil(handshakeTimeout);
}

/** The handshakes that are being decided on. */
export class Handshakes {
  readonly #verify: VerifyHandshake | undefined;
  readonly #timeout: number;
  readonly #clock: Clock;
  readonly #onFault: (error: SipError) => void;
  readonly #pending = new Map<Duplex, TimerHandle>();

  constructor(options: {
    verify: VerifyHandshake | undefined;
    timeout: number;
    clock: Clock;
    onFault: (error: SipError) => void;
  }) {
    this.#verify = options.verify;
    this.#timeout = options.timeout;
    this.#clock = options.clock;
    this.#onFault = options.onFault;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Calls `accept` where the handshake is let in, at once if there is nothing to verify; else answers it. */
  async decide(request: IncomingMessage, stream: Duplex, accept: () => void): Promise<void> {
    if (!this.#verify) {
      accept();
      return;
    }
    const late = (): void => {
      if (this.#end(stream)) refuse(stream, { status: 503 });
    };
    const gone = (): void => {
      this.#end(stream);
    };
    this.#pending.set(stream, this.#timeout > 0 ? this.#clock.set(late, this.#timeout) : undefined);
    stream.on("error", ignore);
    stream.once("close", gone);
    let verdict: boolean | HandshakeRefusal;
    try {
      verdict = await this.#verify(request);
      if (typeof verdict !== "boolean") checkRefusal(verdict);
    } catch (cause) {
      this.#onFault(
        new SipError("core_failed", "the verify option threw, or gave no answer that is HTTP", { cause }),
      );
      verdict = { status: 500 };
    }
    stream.off("close", gone);
    // Nobody waits any more: it timed out, hung up, or the transport was closed.
    if (!this.#end(stream)) return;
    if (verdict === true) {
      stream.off("error", ignore);
      accept();
    } else refuse(stream, verdict === false ? { status: 403 } : verdict);
  }

  /** Hangs up on all of them. */
  close(): void {
    for (const stream of [...this.#pending.keys()]) {
      this.#end(stream);
      stream.destroy();
    }
  }

  #end(stream: Duplex): boolean {
    const timer = this.#pending.get(stream);
    if (timer !== undefined) this.#clock.clear(timer);
    return this.#pending.delete(stream);
  }
}

/**
 * Whoever returns nothing lets nobody in. And what a refusal says may be made of what the client has sent: a line end in it
 * would begin a header field, or a response, of the client's own (RFC 9112 §11.1).
 *
 * @throws SipError `value_unsafe`, `value_invalid`
 */
function checkRefusal({ status, headers = {} }: HandshakeRefusal): void {
  if (!Number.isInteger(status) || status < 300 || status > 599)
    throw new SipError("value_invalid", `not an HTTP status that refuses: ${status}`);
  for (const [name, value] of Object.entries(headers)) {
    if (!isToken(name))
      throw new SipError("value_invalid", `not a header field's name: ${JSON.stringify(name)}`);
    refuseUnsafe(value, name);
  }
}

function ignore(): void {}
