// The tables against their rows, and that no damage to a table goes unseen: the simulation finds what shows on a
// network; a timer that is left running and ignored, say, does not.

import { describe, expect, it } from "vitest";
import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import type { Table } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";
import { mutants } from "../sim/mutants.ts";
import { ROWS, rowsOf } from "./rows.ts";

const tables: readonly Table<string, string>[] = [
  inviteClient,
  nonInviteClient,
  inviteServer,
  nonInviteServer,
];

describe("the tables", () => {
  it.each(tables.map((table) => [table.name, table] as const))("%s: has the RFCs' rows", (name, table) => {
    expect(rowsOf(table)).toEqual(ROWS[name]);
  });

  it("show each damage", () => {
    const whole = JSON.stringify(tables.map(rowsOf));
    let count = 0;
    for (const { cell, damage, apply } of mutants()) {
      const mend = apply();
      const broken = JSON.stringify(tables.map(rowsOf));
      mend();
      expect(broken, `${cell} ${damage}`).not.toBe(whole);
      count++;
    }
    expect(count).toBeGreaterThan(200);
    expect(JSON.stringify(tables.map(rowsOf))).toBe(whole);
  });
});
