// WebSocketLink: one W3C WebSocket from its opening to its end, its frames and its keep-alives. When to
// open another is the client transport's.

import type { Clock, TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Random } from "../random.ts";
import { frameKind, PING, PONG } from "./keep-alive.ts";
import { failLater } from "./notify.ts";
import type { SendFailed } from "./transport.ts";
import { closeWords, type WebSocketConstructor, type WebSocketLike } from "./websocket-like.ts";

/** Options of the keep-alive that a client sends. */
export interface KeepAliveOptions {
  /** The longest time between two pings in milliseconds; each is drawn from its last fifth (RFC 5626 §4.4.1). Default 25,000. */
  interval?: number | undefined;
  /**
   * How long the server may take to send anything after a ping, in milliseconds; 0 never minds. Default 10,000 (RFC
   * 5626 §4.4.1).
   */
  timeout?: number | undefined;
}

/** What a link tells its transport. `onEnd` is called once, and nothing after it: the socket may still be there, for `close`. */
export interface LinkOwner {
  onOpen(): void;
  onFrame(data: Uint8Array | string): void;
  /** What came is no message: a keep-alive, or nothing that says anything. */
  onOther(kind: "ping" | "filler"): void;
  onEnd(error: SipError): void;
}

export interface LinkOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly random: Random;
  readonly keepAlive: { readonly interval: number; readonly timeout: number } | undefined;
  readonly connectTimeout: number;
  readonly sendLimit: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class WebSocketLink {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #socket: WebSocketLike;
  #timer: TimerHandle | undefined;
  #state: "opening" | "open" | "ended" = "opening";
  #pinged = false;
  /** The socket has told of its end. */
  #gone = false;

  /** @throws whatever the WebSocket's constructor throws */
  constructor(url: string, options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    const socket = new options.WebSocket(url, ["sip"]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#receive(event.data);
    // An error event says nothing in browsers, and why elsewhere; the close event that follows it says a little. Node 22
    // has none for a connection that was never made.
    socket.onerror = (event) => {
      if (this.#state !== "opening") return;
      this.#gone = true;
      this.#end("transport_failed", `cannot connect to ${url}`, event?.error);
    };
    socket.onclose = (event) => {
      this.#gone = true;
      const { code = 1006, reason = "" } = event ?? {};
      if (this.#state === "opening") this.#end("transport_failed", `cannot connect to ${url}`);
      else this.#end("connection_closed", `the server closed the connection: ${closeWords(code, reason)}`);
    };
    const slow = (): void => this.#end("transport_failed", `no connection to ${url} in time`);
    if (options.connectTimeout > 0) this.#timer = options.clock.set(slow, options.connectTimeout);
  }

  /** Sends a message: text where it is UTF-8, binary otherwise (RFC 7118 §4.2). */
  send(data: Uint8Array<ArrayBuffer>, failed: SendFailed): void {
    try {
      this.#socket.send(textOf(data));
    } catch (cause) {
      failLater(failed, new SipError("transport_failed", "the WebSocket refused the message", { cause }));
      return;
    }
    this.#hold();
  }

  /** Holds a server that does not read to the limit. */
  #hold(): void {
    // Not `<=`: Cloudflare's have no bufferedAmount.
    if (!(this.#socket.bufferedAmount > this.#options.sendLimit)) return;
    // After the send, so that the caller never hears of the flow's end from within it.
    queueMicrotask(() => this.#end("transport_failed", "the server does not read what it is sent"));
  }

  /**
   * Ends the link at once for its owner, who hears nothing more; resolves when the socket is gone, or
   * when `timeout` milliseconds have passed.
   */
  close(timeout: number): Promise<void> {
    this.#state = "ended";
    const { clock } = this.#options;
    if (this.#timer !== undefined) clock.clear(this.#timer);
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (this.#gone) return resolve();
      const timer = clock.set(() => {
        // A class of ws's kind can hang up; a browser's does so by itself in the end.
        (socket as { terminate?: () => void }).terminate?.();
        resolve();
      }, timeout);
      socket.onclose = () => {
        clock.clear(timer);
        resolve();
      };
      // Not null: ws emits an error if it is closed while it connects, and throws it where nobody listens.
      socket.onerror = () => {};
      try {
        socket.close(1000);
      } catch {
        // Not every implementation takes a close while it connects.
      }
    });
  }

  #opened(): void {
    if (this.#state !== "opening") return;
    if (this.#socket.protocol !== "sip") {
      this.#end("transport_failed", "the server did not agree to the subprotocol sip");
      return;
    }
    this.#state = "open";
    if (this.#timer !== undefined) this.#options.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#schedulePing();
    this.#owner.onOpen();
  }

  #receive(data: unknown): void {
    if (this.#state !== "open") return;
    if (this.#pinged) {
      // Whatever comes proves that the server lives, not only a pong.
      this.#pinged = false;
      this.#schedulePing();
    }
    const frame =
      typeof data === "string" ? data : data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
    const kind = frame === undefined ? "filler" : frameKind(frame);
    if (kind === "message") {
      this.#owner.onFrame(frame as Uint8Array | string);
      return;
    }
    this.#owner.onOther(kind);
    if (kind === "ping") this.#sendText(PONG);
  }

  #schedulePing(): void {
    const { keepAlive, clock, random } = this.#options;
    if (!keepAlive) return;
    if (this.#timer !== undefined) clock.clear(this.#timer);
    const ping = (): void => {
      this.#timer = undefined;
      this.#sendText(PING);
      if (keepAlive.timeout <= 0) {
        this.#schedulePing();
        return;
      }
      this.#pinged = true;
      const silent = (): void => this.#end("connection_closed", "the server answers no keep-alives");
      this.#timer = clock.set(silent, keepAlive.timeout);
    };
    this.#timer = clock.set(ping, keepAlive.interval * (0.8 + 0.2 * random.fraction()));
  }

  #sendText(text: string): void {
    try {
      this.#socket.send(text);
      this.#hold();
    } catch {
      // A socket that is closing: its close event follows.
    }
  }

  #end(code: "transport_failed" | "connection_closed", text: string, cause?: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    if (this.#timer !== undefined) this.#options.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#owner.onEnd(new SipError(code, text, { cause }));
  }
}

function textOf(data: Uint8Array<ArrayBuffer>): string | Uint8Array<ArrayBuffer> {
  try {
    return utf8.decode(data);
  } catch {
    return data;
  }
}
