// The tables of options in docs/ are those of the interfaces: each has all options of its own, in any order, and the
// default that the option's doc comment names. What the code takes for a default is in one of the files named here.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Table {
  /** The document, and the first cell of the table's head; the heading above it where several have that. */
  readonly doc: string;
  readonly head: string;
  readonly under?: string;
  /** `file#Interface`, without `src/` and `.ts`. */
  readonly of: string;
  /** Where the defaults are taken, if anywhere. */
  readonly code?: readonly string[];
  /** Options that the text or another document tells of. */
  readonly elsewhere?: readonly string[];
  /** Rows that are another interface's. */
  readonly others?: readonly string[];
}

const NODE = "transport/node";
const TABLES: readonly Table[] = [
  {
    doc: "transports",
    under: "## udp",
    head: "option",
    of: "transport/udp-options#UdpOptions",
    code: ["transport/datagram"],
  },
  {
    doc: "transports",
    under: "## tcp",
    head: "option",
    of: `${NODE}/stream-options#StreamOptions`,
    code: [`${NODE}/stream-options`, `${NODE}/stream-transport`, "transport/framer", `${NODE}/held-limit`],
  },
  {
    doc: "transports",
    under: "## webSocketServer",
    head: "option",
    of: `${NODE}/websocket-server#WebSocketServerOptions`,
    code: [`${NODE}/websocket-listener`, `${NODE}/websocket-handshake`, `${NODE}/held-limit`],
  },
  {
    doc: "transports",
    under: "## webSocket",
    head: "option",
    of: "transport/websocket-client#WebSocketOptions",
    code: ["transport/websocket-dialer", "transport/websocket-link"],
  },
  {
    doc: "transports",
    head: "option of the network",
    of: "transport/memory-medium#MemoryFaults",
    others: ["clock", "seed", "random", "traceLimit", "log"],
  },
  {
    doc: "transports",
    head: "option of a transport",
    of: "transport/memory-transport#MemoryTransportOptions",
    code: ["transport/memory-transport", "transport/memory"],
  },
  {
    doc: "transports",
    under: "## Where to send",
    head: "option",
    of: "stack/resolve/sip-resolver#ResolverOptions",
    code: ["stack/resolve/sip-resolver"],
  },
  {
    doc: "transports",
    under: "## Under load",
    head: "option",
    of: "stack/congestion-options#CongestionOptions",
    code: ["stack/congestion"],
  },
  { doc: "transactions", under: "## Timers", head: "option", of: "transaction/timers#TimerOptions" },
  {
    doc: "transactions",
    head: "option of `send`",
    of: "stack/options#SendOptions",
    elsewhere: ["credentials", "onAgain"],
    others: ["onResponse", "onError"],
  },
  { doc: "message", under: "## Parsing", head: "limit", of: "core/parse#ParseLimits" },
  { doc: "message", under: "## Bodies", head: "limit", of: "message/multipart#MultipartLimits" },
  { doc: "message", under: "## Validation", head: "option", of: "message/validate-options#ValidateOptions" },
  {
    doc: "authentication",
    under: "## Servers",
    head: "option",
    of: "digest/server#DigestServerOptions",
    elsewhere: ["now", "random"],
  },
  { doc: "authentication", head: "option of a `DigestClient`", of: "digest/client#DigestClientOptions" },
  { doc: "transactions", head: "option of a stack", of: "stack/options#StackOptions" },
  { doc: "dialogs", head: "option of a user agent", of: "dialog/user-agent-options#UserAgentOptions" },
  { doc: "proxy", head: "option of a proxy", of: "proxy/options#ProxyOptions" },
  { doc: "registration", head: "option of a registration", of: "registration/options#RegistrationOptions" },
  { doc: "proxy", head: "option", of: "proxy/options#ForwardOptions", elsewhere: ["recordRoute"] },
  { doc: "proxy", head: "of a target", of: "proxy/target#ProxyTarget" },
  { doc: "proxy", head: "property", of: "proxy/routed#Routed" },
  {
    doc: "registration",
    head: "option",
    of: "registrar/registrar-options#RegistrarOptions",
    elsewhere: ["stack"],
    code: ["registrar/registrar"],
  },
  {
    doc: "scale",
    head: "option",
    of: "redis/redis-location#RedisLocationOptions",
    code: ["redis/redis-location"],
  },
  { doc: "your-own-transport", head: "member of the pair", of: "transport/conformance/pair#TransportPair" },
];

