// The vectors are what they say: the RFC's bytes, each once, with no file left out.
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { headerValues } from "./headers.ts";
import { vectors as rfc4475 } from "./rfc4475/index.ts";
import { vectors as rfc5118 } from "./rfc5118/index.ts";

const sets = { rfc4475, rfc5118 };

describe.each(Object.entries(sets))("%s", (folder, vectors) => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s has its bytes", (_name, vector) => {
    expect(createHash("sha256").update(vector.bytes).digest("hex")).toBe(vector.sha256);
  });

  it("has every file once", () => {
    const files = readdirSync(new URL(`${folder}/`, import.meta.url)).filter((file) => file.endsWith(".dat"));
    expect(vectors.map(({ name }) => `${name}.dat`).sort()).toEqual(files.sort());
  });
});

it("has the RFCs' counts of each verdict", () => {
  const count = (vectors: readonly { verdict: string }[], verdict: string) =>
    vectors.filter((vector) => vector.verdict === verdict).length;
  expect(rfc4475).toHaveLength(50);
  expect(count(rfc4475, "must-accept")).toBe(26);
  expect(count(rfc4475, "must-reject")).toBe(6);
  expect(rfc5118).toHaveLength(12);
  expect(count(rfc5118, "must-accept")).toBe(10);
});

describe("header field values", () => {
  it("has no row twice", () => {
    const keys = headerValues.map(({ header, value }) => `${header}: ${value}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it("has valid and invalid values for every header field", () => {
    expect(headerValues.length).toBeGreaterThanOrEqual(300);
    const names = new Set(headerValues.map(({ header }) => header));
    for (const valid of [true, false]) {
      const covered = new Set(headerValues.filter((row) => row.valid === valid).map(({ header }) => header));
      expect([...names].filter((name) => !covered.has(name))).toEqual([]);
    }
    expect(names.size).toBe(97);
  });
});
