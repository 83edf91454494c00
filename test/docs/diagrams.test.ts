// The diagrams in docs/transactions.md are those of the tables as they are.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diagram, redraw, tables } from "./diagrams.ts";

const page = readFileSync(new URL("../../docs/transactions.md", import.meta.url), "utf8");

describe("the state diagrams", () => {
  it("are up to date; `npm run diagrams` draws them", () => {
    expect(redraw(page)).toBe(page);
  });

  it.each(tables.map((table) => [table.name, table] as const))("%s: shows every state", (_name, table) => {
    const drawn = diagram(table);
    for (const state of Object.keys(table.cells)) expect(drawn).toMatch(new RegExp(`> ${state}\\b`));
  });

  it("change with a table", () => {
    const [table] = tables;
    const broken = { ...table!, initial: "elsewhere" };
    expect(diagram(broken)).not.toBe(diagram(table!));
  });
});
