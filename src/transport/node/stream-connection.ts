// StreamConnection: one TCP or TLS connection as a flow: its framer, its bounded queue, its keep-alives.
// Which connections there are is the transport's.

import type { Socket } from "node:net";
import type { TimerHandle } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { formatAddress, unmapIPv4 } from "../address.ts";
import { Framer, type FramerSink } from "../framer.ts";
import { PING, PONG } from "../keep-alive.ts";
import { failLater } from "../notify.ts";
import { socketError } from "../socket-error.ts";
import type { Address, Flow, SendFailed, Transport } from "../transport.ts";
import type { Holder } from "./held-limit.ts";
import { Pongs } from "./pongs.ts";
import type { StreamSettings } from "./stream-options.ts";

/** What a connection tells its transport. */
export interface StreamOwner {
  onFrame(data: Uint8Array, connection: StreamConnection): void;
  onPing(connection: StreamConnection): void;
  onFault(error: SipError, head: Uint8Array | undefined, connection: StreamConnection): void;
  /** A connection holds so many octets more, or fewer. */
  onHeld(octets: number): void;
  /** The flow takes and brings nothing more; its socket may still have something to write. */
  onEnd(connection: StreamConnection, error: SipError | undefined): void;
  /** The socket is gone. */
  onGone(connection: StreamConnection): void;
}

/** How long a pong may take where no option says it, in milliseconds (RFC 5626 §4.4.1). */
const PONG_TIME = 10_000;
const PING_OCTETS = Buffer.from(PING);
const PONG_OCTETS = Buffer.from(PONG);

