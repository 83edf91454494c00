// What the documents point at is there: files, headings, and the source files that they name.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const within = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => !file.includes("node_modules"))
    .map((file) => join(folder, file));

const DOCS = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  ...["docs", "examples", "test", "bench"].flatMap(within).filter((file) => file.endsWith(".md")),
];
const SOURCES = ["src", "assembly", "test", "scripts", "examples", "bench", "docs"].flatMap(within);

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]/g, "")
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");
const anchorsOf = (text: string): string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.*)$/gm)].map((found) =>
    anchorOf(found[1] ?? ""),
  );

describe.each(DOCS)("%s", (file) => {
  const text = read(file).replaceAll(/^```[\s\S]*?^```/gm, "");

  it("links to files and headings that are there", () => {
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      expect({ link, there: existsSync(join(root, target)) }).toEqual({ link, there: true });
      if (anchor !== undefined)
        expect({ link, anchors: anchorsOf(read(target)) }).toMatchObject({
          anchors: expect.arrayContaining([anchor]),
        });
    }
  });
});

it("ARCHITECTURE.md names files that are there", () => {
  const named = [...read("ARCHITECTURE.md").matchAll(/`([\w./-]+\.(?:ts|mjs|wasm|js|md|json))`/g)].map(
    (found) => found[1] ?? "",
  );
  const made = ["build/sip.wasm", "build/scalar.wasm", "build/scalar.js"];
  const missing = named.filter(
    (name) =>
      !made.includes(name) &&
      !existsSync(join(root, name)) &&
      !SOURCES.some((file) => file.endsWith(`/${name}`)),
  );
  expect(missing).toEqual([]);
});
