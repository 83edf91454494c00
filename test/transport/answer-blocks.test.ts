// AnswerBlocks against a Map: whatever is put in, found, removed and outlived, the two must agree; with hashes that
// meet, too. And KeyedHash, which keeps peers from choosing keys that do.

import { afterEach, describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { binaryFrom } from "../../src/core/text.ts";
import { Random } from "../../src/random.ts";
import { AnswerBlocks } from "../../src/transport/answer-blocks.ts";
import type { Answer } from "../../src/transport/answers.ts";
import { KeyedHash } from "../../src/transport/keyed-hash.ts";
import type { Flow } from "../../src/transport/transport.ts";

const LIFE = 32_000;

function store() {
  const clock = new VirtualClock();
  let timers = 0;
  const count = (change: number): void => {
    timers += change;
  };
  const blocks = new AnswerBlocks({ clock, hash: new KeyedHash("secret"), timers: { count }, life: LIFE });
  return { clock, blocks, timers: () => timers };
}

/** A generator of numbers below `most`, by seed. */
function dice(seed: number) {
  let state = seed;
  return (most: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const flows = ["a", "b", "c"].map((id) => ({ id }) as unknown as Flow);
const textOf = (answer: Answer | undefined) => answer?.bytes && binaryFrom(answer.bytes);

interface Known {
  text: string;
  flow: Flow;
  due: number;
  answer: Answer;
}

/** Does the same to both, so many times. */
function agree(seed: number, steps: number, keys: number) {
  const roll = dice(seed);
  const { clock, blocks, timers } = store();
  const model = new Map<string, Known>();
  const expire = () => {
    for (const [key, { due, answer }] of model) {
      if (due > clock.now()) break;
      model.delete(key);
      expect([answer.over, answer.bytes]).toEqual([true, undefined]);
    }
  };
  const compare = () => {
    expect([blocks.size, timers()]).toEqual([model.size, model.size]);
    for (const [key, { text, flow }] of model) {
      const found = blocks.find(key);
      expect([found?.key, textOf(found) ?? "", found?.flow, found?.over]).toEqual([key, text, flow, false]);
    }
    for (const flow of flows) {
      const wanted = [...model].filter(([, each]) => each.flow === flow).map(([key]) => key);
      expect(blocks.on(flow).map(({ key }) => key)).toEqual(wanted);
    }
  };
  for (let i = 0; i < steps; i++) {
    const key = `z9hG4bK${roll(keys)}|OPTIONS|192.0.2.${roll(3)}:5060`;
    const known = model.get(key);
    const found = blocks.find(key);
    expect([textOf(found) ?? "", found === undefined]).toEqual([known?.text ?? "", known === undefined]);
    const choice = roll(100);
    if (known === undefined) {
      const text = `${i} ${"\xe9".repeat(roll(roll(20) === 0 ? 70_000 : 600))}`.slice(
        roll(9) === 0 ? 1e6 : 0,
      );
      const flow = flows[roll(3)]!;
      const answer = blocks.add(key, text, flow)!;
      expect(textOf(answer) ?? "").toBe(text);
      model.set(key, { text, flow, due: clock.now() + LIFE, answer });
    } else if (choice < 20) {
      (choice < 10 ? known.answer : found!).remove();
      known.answer.remove();
      model.delete(key);
    }
    if (choice >= 97) {
      clock.advance(roll(choice === 99 ? 40_000 : 3000));
      expire();
    } else if (choice === 96 && roll(20) === 0) {
      blocks.clear();
      for (const { answer } of model.values()) expect(answer.over).toBe(true);
      model.clear();
    } else if (choice === 95) {
      // To remove some while all are gone through.
      for (const each of blocks.on(flows[0]!)) {
        if (roll(2) === 0) continue;
        each.remove();
        model.delete(each.key);
      }
    }
    if (i % 50 === 0) compare();
  }
  compare();
  clock.advance(LIFE);
  expire();
  compare();
  expect([blocks.size, clock.size]).toEqual([0, 0]);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("AnswerBlocks", () => {
  it.each([1, 2, 3, 4])("agrees with a Map, seed %i", (seed) => agree(seed, 3000, 2000));

  it.each([0, 1, 7, 255])("agrees with a Map where hashes meet: %i of their bits are left", (mask) => {
    const { of } = KeyedHash.prototype;
    vi.spyOn(KeyedHash.prototype, "of").mockImplementation(function (this: KeyedHash, text) {
      return of.call(this, text) & mask;
    });
    agree(5, 1200, 300);
  });

  it("grows, and shrinks to nothing", () => {
    const { clock, blocks } = store();
    const key = (i: number) => `z9hG4bK${i}|OPTIONS|192.0.2.1:5060`;
    for (let i = 0; i < 30_000; i++) {
      blocks.add(key(i), `${i}`, flows[0]!);
      if (i % 10 === 0) clock.advance(10);
    }
    expect(blocks.size).toBe(30_000);
    for (let i = 0; i < 30_000; i += 7) expect(textOf(blocks.find(key(i)))).toBe(`${i}`);
    clock.advance(LIFE - 15_000);
    expect(blocks.size).toBe(14_999);
    expect(blocks.find(key(14_000))).toBeUndefined();
    expect(textOf(blocks.find(key(15_001)))).toBe("15001");
    clock.advance(LIFE);
    expect([blocks.size, clock.size]).toEqual([0, 0]);
  });

  it("writes to the same rooms again once what was in them is over, and lets go of them in the end", () => {
    const { clock, blocks } = store();
    const made = vi.spyOn(globalThis, "ArrayBuffer");
    const text = "x".repeat(1000);
    let serial = 0;
    const busy = (seconds: number) => {
      const before = made.mock.calls.length;
      for (let i = 0; i < 100 * seconds; i++) {
        blocks.add(`z9hG4bK${serial++}|OPTIONS|192.0.2.1:5060`, `${serial}${text}`, flows[serial % 3]!);
        clock.advance(10);
      }
      return made.mock.calls.length - before;
    };
    expect(busy(40)).toBeGreaterThan(30);
    const early = blocks.find(`z9hG4bK${serial - 1}|OPTIONS|192.0.2.1:5060`)!;
    const flow = early.flow;
    const unread = blocks.add("unread", text, flow)!;
    // But for tables, which grow no more.
    expect(busy(160)).toBeLessThan(20);
    // Places in rooms that others have now.
    expect([early.over, early.bytes, early.flow]).toEqual([true, undefined, flow]);
    expect([unread.over, unread.bytes]).toEqual([true, undefined]);
    early.remove();
    expect(blocks.size).toBe(3199);
    expect(textOf(blocks.find(`z9hG4bK${serial - 3000}|OPTIONS|192.0.2.1:5060`))).toMatch(/^\d+x{1000}$/);
    clock.advance(LIFE);
    expect([blocks.size, clock.size]).toEqual([0, 0]);
    // A quiet server has given them back.
    expect(busy(40)).toBeGreaterThan(30);
    blocks.clear();
  });

  it("takes no room that was used before for an answer that is larger than that", () => {
    const { clock, blocks } = store();
    for (let i = 0; i < 4000; i++) {
      blocks.add(`${i}`, "x".repeat(1000), flows[0]!);
      clock.advance(20);
    }
    const large = "y".repeat(150_000);
    for (const key of ["one", "other"]) blocks.add(key, large, flows[0]!);
    for (const key of ["one", "other"]) expect(textOf(blocks.find(key)) === large, key).toBe(true);
    expect(textOf(blocks.find("3999"))).toBe("x".repeat(1000));
    blocks.clear();
  });

  it("tells flows apart, however many a block has", () => {
    const { blocks } = store();
    const many = Array.from({ length: 600 }, (_, i) => ({ id: `${i}` }) as unknown as Flow);
    for (let i = 0; i < 1200; i++) blocks.add(`${i}`, "x", many[(i * 7) % 600]!);
    for (let i = 0; i < 1200; i++) expect(blocks.find(`${i}`)?.flow).toBe(many[(i * 7) % 600]);
    expect(blocks.on(many[7]!).map(({ key }) => key)).toEqual(["1", "601"]);
    blocks.find("1")?.remove();
    expect(blocks.on(many[7]!).map(({ key }) => key)).toEqual(["601"]);
    blocks.clear();
  });

  it("lets go of its tables where traffic is slow and never ends", () => {
    // Where all hashes meet, a search goes through all that the tables still have.
    vi.spyOn(KeyedHash.prototype, "of").mockReturnValue(7);
    let read = 0;
    class Counting extends Int32Array {
      constructor(length: number) {
        super(length);
        // biome-ignore lint/correctness/noConstructorReturn: it looks on at who reads.
        return new Proxy(this, {
          get: (numbers, at) => {
            read++;
            return Reflect.get(numbers, at);
          },
          set: (numbers, at, number) => Reflect.set(numbers, at, number),
        });
      }
    }
    vi.stubGlobal("Int32Array", Counting);
    const { clock, blocks } = store();
    for (let i = 0; i < 3000; i++) {
      blocks.add(`z9hG4bK${i}`, `${i}`, flows[0]!);
      clock.advance(10_000);
    }
    read = 0;
    expect(blocks.find("z9hG4bK")).toBeUndefined();
    // Three live at once; a table is begun when the first of the last one is over.
    expect([blocks.size, read <= 8]).toEqual([3, true]);
    blocks.clear();
    blocks.add("z9hG4bK", "x", flows[0]!);
    read = 0;
    expect(blocks.find("z9hG4bKx")).toBeUndefined();
    expect(read).toBe(1);
    blocks.clear();
  });

  it.each([-1, 0, 1])("cuts nothing off where a block is full but for %i octets", (left) => {
    const { blocks } = store();
    // What the first block has room for, their keys of one octet included.
    const texts = ["a".repeat(4000), "b".repeat(4096 - 4001 - 1 - left)];
    for (const text of texts) blocks.add(text[0]!, text, flows[0]!);
    for (const text of texts) expect(textOf(blocks.find(text[0]!))).toBe(text);
    blocks.clear();
  });

  it("takes no key that is more than octets, which it could not give back", () => {
    const { blocks, clock } = store();
    expect(blocks.add("z9hG4bK\u0161|OPTIONS|a:1", "x", flows[0]!)).toBeUndefined();
    expect([blocks.size, clock.size]).toEqual([0, 0]);
    expect(textOf(blocks.add("z9hG4bK\xe9|OPTIONS|a:1", "x", flows[0]!))).toBe("x");
    expect(blocks.find("z9hG4bK\u0161|OPTIONS|a:1")).toBeUndefined();
    expect(blocks.find("z9hG4bK\xe9|OPTIONS|a:1")?.key).toBe("z9hG4bK\xe9|OPTIONS|a:1");
    blocks.clear();
  });

  it("waits again for a clock that fires early", () => {
    const { clock, blocks } = store();
    const set = vi.spyOn(clock, "set").mockImplementationOnce(function (this: VirtualClock, callback, delay) {
      return VirtualClock.prototype.set.call(this, callback, delay - 1);
    });
    blocks.add("a", "x", flows[0]!);
    clock.advance(LIFE - 1);
    expect([blocks.size, set.mock.calls.length]).toEqual([1, 2]);
    clock.advance(1);
    expect([blocks.size, clock.size]).toEqual([0, 0]);
  });
});

describe("KeyedHash", () => {
  const texts = Array.from({ length: 4096 }, (_, i) => `z9hG4bK${i}|OPTIONS|192.0.2.1:5060`);

  it("is HalfSipHash-1-3: of the octets 0 up to n, by the key 0 to 7, what Linux takes it to be", () => {
    const hash = new KeyedHash("");
    const [first, second] = [0x03020100, 0x07060504];
    Object.assign(hash, { _start: [first, second, 0x6c796765 ^ first, 0x74656462 ^ second], _text: "none" });
    const found = Array.from(
      { length: 9 },
      (_, n) => hash.of("\0\x01\x02\x03\x04\x05\x06\x07".slice(0, n)) >>> 0,
    );
    expect(found).toEqual([
      0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
      0x577999b1,
    ]);
  });

  it("is the same for the same text and secret, and another for others", () => {
    const [one, same, other] = ["secret", "secret", "Secret"].map((secret) => new KeyedHash(secret));
    for (const text of ["", "a", ...texts.slice(0, 100)]) {
      expect(one!.of(text)).toBe(same!.of(text));
      expect(one!.of(text)).not.toBe(other!.of(text));
    }
  });

  it("depends on every octet of a text of any length", () => {
    const hash = new KeyedHash("secret");
    for (let length = 0; length < 40; length++) {
      const seen = new Set([hash.of("a".repeat(length)), hash.of("a".repeat(length + 1))]);
      for (let at = 0; at < length; at++) {
        seen.add(hash.of(`${"a".repeat(at)}b${"a".repeat(length - at - 1)}`));
      }
      expect(seen.size).toBe(length + 2);
    }
  });

  it("lets no peer choose texts that meet by characters that are no octets, as a branch in quotes may have", () => {
    const hash = new KeyedHash("secret");
    // If what is above an octet were added to the next one, each pair would be the same word, whatever the secret.
    const pairs = ["\u0161b00", "\u0161c00"];
    const seen = new Set<number>();
    for (let choice = 0; choice < 256; choice++) {
      let text = "z9hG4bK0";
      for (let bit = 0; bit < 8; bit++) text += pairs[(choice >> bit) & 1];
      seen.add(hash.of(text));
    }
    expect(seen.size).toBe(256);
  });

  it("spreads texts over the places and tags of a table", () => {
    const hash = new KeyedHash(new Random().text(20));
    const counts = (place: (value: number) => number) => {
      const found = new Array<number>(256).fill(0);
      for (const text of texts) found[place(hash.of(text))]!++;
      return Math.max(...found);
    };
    // 16 each, and by chance not 48.
    expect(counts((value) => value & 255)).toBeLessThan(48);
    expect(counts((value) => value >>> 24)).toBeLessThan(48);
  });
});
