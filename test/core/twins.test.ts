// Twins: the build with vectors, the one without and the one in JavaScript find the same in everything,
// and none of them finds anything in what lies behind the octets that it was given.
import { beforeAll, describe, expect, it } from "vitest";
import {
  E_EMPTY,
  E_HEAD_INCOMPLETE,
  E_HEAD_TOO_LARGE,
  E_LINE_END,
  E_START_LINE,
  E_TOO_MANY_HEADERS,
  F_ASCII,
  F_METHOD_SHIFT,
  FIELDS_MAX,
  FREQUENT_MAX,
  ID_CONTACT,
  ID_FROM,
  ID_TO,
  ID_VIA,
  METHOD_INVITE,
  PARAMS_MAX,
  Q_CONTACT,
  Q_CSEQ,
  Q_FROM,
  Q_METHOD,
  Q_TO,
  Q_VIA,
  R_ERROR,
  R_ERROR_AT,
  R_NUMBER,
  R_PARAMS_COUNT,
  R_STOP,
  RECORD_WORDS,
  T_FIELDS,
  T_FLAGS,
  T_HEAD_END,
  WINDOW_SIZE,
} from "../../src/core/abi.ts";
import { headerValues } from "../vectors/headers.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";
import { type Build, openBuilds } from "./builds.ts";
import { bytes, type Rng, rng } from "./rng.ts";

const vectors = [...rfc4475, ...rfc5118];
const GRAMMARS = {
  via: (build: Build, start: number, end: number) => build.core.via(start, end),
  address: (build: Build, start: number, end: number) => build.core.address(start, end),
  uri: (build: Build, start: number, end: number) => build.core.uri(start, end),
  cseq: (build: Build, start: number, end: number) => build.core.cseq(start, end),
  octet: (build: Build, start: number, end: number) => build.core.integer(start, end, 255),
  integer: (build: Build, start: number, end: number) => build.core.integer(start, end, 0xffffffff),
  token: (build: Build, start: number, end: number) => build.core.token(start, end),
  mediaType: (build: Build, start: number, end: number) => build.core.mediaType(start, end),
  params: (build: Build, start: number, end: number) => build.core.params(start, end),
  uriParams: (build: Build, start: number, end: number) => build.core.uriParams(start, end, 0x3b),
  challenge: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xd23),
  dialogId: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xc15),
  interval: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xc1914),
  warning: (build: Build, start: number, end: number) => build.core.parts(start, end, 0x162823),
  textParams: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xc17),
  item: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xa),
  line: (build: Build, start: number, end: number) => build.core.parts(start, end, 0xb),
  authInfo: (build: Build, start: number, end: number) => build.core.paramList(start, end, 0x2c),
  paramList: (build: Build, start: number, end: number) => build.core.paramList(start, end, 0x3b),
  uriHeaders: (build: Build, start: number, end: number) => build.core.uriParams(start, end, 0x26),
} as const;
/** What may lie behind a value or message: octets that could go on with it, end it, or hide its end. */
const POISON = [0x00, 0x20, 0x0a, 0x22, 0x30, 0x3a, 0x3b, 0x3e, 0x41, 0xff];

let builds: readonly Build[];
beforeAll(async () => {
  builds = await openBuilds();
});

function place(build: Build, data: Uint8Array, at: number, poison: number): void {
  build.window.fill(poison, at + data.length, at + data.length + 64);
  build.window.set(data, at);
  build.core.reset();
}

/** What parse() says of these octets with this behind them; the ASCII flag apart, it may be too careful. */
function parsed(build: Build, data: Uint8Array, poison: number): Parsed {
  place(build, data, 0, poison);
  // Words that are not written are the same everywhere, so that all can be compared.
  build.table.fill(0x5a5a5a5a, Q_VIA, T_FIELDS);
  const count = build.core.parse(data.length);
  if (count < 0) return { count, words: [], frequent: [] };
  const words = [...build.table.subarray(0, T_FIELDS + 2 * count)];
  if ((words[T_FLAGS]! & F_ASCII) !== 0) {
    const head = data.subarray(0, words[T_HEAD_END]);
    if (head.some((octet) => octet > 0x7f)) throw new Error(`${build.name} takes other octets for ASCII`);
  }
  words[T_FLAGS]! &= ~F_ASCII;
  const found = frequent(words);
  words.splice(Q_VIA, T_FIELDS - Q_VIA);
  return { count, words, frequent: found };
}