export class StreamConnection implements Flow, FramerSink, Holder {
  readonly transport: Transport;
  readonly id: string;
  readonly remote: Address;
  /** The domain that the peer's certificate was checked for; undefined for connections that came in. */
  readonly domain: string | undefined;
  readonly socket: Socket;
  /** When something was last read or written. */
  active: number;
  held = 0;
  readonly #owner: StreamOwner;
  readonly #settings: StreamSettings;
  readonly #framer: Framer;
  readonly #pongs: Pongs = new Pongs((done) => {
    // A write behind the end is an error of the socket.
    if (this.#state === "open") this.#write(PONG_OCTETS, () => {}, done);
  });
  readonly #local: Address;
  #state: "connecting" | "open" | "ended" = "open";
  #waiting: { data: Uint8Array; failed: SendFailed }[] = [];
  #waitingSize = 0;
  #corked = false;
  #error: SipError | undefined;
  /** Connecting, then pinging, then lingering: never two at once. */
  #timer: TimerHandle | undefined;
  #awaitsPong = false;

  /** @param connects the socket's event that says that it stands, for one that was opened from here */
  constructor(options: {
    transport: Transport;
    remote: Address;
    domain?: string | undefined;
    socket: Socket;
    owner: StreamOwner;
    settings: StreamSettings;
    connects?: "connect" | "secureConnect";
  }) {
    const { socket, settings, remote } = options;
    this.transport = options.transport;
    this.id = settings.random.text(22);
    this.remote = remote;
    this.domain = options.domain;
    this.socket = socket;
    this.#owner = options.owner;
    this.#settings = settings;
    this.#framer = new Framer(this, settings);
    this.#local = localOf(socket) ?? options.transport.local;
    this.active = settings.clock.now();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on("data", (data) => this.#receive(data));
    socket.on("end", () => this.end(this.#closed("was closed by the peer")));
    socket.on("error", (cause) => {
      this.#error ??=
        this.#state === "connecting"
          ? socketError(cause, `${this.#name} cannot be opened`)
          : new SipError("connection_closed", `${this.#name} broke: ${cause.message}`, { cause });
      // Node tells of a peer that renegotiates too often, and leaves it at that.
      socket.destroy();
    });
    socket.on("close", () => {
      this.#ended(this.#error ?? this.#closed("was closed"));
      this.#setTimer(undefined, 0);
      this.#note();
      this.#owner.onGone(this);
    });
    if (options.connects !== undefined) this.#connect(options.connects);
  }

  get local(): Address {
    return localOf(this.socket) ?? this.#local;
  }

  get open(): boolean {
    return this.#state !== "ended";
  }

  send(data: Uint8Array, failed: SendFailed): void {
    const { socket } = this;
    if (this.#state === "ended") {
      failLater(failed, this.#closed("is closed"));
    } else if (this.#waitingSize + socket.writableLength > this.#settings.sendLimit) {
      // By what waits alone: else one large message, which a proxy may get from anybody, would cost everybody the connection.
      const error = new SipError("transport_failed", `${this.#name} does not take what it is sent`);
      failLater(failed, error);
      // Later, so that the caller does not hear of the flow's end from within its send.
      queueMicrotask(() => this.drop(error));
    } else if (this.#state === "connecting") {
      // Kept here, not in the socket: nothing may leave before the peer's certificate is checked.
      this.#waiting.push({ data, failed });
      this.#waitingSize += data.length;
      this.#note();
    } else this.#write(data, failed);
  }

  /** Writes what waits, then closes; the flow takes nothing more. One that does not stand yet has nothing to write. */
  end(error: SipError | undefined): void {
    if (this.#state === "ended") return;
    if (this.#state === "connecting") {
      this.drop(error);
      return;
    }
    this.#ended(error);
    const { socket } = this;
    // What still comes is read and dropped: unread, it would make the kernel reset the connection, and the
    // peer lose what was written last.
    socket.resume();
    socket.end();
    this.#setTimer(() => socket.destroy(), this.#settings.closeTimeout);
  }

  /** Ends the connection at once. */
  drop(error: SipError | undefined): void {
    this.#ended(error);
    this.socket.destroy();
    this.#note();
  }

  onFrame(data: Uint8Array): void {
    this.#owner.onFrame(data, this);
  }

  onKeepAlive(kind: "ping" | "pong"): void {
    if (kind === "pong") return;
    this.#owner.onPing(this);
    this.#pongs.owe();
  }

  onFault(error: SipError, head: Uint8Array | undefined): void {
    this.#owner.onFault(error, head, this);
    const why = `${this.#name} cannot be read on: ${error.message}`;
    this.end(new SipError("connection_closed", why, { cause: error }));
  }

  get #name(): string {
    const { host, port } = this.remote;
    return `the ${this.transport.protocol} connection with ${formatAddress(host, port)}`;
  }

  #closed(how: string): SipError {
    return new SipError("connection_closed", `${this.#name} ${how}`);
  }

  #connect(event: "connect" | "secureConnect"): void {
    this.#state = "connecting";
    const { connectTimeout } = this.#settings;
    const late = (): void =>
      this.drop(new SipError("transport_failed", `${this.#name} did not stand in ${connectTimeout} ms`));
    if (connectTimeout > 0 && connectTimeout < Infinity) this.#setTimer(late, connectTimeout);
    this.socket.once(event, () => {
      if (this.#state !== "connecting") return;
      this.#state = "open";
      this.active = this.#settings.clock.now();
      this.#waitingSize = 0;
      for (const { data, failed } of this.#waiting.splice(0)) this.#write(data, failed);
      this.#schedulePing();
    });
  }

  #write(data: Uint8Array, failed: SendFailed, taken?: () => void): void {
    const { socket } = this;
    this.active = this.#settings.clock.now();
    // Gathers what is sent in one turn of the event loop into one write.
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      setImmediate(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    const { pauseLimit } = this.#settings;
    socket.write(data, (error) => {
      this.#note();
      if (error) failed(this.#error ?? socketError(error, `sending on ${this.#name}`));
      // Not on "drain", which a socket does not tell that had less to write than its own mark.
      else {
        taken?.();
        if (socket.isPaused()) this.#taken();
      }
    });
    this.#note();
    // A peer that does not read its responses gets no more requests in, those that are read already not either.
    if (socket.writableLength <= pauseLimit) return;
    socket.pause();
    this.#framer.pause();
  }

  /** Pings the peer, who has to answer. */
  ping(): void {
    if (this.#state !== "open") return;
    this.send(PING_OCTETS, () => {});
    if (!this.#awaitsPong) this.#awaitPong(PONG_TIME);
  }

  /** Whatever comes proves that the peer lives, not only a pong. */
  #awaitPong(time: number): void {
    this.#awaitsPong = true;
    this.#setTimer(() => {
      if (this.#awaitsPong) this.drop(this.#closed("answers no keep-alives"));
      else this.#schedulePing();
    }, time);
  }

  /** Its peer reads after all, which is as good as a pong: that could not be read. */
  #taken(): void {
    this.#awaitsPong = false;
    if (this.socket.writableLength > this.#settings.pauseLimit) return;
    this.socket.resume();
    this.#framer.resume();
    this.#note();
  }

  #receive(data: Uint8Array): void {
    if (this.#state !== "open") return;
    this.active = this.#settings.clock.now();
    this.#awaitsPong = false;
    this.#framer.push(data);
    this.#note();
  }

  /** Tells how much more it holds. What a socket that is gone has not written is let go of. */
  #note(): void {
    const waits = this.socket.destroyed ? 0 : this.#waitingSize + this.socket.writableLength;
    const more = this.#framer.held + waits - this.held;
    if (more === 0) return;
    this.held += more;
    this.#owner.onHeld(more);
  }

  /** Sets the timer for the next ping of its own, where there is one: who has called pings for itself. */
  #schedulePing(): void {
    this.#setTimer(undefined, 0);
    const { keepAlive, random } = this.#settings;
    if (keepAlive === undefined || this.domain === undefined) return;
    const ping = (): void => {
      this.send(PING_OCTETS, () => {});
      this.#awaitPong(keepAlive.timeout);
    };
    this.#setTimer(ping, keepAlive.interval * (0.8 + 0.2 * random.fraction()));
  }

  #ended(error: SipError | undefined): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    // What could not be written fails by the reason why the connection was given up.
    this.#error ??= error;
    this.#framer.stop();
    this.#setTimer(undefined, 0);
    this.#waitingSize = 0;
    const why = error ?? new SipError("closed", "the transport was closed");
    for (const { failed } of this.#waiting.splice(0)) failLater(failed, why);
    this.#owner.onEnd(this, error);
  }

  #setTimer(callback: (() => void) | undefined, delay: number): void {
    const { clock } = this.#settings;
    if (this.#timer !== undefined) clock.clear(this.#timer);
    this.#timer = callback && clock.set(callback, delay);
  }
}

function localOf({ localAddress, localPort }: Socket): Address | undefined {
  if (localAddress === undefined || localPort === undefined) return undefined;
  return { host: unmapIPv4(localAddress), port: localPort };
}
