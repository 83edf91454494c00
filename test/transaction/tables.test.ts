// The four tables as data: every cell is decided, every state is reached, every path ends.

import { describe, expect, it } from "vitest";
import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import { step, type Table } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";

type AnyTable = Table<string, string>;
const tables: readonly AnyTable[] = [inviteClient, nonInviteClient, inviteServer, nonInviteServer];

const events = (table: AnyTable) => [
  ...new Set(Object.values(table.cells).flatMap((row) => Object.keys(row))),
];
const states = (table: AnyTable) => Object.keys(table.cells);
const toUser = new Set(["deliver", "timeout", "transport", "fail", "canceled"]);

describe.each(tables.map((table) => [table.name, table] as const))("%s", (_name, table) => {
  const all = states(table).flatMap((state) =>
    events(table).flatMap((event) =>
      [true, false].map((reliable) => ({
        state,
        event,
        reliable,
        row: step(table, state, event, reliable),
      })),
    ),
  );

  it("decides every event in every state, with its reason", () => {
    for (const state of states(table)) {
      expect(Object.keys(table.cells[state]!).sort(), state).toEqual(events(table).sort());
    }
    for (const { state, event, row } of all) {
      expect(states(table), `${state} × ${event}`).toContain(row.next);
      expect(row.cite, `${state} × ${event}`).not.toBe("");
      // What neither goes anywhere nor does anything says so; what does something does not claim to ignore it.
      const idle = row.next === state && row.effects.length === 0;
      expect(row.cite.startsWith("ignore: "), `${state} × ${event}`).toBe(idle);
    }
  });

  it("cites an RFC where it acts, but for the user's own wish", () => {
    for (const { state, event, row } of all) {
      if (row.cite.startsWith("ignore: ")) continue;
      expect(row.cite, `${state} × ${event}`).toMatch(
        /RFC (3261 (§\d|Figure)|6026 (§\d|Figure)|4320 §\d)|the user's wish/,
      );
    }
  });

  it.each([true, false])("reaches every state, and terminated from each (reliable: %s)", (reliable) => {
    const next = new Map<string, Set<string>>();
    for (const { state, row, ...rest } of all) {
      if (rest.reliable !== reliable) continue;
      next.set(state, (next.get(state) ?? new Set()).add(row.next));
    }
    const reach = (from: string) => {
      const seen = new Set([from]);
      for (const state of seen) for (const other of next.get(state) ?? []) seen.add(other);
      return seen;
    };
    // Timers D, I, J and K are 0 on reliable transports, so that what they wait in is passed through at once.
    const skipped: Record<string, string[]> = {
      "INVITE client": ["completed"],
      "non-INVITE client": ["completed"],
      "INVITE server": ["confirmed"],
      "non-INVITE server": ["completed"],
    };
    const expected = states(table).filter((state) => !reliable || !skipped[table.name]!.includes(state));
    expect([...reach(table.initial)].sort()).toEqual(expected.sort());
    for (const state of states(table)) expect(reach(state), state).toContain("terminated");
  });

  it("ends for good: terminated is left by nothing, and does nothing but refuse", () => {
    for (const { state, event, row } of all) {
      if (state !== "terminated") continue;
      expect(row.next, event).toBe("terminated");
      expect(
        row.effects.filter((effect) => effect !== "refuse"),
        event,
      ).toEqual([]);
    }
  });

  it("lets go of everything on the way out, and only then", () => {
    for (const { state, event, row } of all) {
      const leaving = state !== "terminated" && row.next === "terminated";
      expect(row.effects.includes("destroy"), `${state} × ${event}`).toBe(leaving);
    }
  });

  it("calls the user last, once, with timers set before bytes leave", () => {
    for (const { state, event, row } of [...all, { state: "-", event: "birth", row: table.entry }]) {
      const at = `${state} × ${event}: ${row.effects.join(", ")}`;
      const calls = row.effects.filter((effect) => toUser.has(effect));
      expect(calls.length, at).toBeLessThanOrEqual(1);
      if (calls.length === 1) expect(row.effects.at(-1), at).toBe(calls[0]);
      const lastTimer = row.effects
        .map((effect) => /^(set|clear|double|slow) /.test(effect))
        .lastIndexOf(true);
      const firstSend = row.effects.findIndex((effect) => /^(send|resend|ack|cancel)/.test(effect));
      if (firstSend >= 0) expect(lastTimer, at).toBeLessThan(firstSend);
    }
  });

  it("can be dropped in every state", () => {
    for (const state of states(table)) {
      expect(step(table, state, "terminate", false).next, state).toBe("terminated");
    }
  });

  it.each([true, false])("sets every timer that it listens to somewhere (reliable: %s)", (reliable) => {
    const set = new Set(
      [
        ...all.filter((one) => one.reliable === reliable).flatMap((one) => one.row.effects),
        ...table.entry.effects,
      ]
        .filter((effect) => effect.startsWith("set "))
        .map((effect) => `timer ${effect.slice(4)}`),
    );
    const listened = all
      .filter((one) => one.reliable === reliable && !one.row.cite.startsWith("ignore: "))
      .filter((one) => one.event.startsWith("timer "))
      // What only an unreliable transport sets can only fire there.
      .filter((one) => set.has(one.event) || !reliable);
    for (const { event } of listened) expect(set, event).toContain(event);
    if (reliable)
      for (const name of ["A", "D", "E", "G", "I", "J", "K"]) expect(set).not.toContain(`timer ${name}`);
  });

  it("leaves no timer running that the next state does not know", () => {
    // Walk every path over (state, timers pending): a timer pending in a state that ignores it is a leak of time.
    const start = JSON.stringify([
      table.initial,
      table.entry.effects.filter((e) => e.startsWith("set ")).map((e) => e.slice(4)),
    ]);
    for (const reliable of [true, false]) {
      const seen = new Set([start]);
      for (const node of seen) {
        const [state, pending] = JSON.parse(node) as [string, string[]];
        for (const event of events(table)) {
          const timer = event.startsWith("timer ") ? event.slice(6) : undefined;
          if (timer !== undefined && !pending.includes(timer)) continue;
          const row = step(table, state, event, reliable);
          const now = new Set(pending.filter((name) => name !== timer));
          for (const effect of row.effects) {
            const [verb, name] = effect.split(" ") as [string, string];
            if (verb === "set" || verb === "double" || verb === "slow") now.add(name);
            else if (verb === "clear") now.delete(name);
            else if (verb === "destroy") now.clear();
          }
          if (row.next === "terminated") expect([...now], `${state} × ${event}`).toEqual([]);
          for (const name of now) {
            const cell = step(table, row.next, `timer ${name}`, reliable);
            expect(cell.cite, `${state} × ${event} leaves timer ${name} in ${row.next}`).not.toMatch(
              /^ignore/,
            );
          }
          // Every state but the ones that wait for a user or a core has a timer to end it.
          if (["completed", "confirmed", "accepted", "calling"].includes(row.next))
            expect(now.size).toBeGreaterThan(0);
          seen.add(JSON.stringify([row.next, [...now].sort()]));
        }
      }
      expect(seen.size).toBeGreaterThanOrEqual(4);
    }
  });
});