/** The frequent values; of one that was not read, that alone. */
function frequent(words: number[]): number[][] {
  const records = [Q_VIA, Q_FROM, Q_TO, Q_CONTACT].map((at) => words.slice(at, at + RECORD_WORDS));
  const rest = words.slice(Q_CSEQ, T_FIELDS);
  if (rest[Q_METHOD - Q_CSEQ] === 0) rest[0] = 0;
  return [...records.map((words) => (words[R_ERROR] === 0 ? [0] : [1, ...words.slice(1)])), rest];
}

interface Parsed {
  count: number;
  words: number[];
  frequent: number[][];
}

/** What a grammar function says: its result, and every word that it left. */
function read(
  build: Build,
  grammar: keyof typeof GRAMMARS,
  data: Uint8Array,
  at: number,
  poison: number,
): unknown {
  place(build, data, at, poison);
  // Words that the function does not write are the same everywhere, so that all can be compared.
  build.record.fill(0x5a5a5a5a);
  build.params.fill(0x5a5a5a5a, 0, 16);
  const result = GRAMMARS[grammar](build, at, at + data.length);
  return result < 0
    ? { result, error: [build.record[R_ERROR], build.record[R_ERROR_AT]] }
    : { result, record: [...build.record], params: [...build.params.subarray(0, 16)] };
}

/** Fails with a readable difference; the cheap comparison goes first, for there are very many. */
function same(found: unknown, expected: unknown, what: () => string): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found, what()).toEqual(expected);
}

function sameParse(data: Uint8Array, poison: number): void {
  const [first, ...others] = builds;
  const expected = parsed(first!, data, 0);
  const what = (build: Build) => () => `${build.name}, poison ${poison}: ${JSON.stringify(text(data))}`;
  for (const other of others) same(parsed(other, data, poison), expected, what(other));
  same(parsed(first!, data, poison), expected, what(first!));
}

function sameRead(grammar: keyof typeof GRAMMARS, data: Uint8Array, at: number, poison: number): void {
  const [first, ...others] = builds;
  const expected = read(first!, grammar, data, at, 0);
  const what = (build: Build) => () =>
    `${build.name}, ${grammar} at ${at}, poison ${poison}: ${JSON.stringify(text(data))}`;
  for (const other of others) same(read(other, grammar, data, at, poison), expected, what(other));
  same(read(first!, grammar, data, at, poison), expected, what(first!));
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString("latin1").slice(0, 2000);
}

/** One to four octets changed, taken away or put in; the octets that matter to a grammar come often. */
function mutate(random: Rng, data: Uint8Array): Uint8Array {
  const marks = bytes(' \t\r\n:;,<>"\\@=/[]?&%.*+-0129afAZz\0\x7f\x80\xc3\xa9\xff');
  let made = [...data];
  for (let times = random.below(4); times >= 0; times--) {
    const at = random.below(made.length + 1);
    const octet = random.below(4) === 0 ? random.below(256) : marks[random.below(marks.length)]!;
    const edit = random.below(4);
    if (edit === 0) made.splice(at, 1);
    else if (edit === 1) made.splice(at, 0, octet);
    else if (edit === 2 && at < made.length) made[at] = octet;
    else made = made.slice(0, at).concat(made.slice(random.below(made.length + 1)));
  }
  return Uint8Array.from(made.slice(0, 4000));
}

