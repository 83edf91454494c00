// The ABI: what the module imports, exports and weighs, and that both sides agree on the numbers.
import { describe, expect, it } from "vitest";
import * as abi from "../../src/core/abi.ts";
import { METHODS, TRANSPORTS } from "../../src/core/words.ts";
import { headerById, headerInfo } from "../../src/message/header-table.ts";
import { built, openBuilds } from "./builds.ts";
import { bytes } from "./rng.ts";

const FUNCTIONS = [
  "address",
  "ascii",
  "cseq",
  "integer",
  "intern",
  "mediaType",
  "paramList",
  "params",
  "parse",
  "parts",
  "reset",
  "token",
  "uri",
  "uriParams",
  "via",
];
const ADDRESSES = ["paramsAt", "recordAt", "tableAt", "windowAt"];

/** Reads an unsigned LEB128 number; the number and the offset behind it. */
function leb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  let next = at;
  for (let shift = 0; ; shift += 7) {
    const octet = bytes[next++]!;
    value += (octet & 0x7f) * 2 ** shift;
    if (octet < 0x80) return [value, next];
  }
}

/** The limits of the module's one memory, in pages: flags, initial, maximum (WebAssembly §5.5.8). */
function memoryLimits(bytes: Uint8Array): { count: number; initial: number; maximum: number | undefined } {
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]!;
    const [size, start] = leb(bytes, at + 1);
    if (id === 5) {
      const [count, first] = leb(bytes, start);
      const flags = bytes[first]!;
      const [initial, behind] = leb(bytes, first + 1);
      return { count, initial, maximum: (flags & 1) === 1 ? leb(bytes, behind)[0] : undefined };
    }
    at = start + size;
  }
  throw new Error("no memory section");
}

describe.each(["sip.wasm", "scalar.wasm"])("%s", (file) => {
  const bytes = built(file);
  const module = new WebAssembly.Module(bytes);

  it("imports nothing", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  it("exports the golden list, and nothing of the compiler's", () => {
    const exports = WebAssembly.Module.exports(module);
    const named = (kind: string) => exports.filter((each) => each.kind === kind).map((each) => each.name);
    expect(named("function").sort()).toEqual(FUNCTIONS);
    expect(named("global").sort()).toEqual(ADDRESSES);
    expect(named("memory")).toEqual(["memory"]);
    expect(exports).toHaveLength(FUNCTIONS.length + ADDRESSES.length + 1);
    expect(exports.filter(({ name }) => name.startsWith("__"))).toEqual([]);
  });

  it("has one memory, as large at the start as it ever may be", () => {
    const { count, initial, maximum } = memoryLimits(bytes);
    expect(count).toBe(1);
    expect(maximum).toBe(initial);
  });

  it("keeps its regions apart and inside the memory", () => {
    const exports = new WebAssembly.Instance(module).exports as unknown as Record<string, { value: number }>;
    const regions: [number, number][] = [
      [exports.windowAt!.value, 65536 + 128],
      [exports.tableAt!.value, 4 * (abi.T_FIELDS + 2 * abi.FIELDS_MAX)],
      [exports.recordAt!.value, 4 * abi.RECORD_WORDS],
      [exports.paramsAt!.value, 8 * abi.PARAMS_MAX],
    ];
    regions.sort(([a], [b]) => a - b);
    let end = 0;
    for (const [start, size] of regions) {
      expect(start).toBeGreaterThanOrEqual(end);
      expect(start % 4).toBe(0);
      end = start + size;
    }
    expect(end).toBeLessThanOrEqual(memoryLimits(bytes).initial * 65536);
  });

  it("is at most 24 kB", () => {
    expect(bytes.length).toBeLessThanOrEqual(24_000);
  });
});

describe("the memory", () => {
  it("never grows, so that no view is ever detached", async () => {
    for (const { name, core, window, table } of await openBuilds()) {
      const size = core.memory.buffer.byteLength;
      const data = bytes(`OPTIONS sip:a SIP/2.0\r\n${"X: y\r\n".repeat(2048)}Y: ${"y".repeat(50_000)}\r\n`);
      window.set(data);
      core.parse(data.length);
      core.via(0, data.length);
      expect(core.memory.buffer.byteLength, name).toBe(size);
      expect(window.length, name).toBeGreaterThan(abi.WINDOW_SIZE);
      expect(table.length, name).toBe(abi.T_FIELDS + 2 * abi.FIELDS_MAX);
      const { grow } = core.memory as unknown as WebAssembly.Memory;
      if (name !== "js") expect(() => grow.call(core.memory, 1)).toThrow(RangeError);
    }
  });
});

describe("the literals", () => {
  const named = (prefix: string) =>
    Object.entries(abi as Record<string, number>).filter(([name]) => name.startsWith(prefix));

  it("name the ids that the header table gives", () => {
    const ids = named("ID_");
    expect(ids.map(([name]) => name)).toContain("ID_CONTENT_LENGTH");
    for (const [name, id] of ids) {
      // ID_CONTENT_LENGTH → content-length
      expect(headerInfo(name.slice(3).toLowerCase().replaceAll("_", "-"))?.id, name).toBe(id);
    }
  });

  it("leave room for every name of the header table", () => {
    let id = 1;
    for (; headerById(id) !== undefined; id++) {
      expect(headerById(id).id).toBe(id);
      expect(headerById(id).name.length).toBeLessThanOrEqual(abi.NAME_MAX);
    }
    expect(id).toBeGreaterThan(abi.HOT_IDS);
    expect(id).toBeLessThanOrEqual(256); // an id has eight bits in the table
  });

  it("give each header name and compact form one id, and each row its own", () => {
    const compact = ["v", "f", "t", "i", "m", "l", "c", "s", "k", "r", "b", "o", "u"];
    const long = [
      "Via",
      "From",
      "To",
      "Call-ID",
      "Contact",
      "Content-Length",
      "Content-Type",
      "Subject",
      "Supported",
      "Refer-To",
      "Referred-By",
      "Event",
      "Allow-Events",
    ];
    for (const [i, letter] of compact.entries()) {
      expect(headerInfo(letter)?.name).toBe(long[i]);
      expect(headerInfo(letter.toUpperCase())).toBe(headerInfo(long[i]!));
    }
  });

  it("number the methods and transports as the strings stand", () => {
    for (const [prefix, words] of [
      ["METHOD_", METHODS],
      ["TRANSPORT_", TRANSPORTS],
    ] as const) {
      const numbers = named(prefix);
      expect(numbers).toHaveLength(words.length - 1);
      for (const [name, number] of numbers) expect(words[number], name).toBe(name.slice(prefix.length));
    }
  });

  it("number the failures apart, and the record's words below its size", () => {
    const failures = named("E_").map(([, code]) => code);
    expect(new Set(failures).size).toBe(failures.length);
    expect(Math.min(...failures)).toBeGreaterThan(0);
    for (const [name, word] of named("R_")) expect(word, name).toBeLessThan(abi.RECORD_WORDS);
  });
});
