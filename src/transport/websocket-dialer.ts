// WebSocketDialer: keeps a client connected to its server: one link at a time, a flow for each
// connection, back-off between attempts.

import { type Clock, systemClock, type TimerHandle } from "../clock.ts";
import { checkNumbers } from "../demands.ts";
import { SipError } from "../errors.ts";
import { defaultRandom, type Random } from "../random.ts";
import { formatAddress, parseAddress, unbracketed } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { DialerFlow } from "./dialer-flow.ts";
import { NetworkWatch } from "./network-watch.ts";
import { deliver, failLater, report, tellClosed } from "./notify.ts";
import { SendQueue } from "./send-queue.ts";
import type { Address, Flow, SendFailed, TransportReceiver } from "./transport.ts";
import type { ConnectionState, WebSocketOptions, WebSocketTransport } from "./websocket-client.ts";
import { constructorOf } from "./websocket-like.ts";
import { type LinkOptions, WebSocketLink } from "./websocket-link.ts";
import { parseWebSocketUrl } from "./websocket-url.ts";

/** A connection that has held for so long, in milliseconds, ends a row of failures. */
const LONG = 5000;

export class WebSocketDialer implements WebSocketTransport {
  readonly protocol: string;
  readonly reliable: boolean = true;
  readonly secure: boolean;
  readonly framed: boolean = true;
  /** The `.invalid` name: a page does not know its address. The port is 0. */
  readonly local: Address;
  readonly sentBy: string;

  readonly #options: WebSocketOptions;
  readonly #linkOptions: LinkOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order of preference. */
  readonly #servers: readonly URL[];
  /** Which of them is tried. */
  #server = 0;
  readonly #backoff: Backoff;
  readonly #queue: SendQueue;
  #state: ConnectionState = "disconnected";
  readonly #counts = { opened: 0, failed: 0, pings: 0, fillers: 0 };
  /** When the last connection was made. */
  #since = 0;
  #receiver: TransportReceiver | undefined;
  #flow: DialerFlow;
  #link: WebSocketLink | undefined;
  /** The end of the sockets that were let go of. */
  #leaving: Promise<unknown> | undefined;
  #retry: TimerHandle | undefined;
  #network: NetworkWatch | undefined;
  #settleStart: ((error: SipError | undefined) => void) | undefined;
  /** Set before anybody is told of the end, who might begin anew. */
  #over = false;
  #closing: Promise<void> | undefined;