describe("parse", () => {
  it.each(vectors.map(({ name, bytes: data }) => [name, data] as const))("%s", (_name, data) => {
    for (const poison of POISON) sameParse(data, poison);
  });

  it("finds the same in every message cut anywhere", () => {
    const random = rng(4475);
    for (const { bytes: data } of vectors) {
      for (let i = 0; i < 40; i++) {
        sameParse(data.subarray(0, random.below(data.length)), POISON[random.below(POISON.length)]!);
      }
    }
  });

  it("finds the same in mutated messages", () => {
    const random = rng(5118);
    for (let i = 0; i < 4000; i++) {
      const data = mutate(random, vectors[random.below(vectors.length)]!.bytes);
      sameParse(data, POISON[random.below(POISON.length)]!);
    }
  });

  it("takes no control character for the letter or sign that it is but for one bit", () => {
    for (const name of ["\x16ia", "\x14o", "C\x13eq", "Call\x0cID"]) {
      sameParse(bytes(`OPTIONS sip:a SIP/2.0\r\n${name}: x\r\n\r\n`), 0x3a);
      for (const build of builds) {
        const { words } = parsed(build, bytes(`OPTIONS sip:a SIP/2.0\r\n${name}: x\r\n\r\n`), 0);
        expect((words[T_FIELDS + 1]! >>> 16) & 0xff, `${build.name} ${JSON.stringify(name)}`).toBe(0);
      }
    }
  });

  it("finds a CR without its LF, wherever it stands in the head, and none behind it", () => {
    const start = "OPTIONS sip:a SIP/2.0\r\n";
    for (let length = 0; length < 100; length++) {
      const head = `${start}X: ${"y".repeat(length)}\r\n\r\n`;
      for (const build of builds) {
        const body = head + "\r".repeat(40);
        expect(parsed(build, bytes(body), 0x0d).count, `${build.name} ${length}`).toBe(1);
        for (let at = 0; at < length; at++) {
          const bare = `${head.slice(0, start.length + 3 + at)}\r${head.slice(start.length + 4 + at)}`;
          const found = parsed(build, bytes(bare), 0x0a).count;
          expect(found, `${build.name} ${length} ${at}`).toBe(-E_LINE_END);
        }
      }
    }
  });

  it("finds the same at the limits", () => {
    const start = "OPTIONS sip:a@example.com SIP/2.0\r\n";
    const wide = `${start}X: ${"y".repeat(WINDOW_SIZE - start.length - 7)}\r\n\r\n`;
    const cases: [string, number][] = [
      ["", -E_EMPTY],
      ["\r\n\r\n\n", -E_EMPTY],
      [start, -E_HEAD_INCOMPLETE],
      [`${start}\r\n`, 0],
      ["one two\r\n\r\n", -E_START_LINE],
      [`${start}${"A:b\n".repeat(FIELDS_MAX)}\n`, FIELDS_MAX],
      [`${start}${"A:b\n".repeat(FIELDS_MAX + 1)}\n`, -E_TOO_MANY_HEADERS],
      [wide, 1],
      [`${wide.slice(0, -2)}`, -E_HEAD_INCOMPLETE],
      [`${wide.slice(0, -2)}yy`, -E_HEAD_TOO_LARGE],
      [`${start}X: ${"y".repeat(WINDOW_SIZE)}`.slice(0, WINDOW_SIZE), -E_HEAD_TOO_LARGE],
    ];
    expect(wide).toHaveLength(WINDOW_SIZE);
    for (const [message, count] of cases) {
      const data = bytes(message);
      for (const build of builds) expect(parsed(build, data, 0x3a).count, build.name).toBe(count);
      sameParse(data, 0x0a);
    }
  });

  it("finds in the frequent values what the grammar functions find", () => {
    for (const { bytes: data } of vectors) {
      for (const build of builds) {
        const { count, words, frequent: found } = parsed(build, data, 0);
        for (const [at, id] of [ID_VIA, ID_FROM, ID_TO, ID_CONTACT].entries()) {
          const fields = Array.from({ length: Math.max(count, 0) }, (_, i) => Q_VIA + 2 * i).filter(
            (word) => ((words[word + 1]! >>> 16) & 0xff) === id,
          );
          if (fields.length === 0) continue;
          const [start, end] = [words[fields[0]!]! >>> 16, words[fields[0]! + 1]! & 0xffff];
          build.record.fill(0x5a5a5a5a);
          const stop = (id === ID_VIA ? build.core.via : build.core.address)(start, end);
          const single = id === ID_FROM || id === ID_TO;
          const read =
            stop >= 0 && end! - start! <= FREQUENT_MAX && !(single && (stop !== end || fields.length > 1));
          const expected = read ? [1, stop, ...build.record.subarray(R_STOP + 1)] : [0];
          expect(found[at], `${build.name} ${id}`).toEqual(expected);
        }
      }
    }
  });

  it("knows a method by its number, and says ASCII where it is", () => {
    const data = bytes("INVITE sip:a SIP/2.0\r\nX: y\r\n\r\nbody");
    const foreign = bytes("INVITE sip:a SIP/2.0\r\nX: y\xe9\r\n\r\nbody");
    for (const build of builds) {
      place(build, data, 0, 0);
      build.core.parse(data.length);
      expect(build.table[T_FLAGS]! >>> F_METHOD_SHIFT, build.name).toBe(METHOD_INVITE);
      expect(build.table[T_FLAGS]! & F_ASCII, build.name).toBe(F_ASCII);
      place(build, foreign, 0, 0);
      build.core.parse(foreign.length);
      expect(build.table[T_FLAGS]! & F_ASCII, build.name).toBe(0);
    }
  });
});

