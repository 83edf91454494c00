// DialogTable: the dialogs of a user agent, and who shares each (RFC 5057): a dialog lives as long as one of its
// usages does.

import type { Dialog } from "./dialog.ts";
import type { Usage } from "./host.ts";

interface Entry {
  readonly dialog: Dialog;
  readonly usages: Set<Usage>;
}

/** Dialogs by their names. */
export class DialogTable {
  readonly #entries = new Map<string, Entry>();

  /** How many dialogs there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many usages they have together. */
  get usages(): number {
    let usages = 0;
    for (const entry of this.#entries.values()) usages += entry.usages.size;
    return usages;
  }

  /** Adds a usage to a dialog, and the dialog. */
  add(dialog: Dialog, usage: Usage): void {
    const known = this.#entries.get(dialog.id);
    if (known) known.usages.add(usage);
    else this.#entries.set(dialog.id, { dialog, usages: new Set([usage]) });
  }

  /** Takes a usage away, and the dialog with its last one. */
  remove(dialog: Dialog, usage: Usage): void {
    const entry = this.#entries.get(dialog.id);
    entry?.usages.delete(usage);
    if (entry?.usages.size === 0) this.#entries.delete(dialog.id);
  }

  /** The dialog of that name. */
  get(id: string): Dialog | undefined {
    return this.#entries.get(id)?.dialog;
  }

  /** Its usages, as they are now. */
  of(id: string): readonly Usage[] {
    return [...(this.#entries.get(id)?.usages ?? [])];
  }

  /** Closes every usage. */
  close(): void {
    for (const { usages } of [...this.#entries.values()]) for (const usage of [...usages]) usage.close();
  }
}
