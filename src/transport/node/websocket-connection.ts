// One connection of the WebSocket server: a flow, its keep-alives, its send buffer's limit. Handshakes
// and the table of connections are the server's.

import { isUtf8 } from "node:buffer";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { SipError } from "../../errors.ts";
import { formatAddress } from "../address.ts";
import { frameKind, PONG } from "../keep-alive.ts";
import { failLater } from "../notify.ts";
import { socketError } from "../socket-error.ts";
import type { Address, Flow, SendFailed, Transport } from "../transport.ts";
import { closeWords } from "../websocket-like.ts";
import type { Holder } from "./held-limit.ts";
import { Pongs } from "./pongs.ts";

/** What a connection tells its server. */
export interface ConnectionOwner {
  onFrame(data: Uint8Array | string, connection: WebSocketConnection): void;
  /** A frame of nothing but CR, LF and NUL came; or what cannot be read, too large say: then the end comes as well. */
  onOther(kind: "ping" | "filler" | "fault"): void;
  /** A connection holds so many octets more, or fewer. */
  onHeld(octets: number): void;
  onEnd(connection: WebSocketConnection, error: SipError | undefined): void;
}

const PONG_OCTETS = Buffer.from(PONG);
/** A control frame is no longer, in octets (RFC 6455 §5.5), its head and mask included. */
const ALONE = 131;

export class WebSocketConnection implements Flow, Holder {
  readonly transport: Transport;
  readonly id: string;
  readonly local: Address;
  readonly remote: Address;
  held = 0;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #owner: ConnectionOwner;
  readonly #sendLimit: number;
  readonly #pauseLimit: number;
  readonly #pongs: Pongs = new Pongs((done) => {
    if (this.open) this.#send(PONG_OCTETS, () => {}, done);
  });
  /** What has come since the last whole message: each piece of one holds on to all that was read with it. */
  #begun = 0;
  /** What has come behind a pause. */
  readonly #behind: { data: RawData; isBinary: boolean }[] = [];
  #open = true;
  /** We have said that it is over; the peer may take its time to agree. */
  #closing = false;
  #alive = true;
  #corked = false;
  #error: SipError | undefined;

  constructor(options: {
    transport: Transport;
    id: string;
    local: Address;
    remote: Address;
    socket: WebSocket;
    stream: Duplex;
    owner: ConnectionOwner;
    sendLimit: number;
    pauseLimit: number;
  }) {
    const { socket } = options;
    this.transport = options.transport;
    this.id = options.id;
    this.local = options.local;
    this.remote = options.remote;
    this.#socket = socket;
    this.#stream = options.stream;
    this.#owner = options.owner;
    this.#sendLimit = options.sendLimit;
    this.#pauseLimit = options.pauseLimit;
    // Before ws sees it.
    this.#stream.prependListener("data", (data: Uint8Array) => {
      this.#begun += data.length;
      this.#note();
    });
    socket.on("message", (data, isBinary) => {
      this.#begun = 0;
      this.#note();
      this.#receive(data, isBinary);
    });
    socket.on("ping", () => this.#passOver());
    socket.on("pong", () => {
      this.#alive = true;
      this.#passOver();
    });
    socket.on("error", (cause) => {
      this.#owner.onOther("fault");
      this.#error ??= socketError(cause, this.#name);
    });
    socket.on("close", (code, reason) => {
      this.#end(
        this.#error ??
          new SipError("connection_closed", `${this.#name} was closed: ${closeWords(code, reason)}`),
      );
    });
  }

  get open(): boolean {
    return this.#open && !this.#closing;
  }

  send(data: Uint8Array, failed: SendFailed): void {
    if (!this.open) {
      failLater(failed, new SipError("connection_closed", `${this.#name} is closed`));
      return;
    }
    if (this.#socket.bufferedAmount > this.#sendLimit) {
      const error = new SipError("transport_failed", `${this.#name} does not read what it is sent`);
      failLater(failed, error);
      // Later, so that the caller does not hear of the flow's end from within its send.
      queueMicrotask(() => this.drop(error));
      return;
    }
    this.#send(data, failed);
  }

  #send(data: Uint8Array, failed: SendFailed, taken?: () => void): void {
    this.#cork();
    // A text frame that is not UTF-8 makes the peer drop the connection (RFC 6455 §8.1); RFC 7118 §4.2
    // has binary frames for such messages.
    this.#socket.send(data, { binary: !isUtf8(data) }, (error) => {
      this.#note();
      if (error) failed(socketError(error, `sending to ${this.#name}`));
      else {
        taken?.();
        if (this.#socket.isPaused) this.#taken();
      }
    });
    this.#note();
    // A client that does not read its responses gets no more requests in.
    if (this.#socket.bufferedAmount > this.#pauseLimit) this.#socket.pause();
  }

  /** Sends a ping, unless the last one is still unanswered: then the connection is dropped. */
  supervise(): void {
    if (!this.#alive) {
      this.drop(new SipError("connection_closed", `${this.#name} answers no pings`));
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  /** Closes with a handshake; the flow takes nothing more. The end of the handshake is told to the owner. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#closing = true;
    // What it answers to that has to be read.
    this.#socket.resume();
  }

  /** Ends the connection at once, without a handshake. */
  drop(error: SipError | undefined): void {
    this.#end(error);
    this.#socket.terminate();
    this.#note();
  }

  /** A control frame came: alone it is no part of a message. */
  #passOver(): void {
    if (this.#begun > ALONE) return;
    this.#begun = 0;
    this.#note();
  }

  /** Tells how much more it holds. */
  #note(): void {
    const more = (this.#open ? this.#begun + this.#socket.bufferedAmount : 0) - this.held;
    if (more === 0) return;
    this.held += more;
    this.#owner.onHeld(more);
  }

  get #name(): string {
    return `the WebSocket connection of ${formatAddress(this.remote.host, this.remote.port)}`;
  }

  /** It reads after all, which is as good as a pong: that could not be read. */
  #taken(): void {
    this.#alive = true;
    if (this.#socket.bufferedAmount > this.#pauseLimit) return;
    this.#socket.resume();
    while (!this.#socket.isPaused) {
      const next = this.#behind.shift();
      if (next === undefined) return;
      this.#receive(next.data, next.isBinary);
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.open) return;
    this.#alive = true;
    // It came in one piece with what was answered too much.
    if (this.#socket.isPaused) {
      this.#behind.push({ data, isBinary });
      return;
    }
    // ws gives one Buffer for a message whatever its frames were: its binaryType is "nodebuffer".
    const bytes = data as Buffer;
    const kind = frameKind(bytes);
    if (kind === "message") {
      this.#owner.onFrame(isBinary ? bytes : bytes.toString("utf8"), this);
      return;
    }
    this.#owner.onOther(kind);
    if (kind === "ping") this.#pongs.owe();
  }

  /** Gathers what is sent in one turn of the event loop into one write: more than twice as many messages per second. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    setImmediate(() => {
      this.#corked = false;
      this.#stream.uncork();
    });
  }

  #end(error: SipError | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#behind.length = 0;
    this.#note();
    this.#owner.onEnd(this, error);
  }
}