describe("every grammar function", () => {
  const names = Object.keys(GRAMMARS) as (keyof typeof GRAMMARS)[];
  const values = [
    ...headerValues.map(({ value }) => bytes(Buffer.from(value).toString("latin1"))),
    ...vectors.flatMap(({ bytes: data }) =>
      text(data)
        .split("\r\n\r\n")[0]!
        .split(/\r?\n(?![ \t])/)
        .map((line) => bytes(line.slice(line.indexOf(":") + 1).trim())),
    ),
    // URIs and parameters by themselves
    ...[
      "sip:a:b@[::1]:5060;lr;x=%41?s=1&t=2",
      "sips:b",
      "tel:+1-2",
      "sip",
      "sip:",
      ";a=b;c",
      "a=1&b=%20",
    ].map(bytes),
  ];

  it.each(names)("%s on every value of the tables and vectors", (grammar) => {
    for (const value of values) for (const poison of POISON) sameRead(grammar, value, 0, poison);
  });

  it.each(names)("%s on cuts and mutations, anywhere in the window", (grammar) => {
    const random = rng(grammar.length * 7919);
    for (let i = 0; i < 3000; i++) {
      const value = values[random.below(values.length)]!;
      const data =
        random.below(3) === 0 ? value.subarray(0, random.below(value.length + 1)) : mutate(random, value);
      const at = random.below(2) === 0 ? random.below(40) : WINDOW_SIZE - data.length;
      sameRead(grammar, data, at, POISON[random.below(POISON.length)]!);
    }
  });

  it("reads the same whatever place of the window the value has", () => {
    const value = bytes("SIP/2.0/UDP [2001:db8::1]:5060 ;branch=z9hG4bK1;rport=7, next");
    for (const build of builds) {
      for (const at of [0, 1, 15, 16, 17, 31, WINDOW_SIZE - value.length]) {
        place(build, value, at, 0x41);
        expect(build.core.via(at, at + value.length), build.name).toBe(at + value.indexOf(0x2c));
      }
    }
  });

  it("takes as many parameters as fit, and no more", () => {
    const many = bytes(";a".repeat(PARAMS_MAX));
    const more = bytes(";a".repeat(PARAMS_MAX + 1));
    for (const build of builds) {
      place(build, many, 0, 0);
      expect(build.core.params(0, many.length), build.name).toBe(many.length);
      expect(build.record[R_PARAMS_COUNT]).toBe(PARAMS_MAX);
      place(build, more, 0, 0);
      expect(build.core.params(0, more.length), build.name).toBe(-1);
    }
  });

  it("reads numbers up to their limit, leading zeros included, and never wraps", () => {
    const cases: [string, number, number | undefined][] = [
      ["255", 255, 255],
      ["256", 255, undefined],
      ["0000000000000000000000000000255", 255, 255],
      ["4294967295", 0xffffffff, 4294967295],
      ["4294967296", 0xffffffff, undefined],
      ["18446744073709551617", 0xffffffff, undefined],
      ["36893488147419103233", 0xffffffff, undefined],
    ];
    for (const build of builds) {
      for (const [digits, most, value] of cases) {
        place(build, bytes(digits), 0, 0x39);
        const result = build.core.integer(0, digits.length, most);
        expect(result < 0 ? undefined : build.record[R_NUMBER], `${build.name} ${digits}`).toBe(value);
      }
    }
  });
});

describe("ascii", () => {
  it("looks at every octet and at none behind", () => {
    for (const build of builds) {
      for (let length = 0; length < 40; length++) {
        build.window.fill(0x7f, 0, length);
        build.window.fill(0x80, length, length + 32);
        expect(build.core.ascii(length), `${build.name} ${length}`).toBe(1);
        for (let at = 0; at < length; at++) {
          build.window[at] = 0x80;
          expect(build.core.ascii(length), `${build.name} ${at} of ${length}`).toBe(0);
          build.window[at] = 0x7f;
        }
      }
    }
  });
});
