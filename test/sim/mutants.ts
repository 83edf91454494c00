// Mutants: the machines' tables with one cell broken, to see that the simulation notices.

import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import { type Cell, type Effect, type Row, type Table, to } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";
import { run } from "./world.ts";

type AnyTable = Table<string, string>;
type Cells = Record<string, Record<string, Cell<string>>>;

export interface Mutant {
  /** Its cell: `machine: state × event`. */
  readonly cell: string;
  /** What is broken there. */
  readonly damage: string;
  /** Breaks the table; what it returns mends it. */
  apply(): () => void;
}

/** The seeds that come to each cell. */
export type Coverage = ReadonlyMap<string, readonly number[]>;

const TABLES: readonly AnyTable[] = [inviteClient, nonInviteClient, inviteServer, nonInviteServer];

function* everyCell(): Iterable<{
  name: string;
  row: Record<string, Cell<string>>;
  state: string;
  event: string;
}> {
  for (const table of TABLES) {
    for (const [state, row] of Object.entries(table.cells as Cells)) {
      for (const event of Object.keys(row))
        yield { name: `${table.name}: ${state} × ${event}`, row, state, event };
    }
  }
}

/** Each effect of each cell left out, one at a time; each cell that does something made to do nothing. */
export function* mutants(): Iterable<Mutant> {
  for (const { name, row, state, event } of everyCell()) {
    const cell = row[event] as Cell<string>;
    const all = effectsOf(cell);
    for (const effect of all) {
      const without = ({ next, effects, cite }: Row<string>): Row<string> =>
        to(
          next,
          effects.filter((each) => each !== effect),
          cite,
        );
      yield {
        cell: name,
        damage: `without "${effect}"`,
        apply: () => replace(row, event, map(cell, without)),
      };
    }
    if (all.size === 0) continue;
    const nothing: Row<string> = to(state, [], "broken");
    yield { cell: name, damage: "ignored", apply: () => replace(row, event, nothing) };
  }
}

/** Which of these seeds come to which cell. */
export async function cover(first: number, last: number): Promise<Coverage> {
  const seen = new Map<string, Set<number>>();
  let seed = first;
  const mends = [...everyCell()].map(({ name, row, event }) => {
    const cell = row[event] as Cell<string>;
    Object.defineProperty(row, event, {
      configurable: true,
      enumerable: true,
      get() {
        seen.set(name, (seen.get(name) ?? new Set()).add(seed));
        return cell;
      },
    });
    return () =>
      Object.defineProperty(row, event, {
        value: cell,
        configurable: true,
        enumerable: true,
        writable: true,
      });
  });
  try {
    for (; seed <= last; seed++) await run(seed);
  } finally {
    for (const mend of mends) mend();
  }
  return new Map([...seen].map(([name, seeds]) => [name, [...seeds]]));
}

/** The first of these seeds that finds a mutant. */
export async function hunt(
  mutant: Mutant,
  seeds: readonly number[],
): Promise<{ seed: number; violation: string } | undefined> {
  const mend = mutant.apply();
  try {
    for (const seed of seeds) {
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