  constructor(options: WebSocketOptions) {
    this.#servers = [options.url].flat().map(parseWebSocketUrl);
    const url = this.#servers[0] ?? parseWebSocketUrl("");
    const { clock = systemClock, random = defaultRandom, reconnect = true, keepAlive = false } = options;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.secure = url.protocol === "wss:";
    this.protocol = this.secure ? "WSS" : "WS";
    if (this.#servers.some((each) => each.protocol !== url.protocol)) {
      throw new SipError("uri_invalid", "not all ws: or all wss:");
    }
    const { host, port } = parseAddress(options.advertise ?? `${hostLabel(random)}.invalid`);
    this.sentBy = formatAddress(host, port);
    this.local = { host: this.sentBy, port: 0 };
    checkNumbers(options, 0, "queueLimit", "queueTimeout", "sendLimit", "connectTimeout", "closeTimeout");
    const again = reconnect === true ? {} : reconnect || { attempts: 0 };
    checkNumbers(again, 0, "baseDelay", "maxDelay", "attempts");
    this.#backoff = new Backoff(again, random);
    const { queueLimit: limit = 256, queueTimeout: maxAge = 32_000 } = options;
    this.#queue = new SendQueue({ limit, maxAge, clock });
    const wanted = keepAlive === true ? {} : keepAlive;
    checkNumbers(wanted || {}, 1, "interval");
    checkNumbers(wanted || {}, 0, "timeout");
    this.#linkOptions = {
      WebSocket: constructorOf(options.WebSocket),
      clock,
      random,
      keepAlive: wanted
        ? { interval: wanted.interval ?? 25_000, timeout: wanted.timeout ?? 10_000 }
        : undefined,
      connectTimeout: options.connectTimeout ?? 10_000,
      sendLimit: options.sendLimit ?? 1024 * 1024,
    };
    this.#flow = this.#newFlow();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get counts(): Readonly<Record<string, number>> {
    return { connections: Number(this.#state === "connected"), ...this.#counts, waiting: this.#queue.size };
  }

  start(receiver: TransportReceiver): Promise<void> {
    if (this.#receiver || this.#over) {
      return Promise.reject(new SipError("closed", "a WebSocket transport starts once"));
    }
    this.#receiver = receiver;
    const { network } = this.#options;
    if (network) this.#network = new NetworkWatch(network, () => this.#networkChanged());
    return new Promise((resolve, reject) => {
      this.#settleStart = (error) => (error ? reject(error) : resolve());
      this.#dial();
    });
  }

  flow(_remote: Address): Flow | undefined {
    if (!this.#receiver) return undefined;
    this.#flow.known = true;
    return this.#flow;
  }

  flowById(id: string): Flow | undefined {
    return this.#receiver && this.#flow.open && this.#flow.id === id ? this.#flow : undefined;
  }

  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.#over) failLater(failed, new SipError("closed", "the WebSocket transport is closed"));
    else if (flow !== this.#flow || !flow.open) failLater(failed, disconnected());
    else if (this.#state === "connected") this.#link?.send(data, failed);
    else if (this.#state === "connecting" || this.#mayWait) this.#queue.add(data, failed);
    else failLater(failed, disconnected());
  }

  reconnect(): void {
    if (!this.#receiver || this.#over || this.#state === "connecting") return;
    this.#backoff.reset();
    this.#server = 0;
    if (this.#link) {
      this.#leave();
      this.#endFlow(new SipError("connection_closed", "the connection was given up for a new one"));
      // Who heard of that has closed this, or begun anew.
      if (this.#state !== "connected") return;
    }
    if (!this.#flow.open) this.#flow = this.#newFlow();
    this.#dial();
  }

  close(): Promise<void> {
    this.#over = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#leave();
    this.#network?.stop();
    this.#cancelRetry();
    const closed = new SipError("closed", "the WebSocket transport was closed");
    this.#queue.fail(closed);
    if (this.#receiver) this.#endFlow(undefined);
    if (this.#state !== "disconnected") this.#tell("disconnected", undefined);
    this.#settle(closed);
    this.#receiver = undefined;
    await this.#leaving;
  }

  #leave(): void {
    const end = this.#link?.close(this.#options.closeTimeout ?? 1000);
    this.#link = undefined;
    if (end) this.#leaving = Promise.all([this.#leaving, end]);
  }

  get #mayWait(): boolean {
    return this.#options.whileDisconnected === "wait";
  }

  #dial(): void {
    this.#cancelRetry();
    if (this.#state !== "connecting") this.#tell("connecting", undefined);
    // The user's onState may have closed the transport.
    if (this.#over) return;
    const { href } = this.#servers[this.#server] as URL;
    this.#flow.remote = this.#remote;
    try {
      this.#link = new WebSocketLink(href, this.#linkOptions, {
        onOpen: () => this.#connected(),
        onFrame: (data) => this.#receiver && deliver(this.#receiver, data, this.#flow),
        onOther: (kind) => void this.#counts[`${kind}s`]++,
        onEnd: (error) => this.#disconnected(error),
      });
    } catch (cause) {
      const error = new SipError("transport_failed", `cannot connect to ${href}`, { cause });
      // The constructor threw within our caller, who may be start: as if the attempt had taken its time.
      queueMicrotask(() => this.#disconnected(error));
    }
  }

  #connected(): void {
    this.#since = this.#clock.now();
    this.#counts.opened++;
    this.#flow.known = true;
    const link = this.#link;
    this.#queue.flush((data, failed) => link?.send(data, failed));
    this.#tell("connected", undefined);
    this.#settle(undefined);
  }

  #disconnected(error: SipError): void {
    if (this.#over) return;
    const before = this.#state;
    const stood = before === "connected";
    if (!stood) this.#counts.failed++;
    // A server that takes connections and closes them is no better than one that takes none.
    const held = stood && this.#clock.now() - this.#since >= LONG;
    if (held) this.#backoff.reset();
    this.#leave();
    const online = this.#network?.online !== false;
    if (!stood && online && ++this.#server < this.#servers.length) {
      report(this.#receiver, error);
      if (!this.#over) this.#dial();
      return;
    }
    this.#server = stood && !held ? (this.#server + 1) % this.#servers.length : 0;
    const wait = this.#backoff.next();
    const again = wait !== undefined;
    if (!again || !this.#mayWait) this.#queue.fail(error);
    if (stood || !again) this.#endFlow(error);
    // As in reconnect.
    if (this.#state !== before) return;
    if (again) {
      if (stood) this.#flow = this.#newFlow();
      // Without a network an attempt is in vain: there will be one as soon as it is back.
      if (online) this.#retry = this.#clock.set(() => this.#dial(), wait);
    }
    this.#tell("disconnected", error);
    if (this.#settleStart && !again) this.#settle(error);
    else {
      if (!stood) report(this.#receiver, error);
      this.#settle(undefined);
    }
  }

  #networkChanged(): void {
    if (this.#network?.online) {
      if (this.#state === "disconnected" && this.#options.reconnect !== false) this.reconnect();
      return;
    }
    this.#cancelRetry();
    if (!this.#link) return;
    this.#disconnected(new SipError("connection_closed", "the network is gone"));
  }

  #endFlow(error: SipError | undefined): void {
    const flow = this.#flow;
    if (!flow.open) return;
    flow.open = false;
    if (this.#receiver && flow.known) tellClosed(this.#receiver, flow, error);
  }

  get #remote(): Address {
    const { hostname, port } = this.#servers[this.#server] as URL;
    return { host: unbracketed(hostname), port: Number(port) || (this.secure ? 443 : 80) };
  }

  #newFlow(): DialerFlow {
    return new DialerFlow(this, this.#random.text(22), this.#remote);
  }

  #cancelRetry(): void {
    if (this.#retry !== undefined) this.#clock.clear(this.#retry);
    this.#retry = undefined;
  }

  #settle(error: SipError | undefined): void {
    const settle = this.#settleStart;
    this.#settleStart = undefined;
    settle?.(error);
  }

  #tell(state: ConnectionState, cause: SipError | undefined): void {
    this.#state = state;
    const { onState } = this.#options;
    // The one of now: the last change is that of close, which lets go of it.
    const receiver = this.#receiver;
    // It is called at once; async, so that neither a throw nor a rejection goes past here.
    (async () => (cause ? onState?.(state, cause) : onState?.(state)))().catch((thrown) =>
      report(receiver, new SipError("core_failed", "the onState option threw", { cause: thrown })),
    );
  }
}

function disconnected(): SipError {
  return new SipError("connection_closed", "there is no connection to the server");
}

/** Twelve letters and digits, which is what a label of a host name may be made of. */
function hostLabel(random: Random): string {
  return [...random.text(12)].map((sign) => (sign.charCodeAt(0) % 36).toString(36)).join("");
}
