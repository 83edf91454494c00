// Mutants: the machines' tables with one cell broken, to see that the simulation notices.

import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import type { Cell, Effect, Row, Table } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";
import { run } from "./world.ts";

type AnyTable = Table<string, string>;
type Cells = Record<string, Record<string, Cell<string>>>;

export interface Mutant {
  readonly name: string;
  /** Breaks the table; what it returns mends it. */
  apply(): () => void;
}

const TABLES: readonly AnyTable[] = [inviteClient, nonInviteClient, inviteServer, nonInviteServer];

/** Each effect of each cell left out, one at a time; each cell that does something made to do nothing. */
export function* mutants(): Iterable<Mutant> {
  for (const table of TABLES) {
    for (const effect of table.entry) {
      yield { name: `${table.name}: birth without "${effect}"`, apply: () => replaceEntry(table, effect) };
    }
    const cells = table.cells as Cells;
    for (const [state, row] of Object.entries(cells)) {
      for (const [event, cell] of Object.entries(row)) {
        const all = effectsOf(cell);
        const name = `${table.name}: ${state} × ${event}`;
        for (const effect of all) {
          const broken = map(cell, (one) => ({
            ...one,
            effects: one.effects.filter((each) => each !== effect),
          }));
          yield { name: `${name} without "${effect}"`, apply: () => replace(row, event, broken) };
        }
        if (all.size === 0) continue;
        const nothing: Row<string> = { next: state, effects: [], cite: "broken" };
        yield { name: `${name} ignored`, apply: () => replace(row, event, nothing) };
      }
    }
  }
}

/** The first seed up to `last` that finds a mutant. */
export async function hunt(
  mutant: Mutant,
  last: number,
): Promise<{ seed: number; violation: string } | undefined> {
  const mend = mutant.apply();
  try {
    for (let seed = 1; seed <= last; seed++) {
      const [violation] = (await run(seed)).violations;
      if (violation !== undefined) return { seed, violation };
    }
    return undefined;
  } finally {
    mend();
  }
}

function effectsOf(cell: Cell<string>): Set<Effect> {
  return new Set("next" in cell ? cell.effects : [...cell.reliable.effects, ...cell.unreliable.effects]);
}

function map(cell: Cell<string>, change: (row: Row<string>) => Row<string>): Cell<string> {
  return "next" in cell
    ? change(cell)
    : { reliable: change(cell.reliable), unreliable: change(cell.unreliable) };
}

function replace(row: Record<string, Cell<string>>, event: string, cell: Cell<string>): () => void {
  const before = row[event] as Cell<string>;
  row[event] = cell;
  return () => {
    row[event] = before;
  };
}

function replaceEntry(table: AnyTable, effect: Effect): () => void {
  const open = table as { entry: readonly Effect[] };
  const before = open.entry;
  open.entry = before.filter((each) => each !== effect);
  return () => {
    open.entry = before;
  };
}
