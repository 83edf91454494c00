// Registry: a layer's live transactions, by key, by the ACK of an RFC 2543 peer, and by connection. It
// holds them and lets go of them; what becomes of a message it does not know.

import type { Flow } from "../transport/transport.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import type { ServerTransaction } from "./server-transaction.ts";

/** A transaction of either kind. */
export type AnyTransaction = ClientTransaction | ServerTransaction;

/** The live transactions of one layer. */
export class Registry {
  readonly clients: Map<string, ClientTransaction> = new Map();
  readonly servers: Map<string, ServerTransaction> = new Map();
  /** By the key that an RFC 2543 peer's ACK will have: that of the INVITE with our To tag (RFC 3261 §17.2.3). */
  readonly #acks: Map<string, ServerTransaction> = new Map();
  readonly #ackKeys: Map<ServerTransaction, string> = new Map();
  /** By connection; datagram flows do not close, and are not kept. */
  readonly #flows: Map<Flow, Set<AnyTransaction>> = new Map();

  /** How many transactions live. */
  get size(): number {
    return this.clients.size + this.servers.size;
  }

  /** The INVITE server transaction that an ACK of this key belongs to. */
  acknowledged(key: string): ServerTransaction | undefined {
    return this.servers.get(key) ?? this.#acks.get(key);
  }

  /** Makes an ACK of this key find its transaction. */
  alias(key: string, transaction: ServerTransaction): void {
    this.#acks.set(key, transaction);
    this.#ackKeys.set(transaction, key);
  }

  /** Notes which connection a transaction depends on. */
  bind(transaction: AnyTransaction, flow: Flow): void {
    if (!flow.transport.reliable) return;
    const bound = this.#flows.get(flow);
    if (bound) bound.add(transaction);
    else this.#flows.set(flow, new Set([transaction]));
  }

  /** The transactions on a connection, as they are now. */
  on(flow: Flow): AnyTransaction[] {
    return [...(this.#flows.get(flow) ?? [])];
  }

  /** Lets go of a transaction. */
  remove(transaction: AnyTransaction): void {
    const { key, flow } = transaction;
    if (transaction.kind === "client") this.clients.delete(key);
    else {
      this.servers.delete(key);
      const ackKey = this.#ackKeys.get(transaction);
      if (ackKey !== undefined) {
        this.#ackKeys.delete(transaction);
        this.#acks.delete(ackKey);
      }
    }
    const bound = flow && this.#flows.get(flow);
    if (flow && bound?.delete(transaction) && bound.size === 0) this.#flows.delete(flow);
  }
}
