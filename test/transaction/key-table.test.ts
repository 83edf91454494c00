// KeyTable beside a Map that does the same, and what a hash that meets itself does to it.

import { describe, expect, it, vi } from "vitest";
import { KeyTable } from "../../src/transaction/key-table.ts";
import { KeyedHash } from "../../src/transport/keyed-hash.ts";

interface Item {
  readonly key: string;
}

/** Numbers below `most`, by seed. */
function dice(seed: number) {
  let state = seed;
  return (most: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** A hash that knows few values: 0 is one of them, and one whose place is the last. */
const FEW = { of: (key: string) => [0, 1, -1, 63, 64, 127][key.charCodeAt(0) % 6]! } as unknown as KeyedHash;
const GOOD = new KeyedHash("secret");

describe.each([
  ["a good hash", GOOD],
  ["a hash that knows six values", FEW],
])("a table with %s", (_name, hash) => {
  it.each([1, 2, 3, 4])("is as a Map, whatever is done to it (seed %s)", (seed) => {
    const roll = dice(seed);
    const table = new KeyTable<Item>(hash);
    const model = new Map<string, Item>();
    // It grows to some hundreds, goes empty, and grows again.
    for (let step = 0; step < 6_000; step++) {
      const key = `${roll(700)}-z9hG4bK`;
      const known = model.get(key);
      const growing = step % 2_000 < 1_200;
      expect(table.get(key)).toBe(known);
      if (known === undefined && (growing || roll(10) === 0)) {
        const item = { key };
        table.add(item);
        model.set(key, item);
      } else if (known !== undefined && (!growing || roll(4) === 0)) {
        expect(table.delete(known)).toBe(true);
        expect(table.delete(known)).toBe(false);
        model.delete(key);
      }
      expect(table.size).toBe(model.size);
      if (step % 200 === 0) expect(new Set(table.values())).toEqual(new Set(model.values()));
    }
    for (const item of table.values()) table.delete(item);
    expect([table.size, table.values()]).toEqual([0, []]);
  });

  it("lets go of the item that it holds, and of no other with the same key", () => {
    const table = new KeyTable<Item>(hash);
    const [one, other] = [{ key: "a" }, { key: "a" }];
    expect(table.delete(one)).toBe(false);
    table.add(one);
    expect(table.delete(other)).toBe(false);
    expect([table.get("a"), table.size]).toEqual([one, 1]);
  });
});

it("gives its values as they are now, whatever becomes of them later", () => {
  const table = new KeyTable<Item>(GOOD);
  const items = Array.from({ length: 100 }, (_, i) => ({ key: `${i}` }));
  for (const item of items) table.add(item);
  const values = table.values();
  for (const item of values) table.delete(item);
  expect(new Set(values)).toEqual(new Set(items));
});

it("gives back the room that a burst took", () => {
  const made: number[] = [];
  class Noting extends Int32Array {
    constructor(length: number) {
      super(length);
      made.push(length);
    }
  }
  vi.stubGlobal("Int32Array", Noting);
  const table = new KeyTable<Item>(GOOD);
  const items = Array.from({ length: 10_000 }, (_, i) => ({ key: `${i}` }));
  for (const item of items) table.add(item);
  expect(Math.max(...made)).toBe(32_768);
  for (const item of items.slice(10)) table.delete(item);
  vi.unstubAllGlobals();
  expect(made.at(-1)).toBeLessThanOrEqual(160);
  for (const item of items.slice(0, 10)) expect(table.get(item.key)).toBe(item);
});

it("takes as long for a hundred thousand as for a thousand, for each", () => {
  const spent = (count: number): number => {
    const items = Array.from({ length: count }, (_, i) => ({ key: `z9hG4bK-${i}|INVITE|192.0.2.1:5060` }));
    const table = new KeyTable<Item>(GOOD);
    const { user } = process.cpuUsage();
    for (let round = 0; round < 100_000 / count; round++) {
      for (const item of items) table.add(item);
      for (const item of items) if (table.get(item.key) !== item) throw new Error(item.key);
      for (const item of items) table.delete(item);
    }
    return process.cpuUsage().user - user;
  };
  spent(1_000);
  expect(spent(100_000)).toBeLessThan(20 * spent(1_000) + 50_000);
});