/** The rows of a table: its first cell's names, and its cell under "default". */
function rowsOf({ doc, head, under }: Table): { names: string[]; byDefault: string }[] {
  const text = read(`docs/${doc}.md`);
  const from = under === undefined ? text : text.slice(text.indexOf(`\n${under}\n`));
  const lines = from.split("\n");
  const cells = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  const top = lines.findIndex((line) => line.startsWith("|") && cells(line)[0] === head);
  const column = cells(lines[top] ?? "").indexOf("default");
  const rows = [];
  for (const line of lines.slice(top + 2)) {
    if (!line.startsWith("|")) break;
    const row = cells(line);
    const names = [...(row[0] ?? "").matchAll(/`(\w+)/g)].map((name) => name[1] ?? "");
    if (names.length > 0) rows.push({ names, byDefault: column < 0 ? "" : (row[column] ?? "") });
  }
  return rows;
}

/** The members of an interface, and their doc comments. */
function membersOf(of: string): Map<string, string> {
  const [file, name] = of.split("#");
  const body =
    read(`src/${file}.ts`)
      .split(new RegExp(`export interface ${name}\\b[^{]*\\{\\n`))[1]
      ?.split("\n}")[0] ?? "";
  const found = new Map<string, string>();
  let comment = "";
  for (const line of body.split("\n")) {
    const member = /^ {2}(?:readonly )?(\w+)\??[:(]/.exec(line)?.[1];
    if (member === undefined) comment += `${line.replace(/^\s*(\/\*\*|\*\/|\*)?/, "").replace("*/", "")} `;
    else {
      found.set(member, comment);
      comment = "";
    }
  }
  return found;
}

const NUMBER = String.raw`\d{1,3}(?:[, ]\d{3})+|[\d_]+`;
const UNITS: Readonly<Record<string, number>> = { MiB: 1_048_576, KiB: 1024 };

/** The numbers in a text, as documents and code write them. */
function numbersIn(text: string): number[] {
  return [...text.matchAll(new RegExp(`(${NUMBER})(?: (MiB|KiB))?`, "g"))].map(
    ([, digits = "", unit = ""]) => Number(digits.replaceAll(/[,_ ]/g, "")) * (UNITS[unit] ?? 1),
  );
}

/** A cell that is a number, and nothing else. */
function numberOf(cell: string): number | undefined {
  return new RegExp(`^(?:${NUMBER})(?: (?:MiB|KiB))?$`).test(cell) ? numbersIn(cell)[0] : undefined;
}

describe.each(TABLES)("docs/$doc.md, $of", (table) => {
  const rows = rowsOf(table);
  const members = membersOf(table.of);
  const written = rows.flatMap(({ names }) => names).filter((name) => !table.others?.includes(name));

  it("has all options, and no other", () => {
    expect(written.length).toBeGreaterThan(0);
    expect([...new Set(written), ...(table.elsewhere ?? [])].sort()).toEqual([...members.keys()].sort());
  });

  it("has the defaults of the doc comments", () => {
    for (const { names, byDefault } of rows) {
      const comment = members.get(names[0] ?? "");
      const literal = /^(?:true|false|`[^`]+`)$/.exec(byDefault)?.[0].replaceAll("`", "");
      if (comment === undefined) continue;
      const wanted = numberOf(byDefault);
      if (wanted)
        expect({ names, numbers: numbersIn(comment) }).toMatchObject({
          numbers: expect.arrayContaining([wanted]),
        });
      else if (literal)
        expect(
          comment
            .replaceAll(/(\d),(\d)/g, "$1_$2")
            .replaceAll("1_000", "1000")
            .replaceAll("5_000", "5000"),
        ).toContain(literal);
    }
  });

  const { code: files } = table;
  // A default that is no number in the code, as of what another option decides, is for the comments alone.
  if (files === undefined) return;
  it("has the defaults of the code", () => {
    const code = files.map((file) => read(`src/${file}.ts`)).join("\n");
    for (const { names, byDefault } of rows) {
      const [name = ""] = names;
      const wanted = numberOf(byDefault);
      if (wanted === undefined || !members.has(name)) continue;
      const taken = [
        ...code.matchAll(new RegExp(`\\b${name}(?:: \\w+)?(?: =| \\?\\?) ([\\d_]+(?: \\* [\\d_]+)*)`, "g")),
      ].map(([, product = ""]) => numbersIn(product).reduce((made, each) => made * each, 1));
      expect({ name, taken: [...new Set(taken)] }).toEqual({ name, taken: [wanted] });
    }
  });
});

describe("error codes", () => {
  const codes = [
    ...(/export type ErrorCode =([^;]*);/.exec(read("src/errors.ts"))?.[1] ?? "").matchAll(/"(\w+)"/g),
  ].map((found) => found[1] ?? "");
  const all = (folder: string, ending: string): string =>
    readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(ending) && !file.endsWith("errors.ts"))
      .map((file) => read(`${folder}/${file}`))
      .join("\n");
  const [source, docs] = [all("src", ".ts"), all("docs", ".md")];

  it.each(codes)("%s is used, and documented", (code) => {
    expect([source.includes(`"${code}"`), docs.includes(`\`${code}\``)]).toEqual([true, true]);
  });
});
