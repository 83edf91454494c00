// Registry: a layer's live transactions, by key, by the ACK of an RFC 2543 peer, and by flow. It
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
  /** By flow: the first of a ring. A Set for each flow would cost more than most transactions. */
  readonly #flows: Map<Flow, AnyTransaction> = new Map();

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

  /** Notes which flow a transaction depends on. */
  bind(transaction: AnyTransaction, flow: Flow): void {
    const first = this.#flows.get(flow);
    if (first === undefined) {
      transaction.flowBefore = transaction;
      transaction.flowAfter = transaction;
      this.#flows.set(flow, transaction);
      return;
    }
    const last = first.flowBefore as AnyTransaction;
    transaction.flowBefore = last;
    transaction.flowAfter = first;
    last.flowAfter = transaction;
    first.flowBefore = transaction;
  }

  /** The transactions on a flow, as they are now, oldest first. */
  on(flow: Flow): AnyTransaction[] {
    const first = this.#flows.get(flow);
    const found: AnyTransaction[] = [];
    for (let next = first; next !== undefined; ) {
      found.push(next);
      next = next.flowAfter === first ? undefined : (next.flowAfter as AnyTransaction);
    }
    return found;
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
    const { flowBefore: before, flowAfter: after } = transaction;
    if (flow === undefined || before === undefined || after === undefined) return;
    if (after === transaction) this.#flows.delete(flow);
    else {
      before.flowAfter = after;
      after.flowBefore = before;
      if (this.#flows.get(flow) === transaction) this.#flows.set(flow, after as AnyTransaction);
    }
    transaction.flowBefore = undefined;
    transaction.flowAfter = undefined;
  }
}
