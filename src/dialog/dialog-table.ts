// DialogTable: the dialogs of a user agent, and who shares each (RFC 5057): a dialog lives as long as one of its
// usages does.

import type { Request } from "../message/request.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { RecentMap } from "../transport/recent-map.ts";
import type { Dialog } from "./dialog.ts";
import type { Usage } from "./host.ts";

/** No dialog has more usages: each request within it goes through them, and a peer may send REFER upon REFER. */
const MOST_USAGES = 32;

interface Entry {
  readonly dialog: Dialog;
  readonly usages: Set<Usage>;
}

/** What peers have written has so many octets in a dialog on average: one may have more as long as others have less. */
const AVERAGE = 4096;

/** Sessions that are over and known still. */
const MOST_OVER = 1000;

/** Dialogs by their names. */
export class DialogTable {
  readonly #entries = new Map<string, Entry>();
  /** Dialogs whose session we have hung up: our BYE has no answer yet. */
  readonly #parting = new Set<string>();
  /** Dialogs whose session is over: whoever wants to replace it comes too late. */
  readonly #over = new RecentMap<string, true>(MOST_OVER);
  readonly #limit: number;
  #usages = 0;
  #octets = 0;

  /** @param limit how many usages there may be in all, and how many times 4 KiB their dialogs may take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many dialogs there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many usages they have together. */
  get usages(): number {
    return this.#usages;
  }

  /** Whether a peer may begin no more. */
  get full(): boolean {
    return this.#usages >= this.#limit || this.#octets >= this.#limit * AVERAGE;
  }

  /** Whether a peer may begin no more within that dialog. */
  isFull(dialog: Dialog): boolean {
    return this.full || this.of(dialog.id).length >= MOST_USAGES;
  }

  /** Adds a usage to a dialog, and the dialog. */
  add(dialog: Dialog, usage: Usage): void {
    const { id } = dialog;
    const entry = this.#entries.get(id) ?? { dialog, usages: new Set() };
    if (entry.usages.has(usage)) return;
    if (entry.usages.size === 0) this.#octets += dialog.size;
    entry.usages.add(usage);
    this.#entries.set(id, entry);
    this.#usages++;
  }

  /** Takes a usage away, and the dialog with its last one. */
  remove(dialog: Dialog, usage: Usage): void {
    const { id } = dialog;
    const entry = this.#entries.get(id);
    if (!entry?.usages.delete(usage)) return;
    this.#usages--;
    if (entry.usages.size === 0) {
      this.#entries.delete(id);
      this.#octets -= entry.dialog.size;
    }
    if (usage.isSession) this.#over.set(id, true);
  }

  /** Whether its session was here, and is over, not long ago. */
  isOver(id: string): boolean {
    return this.#over.get(id) === true;
  }

  /**
   * We have sent a BYE: one of the peer's that crosses it is none of a stranger (RFC 5407 §3.2.1).
   * @param answered settles with the transaction of ours
   */
  part(dialog: Dialog, answered: Promise<unknown>): void {
    const { id } = dialog;
    this.#parting.add(id);
    const over = () => void this.#parting.delete(id);
    answered.then(over, over);
  }

  /** Answers a BYE that crosses ours; false for anything else. */
  crosses(id: string, request: Request, transaction: ServerTransaction | undefined): boolean {
    if (request.method !== "BYE" || !this.#parting.has(id)) return false;
    transaction?.respond(200);
    return true;
  }

  /** The dialog of that name. */
  get(id: string): Dialog | undefined {
    return this.#entries.get(id)?.dialog;
  }

  /**
   * Its usages, as they are now, the oldest first: what is told of a REFER without its number is meant for the first of
   * several (RFC 3515 §2.4.6). The session comes last: it takes whatever a subscription within it has left.
   */
  of(id: string): readonly Usage[] {
    const rank = ({ isSession }: Usage) => (isSession ? 1 : 0);
    return [...(this.#entries.get(id)?.usages ?? [])].sort((one, other) => rank(one) - rank(other));
  }

  /** The usages of all dialogs, as they are now. */
  all(): readonly Usage[] {
    return [...this.#entries.values()].flatMap(({ usages }) => [...usages]);
  }

  /** Closes every usage. */
  close(): void {
    for (const usage of this.all()) usage.close();
  }
}
