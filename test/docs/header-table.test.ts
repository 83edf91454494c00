// The table of header fields in docs/message.md is that of the library: names, compact forms, single or list
// from the header table; value types and RFCs from header-types.ts.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { headerById, headerInfo } from "../../src/message/header-table.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const types = read("src/message/header-types.ts");

/** Name, value type and RFC of each row of an interface. */
function rows(name: string): { header: string; type: string; rfc: string }[] {
  const body = types.split(`export interface ${name} {`)[1]!.split("\n}")[0]!;
  return [...body.matchAll(/\/\*\* (RFC [^*]+) \*\/\s+"?([\w-]+)"?: (\w+);/g)].map((found) => ({
    rfc: found[1]!,
    header: found[2]!,
    type: found[3]!,
  }));
}

const all = [...rows("SingleHeaders"), ...rows("ListHeaders")];

it("header-types.ts has the fields of the header table, single and list as there", () => {
  const ids = all.map(({ header }) => headerInfo(header)?.id ?? 0).sort((a, b) => a - b);
  expect(ids).toEqual(all.map((_, index) => index + 1));
  expect(headerById(all.length + 1)).toBeUndefined();
  const isList = ({ header }: { header: string }) => headerInfo(header)!.list;
  expect(rows("SingleHeaders").filter(isList)).toEqual([]);
  expect(rows("ListHeaders").every(isList)).toBe(true);
});

it("header-types.ts has the compact forms of the header table", () => {
  const body = types.split("export interface CompactForms {")[1]!.split("\n}")[0]!;
  const written = [...body.matchAll(/(\w): "([\w-]+)";/g)].map((found) => [found[1], found[2]]);
  const known = all.flatMap(({ header }) => {
    const { name, compact } = headerInfo(header)!;
    return compact === undefined ? [] : [[compact, name]];
  });
  expect(written).toEqual(known.sort());
});

it("docs/message.md has a row for each", () => {
  const section = read("docs/message.md").split("## Header fields")[1]!;
  const written = section.split("\n").filter((line) => /^\| \w[\w-]* +\|/.test(line));
  const expected = all
    .sort((a, b) => a.header.toLowerCase().localeCompare(b.header.toLowerCase(), "en"))
    .map(({ header, type, rfc }) => {
      const { compact, list } = headerInfo(header)!;
      return [header, compact ?? "", `\`${type}${list ? "[]" : ""}\``, rfc];
    });
  expect(
    written.map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ),
  ).toEqual(expected);
});
