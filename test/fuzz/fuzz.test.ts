// A short run of the fuzzer, the same every time, the finds that were kept, and that it finds what is there.
import { beforeAll, describe, expect, it } from "vitest";
import type { CoreExports } from "../../src/core/engine.ts";
import { type Build, openBuilds } from "../core/builds.ts";
import { bytes, rng } from "../core/rng.ts";
import { Fuzzer, kindOf } from "./fuzzer.ts";
import { generate } from "./generate.ts";
import { checkLibrary } from "./library.ts";
import { keptFinds, loadSeeds } from "./seeds.ts";
import { Twins } from "./twins.ts";

let builds: readonly Build[];
let seeds: Uint8Array[];
beforeAll(async () => {
  builds = await openBuilds();
  seeds = await loadSeeds();
});

const text = (data: Uint8Array) => JSON.stringify(Buffer.from(data).toString("latin1").slice(0, 1000));

/** The builds, the last of them with one function replaced. */
function spoiled(change: (core: CoreExports) => Partial<CoreExports>): readonly Build[] {
  const [first, second, last] = builds as [Build, Build, Build];
  return [first, second, { ...last, core: { ...last.core, ...change(last.core) } }];
}

describe("a short run", () => {
  it("finds nothing in 2,000 mutants, one in 16 of them through the library", () => {
    const fuzzer = new Fuzzer({ builds, seeds, seed: 4475, deepEvery: 16 });
    for (let i = 0; i < 2_000; i++) {
      const find = fuzzer.step();
      if (find) expect.fail(`${find.fault}\n${text(find.data)}`);
    }
    expect(fuzzer.mutants).toBe(2_000);
    expect(fuzzer.deep).toBe(125);
    // Mutants that did something new have become seeds.
    expect(fuzzer.seeds).toBeGreaterThan(seeds.length);
  }, 60_000);

  it("finds nothing in the vectors and the kept finds, whatever lies behind them", () => {
    const fuzzer = new Fuzzer({ builds, seeds, seed: 0, deepEvery: 1 });
    for (const data of seeds.slice(0, 62)) expect(fuzzer.examine(data), text(data)).toBeUndefined();
    for (const [name, data] of keptFinds()) expect(fuzzer.examine(data), name).toBeUndefined();
  }, 60_000);

  it("makes the same mutants of the same seed", () => {
    const run = (seed: number) => {
      const mutants: string[] = [];
      const before = (data: Uint8Array) => mutants.push(Buffer.from(data).toString("latin1"));
      const fuzzer = new Fuzzer({ builds, seeds, seed, deepEvery: 1000, before });
      for (let i = 0; i < 100; i++) fuzzer.step();
      return mutants;
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it("generates messages of which most can be parsed", () => {
    const random = rng(1);
    const twins = new Twins(builds);
    let parsed = 0;
    for (let i = 0; i < 200; i++) {
      const data = bytes(generate(random));
      expect(twins.check(data, [0, 0xff])).toBeUndefined();
      if (builds[0]!.table[0] !== undefined && builds[0]!.core.parse(data.length) >= 0) parsed++;
    }
    expect(parsed).toBeGreaterThan(120);
  });
});

describe("what it finds", () => {
  const message = bytes(
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=1\r\nTo: <sip:a@b>;tag=2\r\n\r\n",
  );
  const check = (change: (core: CoreExports) => Partial<CoreExports>) =>
    new Twins(spoiled(change)).check(message, [0x41, 0x30]);

  it("a build that reads another count, end, record or table", () => {
    expect(check(() => ({}))).toBeUndefined();
    expect(check((core) => ({ parse: (length) => core.parse(length) + 1 }))).toMatch(/^parse: js/);
    expect(check((core) => ({ via: (start, end) => core.via(start, end) - 1 }))).toMatch(/^grammar: js, Via/);
    const last = builds[2]!;
    const address = (core: CoreExports) => (start: number, end: number) => {
      const result = core.address(start, end);
      last.record[3]! ^= 1;
      return result;
    };
    expect(check((core) => ({ address: address(core) }))).toMatch(/^grammar: js, To has/);
    const parse = (core: CoreExports) => (length: number) => {
      const result = core.parse(length);
      last.table[14]! ^= 1;
      return result;
    };
    expect(check((core) => ({ parse: parse(core) }))).toMatch(/^table: js/);
  });

  it("a build that looks at the octets behind the message", () => {
    const via = (core: CoreExports) => (start: number, end: number) =>
      builds[2]!.window[message.length] === 0x30 ? -1 : core.via(start, end);
    const twins = new Twins(spoiled((core) => ({ via: via(core) })));
    expect(twins.check(message, [0x41, 0x20])).toBeUndefined();
    expect(twins.check(message, [0x41, 0x30])).toMatch(/^grammar: js, Via gives -1/);
  });

  it("a throw that is no SipError, with its place, and makes the message small", () => {
    const library = (data: Uint8Array) => {
      if (Buffer.from(data).includes("tag=2")) throw new TypeError("planted");
      return undefined;
    };
    const fuzzer = new Fuzzer({ builds, seeds: [message], seed: 7, deepEvery: 1, library });
    let find = fuzzer.step();
    while (!find) find = fuzzer.step();
    expect(find.fault).toMatch(/^throw: TypeError: planted\n.*fuzz\.test/);
    const small = fuzzer.minimize(find);
    expect(Buffer.from(small.data).toString()).toBe("tag=2");
    expect(kindOf(small.fault)).toBe(kindOf(find.fault));
  });

  it("a message that takes too long", () => {
    const library = () => {
      const end = performance.now() + 400;
      while (performance.now() < end);
      return undefined;
    };
    const fuzzer = new Fuzzer({ builds, seeds: [message], seed: 7, deepEvery: 1, library, slow: 10 });
    expect(fuzzer.examine(message)).toMatch(/^slow: /);
  }, 60_000);

  it("nothing in what is no message at all", () => {
    for (const data of ["", "\r\n\r\n", "x", "\0".repeat(70_000)])
      expect(checkLibrary(bytes(data))).toBeUndefined();
  });
});