describe("the RFC's figures", () => {
  const path = (table: AnyTable, reliable: boolean, ...names: string[]) => {
    const walk = [table.initial];
    for (const event of names) walk.push(step(table, walk.at(-1)!, event, reliable).next);
    return walk;
  };

  it("Figure 5, with RFC 6026", () => {
    expect(path(inviteClient, false, "start", "100", "101-199", "300-699", "300-699", "timer D")).toEqual([
      "resolving",
      "calling",
      "proceeding",
      "proceeding",
      "completed",
      "completed",
      "terminated",
    ]);
    expect(path(inviteClient, false, "start", "2xx", "2xx", "timer M").slice(2)).toEqual([
      "accepted",
      "accepted",
      "terminated",
    ]);
    expect(path(inviteClient, true, "start", "300-699").at(-1)).toBe("terminated");
    expect(path(inviteClient, false, "start", "timer B").at(-1)).toBe("terminated");
    expect(path(inviteClient, false, "start", "transport error").at(-1)).toBe("terminated");
  });

  it("Figure 6", () => {
    expect(path(nonInviteClient, false, "start", "timer E", "1xx", "timer E", "200-699", "timer K")).toEqual([
      "resolving",
      "trying",
      "trying",
      "proceeding",
      "proceeding",
      "completed",
      "terminated",
    ]);
    expect(path(nonInviteClient, true, "start", "200-699").at(-1)).toBe("terminated");
  });

  it("Figure 7, with RFC 6026", () => {
    expect(path(inviteServer, false, "1xx", "300-699", "ACK", "timer I").slice(1)).toEqual([
      "proceeding",
      "completed",
      "confirmed",
      "terminated",
    ]);
    expect(path(inviteServer, true, "300-699", "ACK").at(-1)).toBe("terminated");
    expect(path(inviteServer, true, "2xx", "request", "ACK", "2xx", "timer L").slice(1)).toEqual([
      "accepted",
      "accepted",
      "accepted",
      "accepted",
      "terminated",
    ]);
    expect(path(inviteServer, false, "transport error").at(-1)).toBe("proceeding");
  });

  it("Figure 8, with RFC 4320", () => {
    expect(path(nonInviteServer, false, "100", "timer trying", "200-699", "timer J").slice(1)).toEqual([
      "trying",
      "proceeding",
      "completed",
      "terminated",
    ]);
    expect(path(nonInviteServer, true, "100", "200-699").slice(1)).toEqual(["proceeding", "terminated"]);
    expect(step<string, string>(nonInviteServer, "trying", "408", false).effects).not.toContain("send");
  });
});
