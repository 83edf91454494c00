// StreamPool: which connections of a stream transport there are, by id and by remote address, and how many
// there may be.

import type { Socket } from "node:net";
import { formatAddress } from "../address.ts";
import { HeldLimit } from "./held-limit.ts";
import { SourceLimit } from "./source-limit.ts";
import type { StreamConnection } from "./stream-connection.ts";

export class StreamPool {
  readonly #limit: number;
  /** Of those that came in, and of those that were opened: peers choose where to, by Via or Contact. */
  readonly #sources: SourceLimit;
  readonly #called: SourceLimit;
  /** What all of them hold. */
  readonly held: HeldLimit;
  readonly #byId = new Map<string, StreamConnection>();
  /** By remote address, and domain where that is another thing. */
  readonly #byRemote = new Map<string, StreamConnection>();
  readonly #keys = new Map<StreamConnection, string[]>();
  /** Whose flow may have ended, and whose socket is still there. */
  readonly #sockets = new Set<StreamConnection>();
  /** Those that came in and are no connection yet, by remote address: a TLS handshake makes another object. */
  readonly #handshakes = new Map<string, Socket>();
  #inbound = 0;
  #outbound = 0;
  #onEmpty: (() => void) | undefined;

  constructor(limit: number, sourceLimit: number, heldLimit?: number) {
    this.#limit = limit;
    this.held = new HeldLimit(() => this.#sockets, heldLimit);
    this.#sources = new SourceLimit(sourceLimit);
    this.#called = new SourceLimit(sourceLimit);
  }

  /** Open flows. */
  get size(): number {
    return this.#byId.size;
  }

  get full(): boolean {
    return this.#inbound + this.#outbound >= this.#limit;
  }

  /** Whether no more may be opened to that host. */
  isFull(host: string): boolean {
    return this.full || this.#called.isFull(host);
  }

  /** The open ones; a copy, which may be ended one by one. */
  get connections(): readonly StreamConnection[] {
    return [...this.#byId.values()];
  }

  /** Counts a socket that comes in, unless it is one too many. */
  admit(socket: Socket): boolean {
    if (this.full || !this.#sources.admit(socket)) return false;
    this.#inbound++;
    const name = nameOf(socket);
    this.#handshakes.set(name, socket);
    socket.once("close", () => {
      this.#inbound--;
      if (this.#handshakes.get(name) === socket) this.#handshakes.delete(name);
      this.#settle();
    });
    return true;
  }

  add(connection: StreamConnection): void {
    const { id, remote, domain } = connection;
    this.#byId.set(id, connection);
    this.#sockets.add(connection);
    if (domain !== undefined) {
      this.#outbound++;
      this.#called.count(remote.host, connection.socket);
    } else this.#handshakes.delete(nameOf(connection.socket));
    this.alias(connection, remote.host, remote.port, domain ?? remote.host);
  }

  /** The open connection with an address that was opened, or is good, for that domain. */
  find(host: string, port: number, domain: string): StreamConnection | undefined {
    return this.#byRemote.get(keyOf(host, port, domain));
  }

  byId(id: string): StreamConnection | undefined {
    return this.#byId.get(id);
  }

  /** Lets a connection be found by one more address. */
  alias(connection: StreamConnection, host: string, port: number, domain: string): void {
    if (!this.#byId.has(connection.id)) return;
    const key = keyOf(host, port, domain);
    if (this.#byRemote.get(key) === connection) return;
    const keys = this.#keys.get(connection) ?? [];
    // One connection has one address and its aliases: a peer that says another port each time has run out.
    if (keys.length >= 32) return;
    this.#byRemote.set(key, connection);
    keys.push(key);
    this.#keys.set(connection, keys);
  }

  /** The flow has ended. */
  remove(connection: StreamConnection): void {
    this.#byId.delete(connection.id);
    for (const key of this.#keys.get(connection) ?? []) {
      if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
    }
    this.#keys.delete(connection);
  }

  /** The socket is gone. */
  gone(connection: StreamConnection): void {
    if (!this.#sockets.delete(connection)) return;
    if (connection.domain !== undefined) this.#outbound--;
    this.#settle();
  }

  /** Ends what has not become a connection yet. */
  dropHandshakes(): void {
    for (const socket of [...this.#handshakes.values()]) discard(socket);
  }

  /** Resolves when the last socket is gone. */
  emptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#inbound + this.#sockets.size === 0) this.#onEmpty?.();
  }
}

/** Ends a socket that is no connection; what is wrong with it is nobody's business. */
export function discard(socket: Socket): void {
  socket.on("error", () => {});
  socket.destroy();
}

function keyOf(host: string, port: number, domain: string): string {
  const address = formatAddress(host, port).toLowerCase();
  return host === domain ? address : `${address}|${domain.toLowerCase()}`;
}

function nameOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
