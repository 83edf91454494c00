// The golden traces: every case of the Markdown files here, as bytes and as a string.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import { cases, trace } from "./golden.ts";

const files = readdirSync(new URL(".", import.meta.url)).filter(
  (name) => name.endsWith(".md") && name !== "README.md",
);
const all = files.flatMap((name) => cases(new URL(name, import.meta.url)).map((each) => ({ name, ...each })));

it("has cases, each of which says why", () => {
  expect(files.length).toBeGreaterThanOrEqual(4);
  expect(all.length).toBeGreaterThanOrEqual(15);
  expect(
    all.filter(({ why }) => !/RFC \d+ §\d/.test(why)).map(({ name, line }) => `${name}:${line}`),
  ).toEqual([]);
});

describe.each(files)("%s", (file) => {
  it.each(
    all
      .filter(({ name }) => name === file)
      .map((each) => [`${each.title} (${file}:${each.line})`, each] as const),
  )("%s", (_title, { message, bytesOnly, log }) => {
    expect(trace(message)).toBe(log);
    const text = new TextDecoder("utf-8", { fatal: !bytesOnly, ignoreBOM: true }).decode(message);
    if (!bytesOnly) expect(trace(text)).toBe(log);
    // What was taken goes out as it came, but for what stands behind the body.
    if (!log.startsWith("failure")) {
      const written = Buffer.from(parseMessage(message).toBytes()).toString("latin1");
      expect(Buffer.from(message).toString("latin1").startsWith(written)).toBe(true);
    }
  });
});
