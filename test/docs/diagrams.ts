// Diagrams: the state diagrams of docs/transactions.md, drawn from the machines' tables.

import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import type { Cell, Row, Table } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";

export type AnyTable = Table<string, string>;

/** In the order of the RFC's figures 5 to 8. */
export const tables: readonly AnyTable[] = [inviteClient, nonInviteClient, inviteServer, nonInviteServer];

const begin = ({ name }: AnyTable): string => `<!-- ${name}: drawn by \`npm run diagrams\` -->`;
const END = "<!-- end -->";

/** A Mermaid state diagram: an arrow for each pair of states, a line on it for each event that leads there. */
export function diagram(table: AnyTable): string {
  const lines = ["```mermaid", "stateDiagram-v2", "    direction TB"];
  lines.push(
    `    [*] --> ${table.initial}${table.entry.effects.length > 0 ? `: ${table.entry.effects.join(", ")}` : ""}`,
  );
  for (const [from, row] of Object.entries(table.cells as Record<string, Record<string, Cell<string>>>)) {
    const arrows = new Map<string, string[]>();
    for (const [event, cell] of Object.entries(row)) {
      // Every state has one, and all lead out.
      if (event === "terminate") continue;
      for (const [when, { next, effects }] of rows(cell)) {
        if (next === from && effects.length === 0) continue;
        const label = `${event}${when}${effects.length > 0 ? ` / ${effects.join(", ")}` : ""}`;
        arrows.set(next, [...(arrows.get(next) ?? []), label]);
      }
    }
    for (const [next, labels] of arrows) lines.push(`    ${from} --> ${next}: ${labels.join("<br/>")}`);
  }
  lines.push("    terminated --> [*]", "```");
  return lines.join("\n");
}

function rows(cell: Cell<string>): [when: string, row: Row<string>][] {
  if ("next" in cell) return [["", cell]];
  return [
    [" (reliable)", cell.reliable],
    [" (unreliable)", cell.unreliable],
  ];
}

/**
 * The page with all diagrams drawn anew between their marks.
 *
 * @throws Error where a machine has no marks
 */
export function redraw(page: string): string {
  let drawn = page;
  for (const table of tables) {
    const from = drawn.indexOf(begin(table));
    const to = drawn.indexOf(END, from);
    if (from < 0 || to < 0) throw new Error(`no place for the diagram of ${table.name}`);
    drawn = `${drawn.slice(0, from)}${begin(table)}\n\n${diagram(table)}\n\n${drawn.slice(to)}`;
  }
  return drawn;
}
