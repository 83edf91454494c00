// LiveTransactions: a layer's live transactions, by key, by the ACK of an RFC 2543 peer, and by flow; and where the answers are
// of those that only absorb what comes again. What becomes of a message it does not know.

import type { Answer, Answers } from "../transport/answers.ts";
import type { KeyedHash } from "../transport/keyed-hash.ts";
import type { Flow } from "../transport/transport.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import { KeyTable } from "./key-table.ts";
import { nonInviteServer } from "./non-invite-server.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { countStates, type StateCounts } from "./tallies.ts";

/** A transaction of either kind. */
export type AnyTransaction = ClientTransaction | ServerTransaction;

/** The live transactions of one layer. */
export class LiveTransactions {
  readonly clients: KeyTable<ClientTransaction>;
  readonly #servers: KeyTable<ServerTransaction>;
  /**
   * The last server transaction, which is in no table until another comes: most requests are answered at once, and their
   * transactions are never in one.
   */
  #newest: ServerTransaction | undefined;
  #octets = 0;
  /** What transactions have left that only absorb what comes again, and how one is made of it when that comes. */
  answers: Answers | undefined;
  readonly #revive: (answer: Answer) => ServerTransaction;
  /** By the key that an RFC 2543 peer's ACK will have: that of the INVITE with our To tag (RFC 3261 §17.2.3). */
  readonly #acks: Map<string, ServerTransaction> = new Map();
  readonly #ackKeys: Map<ServerTransaction, string> = new Map();
  /** By flow: the first of a ring. A Set for each flow would cost more than most transactions. */
  readonly #flows: Map<Flow, AnyTransaction> = new Map();

  constructor(hash: KeyedHash, revive: (answer: Answer) => ServerTransaction) {
    this.clients = new KeyTable(hash);
    this.#servers = new KeyTable(hash);
    this.#revive = revive;
  }

  /** How many transactions live. */
  get size(): number {
    return this.clients.size + this.serverCount;
  }

  /** How long the requests of those of a server are, and what is left of answers. */
  get octets(): number {
    return this.#octets + (this.answers?.octets ?? 0);
  }

  /** How many of them are a server's. */
  get serverCount(): number {
    return this.#servers.size + (this.#newest ? 1 : 0) + (this.answers?.size ?? 0);
  }

  /** The other server transactions, as they are now. */
  get servers(): ServerTransaction[] {
    this.#enter();
    return this.#servers.values();
  }

  /** All of them by machine and state. */
  get states(): StateCounts {
    const counts = countStates(this.clients.values(), this.servers);
    const left = this.answers?.size;
    if (!left) return counts;
    const others = counts[nonInviteServer.name];
    const completed = (others?.completed ?? 0) + left;
    return { ...counts, [nonInviteServer.name]: { ...others, completed } };
  }

  /** The server transaction of that key. */
  server(key: string): ServerTransaction | undefined {
    if (this.#newest?.key === key) return this.#newest;
    const found = this.#servers.get(key);
    if (found) return found;
    const answer = this.answers?.find(key);
    return answer && this.#revive(answer);
  }

  /** Takes in a server transaction. */
  add(transaction: ServerTransaction): void {
    this.#enter();
    this.#newest = transaction;
    this.#octets += transaction.size;
  }

  #enter(): void {
    const newest = this.#newest;
    if (newest === undefined) return;
    this.#newest = undefined;
    this.#servers.add(newest);
    this.bind(newest, newest.flow);
  }

  /** The INVITE server transaction that an RFC 2543 peer's ACK of this key belongs to. */
  acknowledged(key: string): ServerTransaction | undefined {
    return this.#acks.get(key);
  }

  /** Makes an ACK of this key find its transaction. */
  alias(key: string, transaction: ServerTransaction): void {
    this.#acks.set(key, transaction);
    this.#ackKeys.set(transaction, key);
  }

  /** Notes which flow a transaction depends on. */
  bind(transaction: AnyTransaction, flow: Flow): void {
    this.#enter();
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
    this.#enter();
    const first = this.#flows.get(flow);
    const answers = flow.transport.reliable ? undefined : this.answers?.on(flow);
    const found: AnyTransaction[] = answers?.map(this.#revive) ?? [];
    for (let next = first; next !== undefined; ) {
      found.push(next);
      next = next.flowAfter === first ? undefined : (next.flowAfter as AnyTransaction);
    }
    return found;
  }

  /** Lets go of a transaction. */
  remove(transaction: AnyTransaction): void {
    const { flow } = transaction;
    if (transaction.kind === "client") this.clients.delete(transaction);
    else {
      const live = transaction === this.#newest || this.#servers.delete(transaction);
      if (transaction === this.#newest) this.#newest = undefined;
      if (live) this.#octets -= transaction.size;
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
