// The framer: the same messages and keep-alives however the octets are cut, limits, and what ends a stream.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { withContentLength } from "../../src/transport/content-length.ts";
import { Framer, type FramerOptions } from "../../src/transport/framer.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import { encode } from "./contract.ts";

const decode = (data: Uint8Array): string => new TextDecoder("latin1").decode(data);

function reader(options: Partial<FramerOptions> = {}) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const faults: { error: SipError; head: string | undefined }[] = [];
  const sink = {
    onFrame: (data: Uint8Array): void => void told.push(decode(data)),
    onKeepAlive: (kind: "ping" | "pong"): void => void told.push(kind),
    onFault(error: SipError, head: Uint8Array | undefined): void {
      told.push(`fault ${error.code}`);
      faults.push({ error, head: head && decode(head) });
    },
  };
  const framer = new Framer(sink, { clock, ...options });
  return { framer, clock, told, faults, sink };
}

/** What comes out of one whole chunk. */
function read(text: string | Uint8Array, options: Partial<FramerOptions> = {}) {
  const all = reader(options);
  all.framer.push(typeof text === "string" ? encode(text) : text);
  return all;
}

const START = "OPTIONS sip:a@b SIP/2.0\r\n";
const bare = `${START}Call-ID: 1\r\nContent-Length: 0\r\n\r\n`;
const body = `${START}Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello\r\n\r\nyou`;
const compact = "SIP/2.0 200 OK\r\nc: a/b\r\nL :  3 \r\n\r\n\r\n\r";
const folded = `${START}X: l: 5\r\n l: 7\r\nCONTENT-LENGTH\t:\r\n \r\n\t2\r\n\r\nab`;
const bareLf = `${START.replace("\r", "")}l: 1\nl: 01\n\nz`;
const none = `${START}Subject: l: 4\r\n\r\n`;
const each = { bare, body, compact, folded, bareLf, none };

describe("a message on a stream ends by its Content-Length", () => {
  it.each(Object.entries(each))("%s", (_name, text) => {
    expect(read(text).told).toEqual([text]);
    expect(read(text + body).told).toEqual([text, body]);
  });

  it("keeps octets as they are", () => {
    const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
    const message = Uint8Array.from([...encode(`${START}l: 256\r\n\r\n`), ...binary]);
    expect(read(message).told).toEqual([decode(message)]);
  });
});

describe("however the octets are cut", () => {
  const stream = [
    `\r\n\r\n${bare}`,
    `\r\n${body}`,
    compact,
    `\r\n\r\n\r\n${folded}`,
    `\n\0\r${bareLf}`,
    `${none}\r\n\r\n\r\n\r\n`,
  ].join("");
  const expected = [
    ...["pong", "ping", bare, "pong", body, compact, "pong", "ping", "pong", folded, bareLf, none],
    ...["pong", "ping", "pong", "ping"],
  ];
  const bytes = encode(stream);

  const pushAll = (cuts: readonly number[]): readonly string[] => {
    const { framer, told, clock } = reader();
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      // A copy whose store is overwritten at once, as a socket does with its own.
      const chunk = bytes.slice(from, cut);
      framer.push(chunk);
      chunk.fill(120);
      from = cut;
    }
    expect([framer.partial, framer.held, clock.size]).toEqual([false, 0, 0]);
    return told;
  };

  it("whole", () => {
    expect(pushAll([])).toEqual(expected);
  });

  it("once, at every position", () => {
    for (let cut = 0; cut <= bytes.length; cut++) expect(pushAll([cut]), `cut at ${cut}`).toEqual(expected);
  });

  it("after every octet", () => {
    expect(pushAll([...bytes.keys()])).toEqual(expected);
  });

  it("anywhere, five hundred times", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 500; round++) {
      const many = 1 + Math.floor(random.fraction() * 12);
      const cuts = Array.from({ length: many }, () => Math.floor(random.fraction() * bytes.length));
      cuts.sort((a, b) => a - b);
      expect(pushAll(cuts), `cut at ${cuts}`).toEqual(expected);
    }
  });
});

it.each([1, 7, 100, 511, 4096])("a large message comes out whole, %i octets at a time", (size) => {
  const long = Array.from({ length: 900 }, (_, i) => `X-${i}: ${"x".repeat(i % 40)}\r\n`).join("");
  const text = `${START}${long}l: 9000\r\n\r\n${Array.from({ length: 1500 }, (_, i) => `${100_000 + i}`).join("")}`;
  const { framer, told, clock } = reader();
  const bytes = encode(text + bare);
  for (let at = 0; at < bytes.length; at += size) framer.push(bytes.slice(at, at + size));
  expect(told).toEqual([text, bare]);
  expect([framer.held, clock.size]).toEqual([0, 0]);
});

describe("a stream that cannot be read on", () => {
  const bad = (lines: string): string => `${START}${lines}\r\n\r\n`;

  it.each([
    ["value_invalid", bad("Content-Length: abc")],
    ["value_invalid", bad("Content-Length:")],
    ["value_invalid", bad("l: -1")],
    ["value_invalid", bad("l: 1 2")],
    ["value_invalid", bad("l: 0x10")],
    ["value_invalid", bad("l: 2147483648")],
    ["value_invalid", bad("l: 99999999999999999999999999")],
    ["value_invalid", bad("l: 1\r\n\t1")],
    ["value_duplicate", bad("l: 1\r\nContent-Length: 2")],
    ["header_missing", bad("Content-Type: text/plain")],
    ["header_missing", bad("C : text/plain")],
    ["header_missing", bad("Content\rLength: 3\r\nc: a/b")],
  ])("%s: %j is told with its head, once, whatever the cut", (code, head) => {
    for (let cut = 0; cut < head.length; cut++) {
      const { framer, told, faults, clock } = reader();
      framer.push(encode(head.slice(0, cut)));
      framer.push(encode(`${head.slice(cut)}${bare}`));
      framer.push(encode(bare));
      expect(told).toEqual([`fault ${code}`]);
      expect(faults[0]).toMatchObject({ error: { status: 400, header: "Content-Length" }, head });
      expect([clock.size, framer.held]).toEqual([0, 0]);
    }
  });

  it.each([
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "v=0\no=-\n\n",
    "xSIP/2.0 200 OK\r\n\r\n",
    "GET /SIP/2.0 HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nX: SIP/2.0\r\n\r\n",
    ...["rip/", "zip/", "shp/", "sap/", "siq/", "sit/", "sip:", "sips", "si/p"].map(
      (word) => `GET ${word} ${word}2.0\r\n\r\n`,
    ),
    "SI\r\nP/\r\n\r\n",
    "\u0001\u0002\n\n",
  ])("%j is not SIP", (text) => {
    expect(read(text + bare)).toMatchObject({
      told: ["fault start_line_invalid"],
      faults: [{ head: undefined }],
    });
  });

  it.each(["sIp/2.0 200 OK", "Sip/3.0", "OPTIONS sip:a@b\tSIP/2.0", "what it  says SIP/2.0", " SIP/"])(
    "%j may be SIP: the parser, which can tell, is given it",
    (line) => {
      const text = `${line}\r\nl: 0\r\n\r\n`;
      expect(read(text + bare).told).toEqual([text, bare]);
    },
  );

  it("is told no more once the sink stops it", () => {
    const all = reader();
    all.sink.onFrame = (data) => {
      all.told.push(decode(data));
      all.framer.stop();
    };
    all.framer.push(encode(bare + bare));
    expect(all.told).toEqual([bare]);
    all.framer.push(encode(bare));
    expect(all.told).toEqual([bare]);
  });

  it("is told no more once the sink stops it within a ping, whose answer may have found the connection broken", () => {
    const all = reader();
    all.sink.onKeepAlive = (kind) => {
      all.told.push(kind);
      if (kind === "ping") all.framer.stop();
    };
    all.framer.push(encode(`\r\n\r\n${bare}\r\n`));
    expect(all.told).toEqual(["pong", "ping"]);
    expect([all.framer.held, all.clock.size]).toEqual([0, 0]);
    const other = reader();
    other.sink.onKeepAlive = (kind) => {
      other.told.push(kind);
      other.framer.stop();
    };
    other.framer.push(encode("\r\n\r\n\r\n"));
    expect(other.told).toEqual(["pong"]);
  });
});

it.each(["x\n", "\rX: y\r\n", "\r\r\n"])("the line %j ends no head", (line) => {
  const text = `${START}${line}l: 1\r\n\r\nz`;
  expect(read(text + bare).told).toEqual([text, bare]);
  const { framer, told } = reader();
  for (const octet of text) framer.push(encode(octet));
  expect(told).toEqual([text]);
});

describe("between messages", () => {
  it.each([
    ["\r\n\n", ["pong"]],
    ["\r\n\r\n\n", ["pong", "ping"]],
    ["\r\n\0\r\n", ["pong", "pong"]],
    ["\r\n\r\0\n\r\n", ["pong", "pong"]],
    ["\r\r\n", ["pong"]],
  ])("%j is %j", (text, expected) => {
    expect(read(text).told).toEqual(expected);
  });

  it("a LF alone is no keep-alive, and a first octet makes a message that is not whole", () => {
    const { framer, told } = reader();
    framer.push(encode("\n"));
    expect([told, framer.partial]).toEqual([[], false]);
    framer.push(encode("O"));
    expect([told, framer.partial]).toEqual([[], true]);
    framer.push(encode(bare.slice(1)));
    expect([told, framer.partial]).toEqual([[bare], false]);
  });
});

describe("what is sent on a stream", () => {
  const complete = (text: string) => decode(withContentLength(encode(text)));

  it("gets a Content-Length where it has none", () => {
    expect(complete(`${START}\r\n`)).toBe(`${START}Content-Length: 0\r\n\r\n`);
    expect(complete(`${START}c: a/b\r\n\r\nbody\r\n\r\n`)).toBe(
      `${START}c: a/b\r\nContent-Length: 8\r\n\r\nbody\r\n\r\n`,
    );
    expect(complete("SIP/2.0 200 OK\nX: y\n\nz")).toBe("SIP/2.0 200 OK\nX: y\nContent-Length: 1\r\n\nz");
  });

  it.each([
    ...Object.values({ bare, body, compact, folded, bareLf }),
    "\r\n\r\n",
    "\r\n",
    "",
    "x",
    `${START}`,
  ])("is %j as it was", (text) => {
    const data = encode(text);
    expect(withContentLength(data)).toBe(data);
  });
});

describe("limits", () => {
  it("of the head, in one piece and in many", () => {
    const head = `${START}X: ${"x".repeat(100)}\r\n\r\n`;
    expect(read(head, { headSize: head.length }).told).toEqual([head]);
    expect(read(head, { headSize: head.length - 1 }).told).toEqual(["fault head_too_large"]);
    const { framer, told } = reader({ headSize: 2000 });
    for (let i = 0; i < 50; i++) framer.push(encode("x".repeat(100)));
    expect([told, framer.held]).toEqual([["fault head_too_large"], 0]);
  });

  it("of the head, for each message by itself, however many come in one piece", () => {
    const { told } = read(bare.repeat(50), { headSize: bare.length });
    expect(told).toEqual(new Array(50).fill(bare));
    const large = `${START}X: ${"x".repeat(100)}\r\n\r\n`;
    const { told: later, faults } = read(bare + large, { headSize: bare.length });
    expect(later).toEqual([bare, "fault head_too_large"]);
    expect(faults).toMatchObject([{ error: { status: 513 }, head: undefined }]);
  });

  it("are 65,535 octets of head, a mebibyte of message and 30 seconds, where nobody says more", () => {
    const head = (length: number) => `${START}X: ${"x".repeat(length - START.length - 7)}\r\n\r\n`;
    expect(read(head(65_535)).told).toEqual([head(65_535)]);
    expect(read(head(65_536)).told).toEqual(["fault head_too_large"]);
    const announced = (whole: number) => {
      const start = `${START}l: ${whole}\r\n\r\n`;
      return start.replace(`${whole}`, `${whole - start.length}`);
    };
    expect(announced(1_048_576)).toHaveLength(announced(1_048_577).length);
    expect(read(announced(1_048_577)).told).toEqual(["fault message_too_large"]);
    const { told, clock } = read(announced(1_048_576));
    clock.advance(29_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect([told, clock.size]).toEqual([["fault timeout"], 0]);
  });

  it("of the message: 413 as soon as it is announced", () => {
    const announced = `${START}l: 900\r\n\r\n`;
    const { told, faults } = read(announced, { messageSize: announced.length + 899 });
    expect(told).toEqual(["fault message_too_large"]);
    expect(faults).toMatchObject([{ error: { status: 413, header: undefined }, head: announced }]);
    const whole = announced + "b".repeat(900);
    expect(read(whole, { messageSize: whole.length }).told).toEqual([whole]);
  });

  it("of memory: it holds no more than what came asks for", () => {
    const { framer } = reader({ messageSize: 1e9 });
    framer.push(encode(`${START}l: 900000000\r\n\r\n`));
    expect(framer.held).toBeLessThanOrEqual(512);
    for (let i = 0; i < 100; i++) framer.push(encode("b".repeat(100)));
    expect(framer.held).toBeLessThanOrEqual(2 * 10_100);
  });

  it("of time, from a message's first octet on, whatever trickles in", () => {
    const { framer, clock, told } = reader({ partialTimeout: 1000 });
    framer.push(encode("\r\n\r\n\r\n"));
    expect(clock.size).toBe(0);
    for (const octet of bare) {
      framer.push(encode(octet));
      clock.advance(30);
    }
    expect(told.slice(3)).toEqual(["fault timeout"]);
    expect([clock.size, framer.held]).toEqual([0, 0]);
  });

  it("of time: each message has its own", () => {
    const { framer, clock, told } = reader({ partialTimeout: 1000 });
    for (let i = 0; i < 5; i++) {
      framer.push(encode(bare.slice(0, 20)));
      clock.advance(900);
      framer.push(encode(bare.slice(20)));
    }
    expect(told).toEqual([bare, bare, bare, bare, bare]);
    expect(clock.size).toBe(0);
    framer.push(encode(bare.slice(0, 20)));
    clock.advance(1000);
    expect(told.slice(5)).toEqual(["fault timeout"]);
  });

  it("of time: none, where it is 0", () => {
    const { framer, clock, told } = reader({ partialTimeout: 0 });
    framer.push(encode(bare.slice(0, 20)));
    expect(clock.size).toBe(0);
    clock.advance(1e9);
    framer.push(encode(bare.slice(20)));
    expect(told).toEqual([bare]);
  });

  it("of work: an octet at a time is copied and scanned in proportion to its length", () => {
    // What is counted is octets copied by growing: each doubling copies what was there.
    const copied = (length: number): number => {
      const { framer } = reader();
      let total = 0;
      let held = 0;
      framer.push(encode(`${START}l: ${length}\r\n\r\n`));
      for (let i = 1; i < length; i++) {
        framer.push(encode("b"));
        if (framer.held !== held) total += framer.held;
        held = framer.held;
      }
      return total;
    };
    expect(copied(8000)).toBeLessThanOrEqual(2.2 * copied(4000));
  });
});

describe("a pause", () => {
  it("keeps what has come, and holds nothing afterwards", () => {
    const { framer, told, sink } = reader();
    const tell = sink.onFrame;
    sink.onFrame = (data) => {
      framer.pause();
      tell(data);
    };
    framer.push(encode(`${bare}\r\n\r\n${body}${compact.slice(0, 9)}`));
    expect([told.length, framer.partial]).toEqual([1, false]);
    framer.push(encode(compact.slice(9)));
    expect([told.length, framer.held > 0]).toEqual([1, true]);
    framer.resume();
    expect(told).toEqual([bare, "pong", "ping", body]);
    framer.resume();
    expect(told.slice(4)).toEqual([compact]);
    framer.resume();
    framer.push(encode("\r\n"));
    expect([told.slice(5), framer.held]).toEqual([["pong"], 0]);
  });

  it("costs the peer no time: a message that has begun has all of its own once there is reading again", () => {
    const { framer, clock, told } = reader({ partialTimeout: 1000 });
    framer.push(encode(bare.slice(0, 20)));
    clock.advance(900);
    framer.pause();
    framer.pause();
    expect(clock.size).toBe(0);
    clock.advance(5000);
    framer.resume();
    framer.resume();
    clock.advance(999);
    expect([told, clock.size]).toEqual([[], 1]);
    clock.advance(1);
    expect(told).toEqual(["fault timeout"]);
  });

  it("leaves no timer where there is nothing to wait for, or all came meanwhile", () => {
    const { framer, clock, told } = reader({ partialTimeout: 1000 });
    framer.pause();
    framer.resume();
    framer.push(encode(bare.slice(0, 20)));
    framer.pause();
    framer.push(encode(bare.slice(20)));
    framer.resume();
    expect([told, clock.size]).toEqual([[bare], 0]);
    framer.push(encode(bare.slice(0, 20)));
    framer.pause();
    framer.stop();
    framer.resume();
    expect(clock.size).toBe(0);
  });

  it("of a framer without a time sets none", () => {
    const { framer, clock } = reader({ partialTimeout: 0 });
    framer.push(encode(bare.slice(0, 20)));
    framer.pause();
    framer.resume();
    expect(clock.size).toBe(0);
  });

  it("within a ping is one before what follows, and an end is an end", () => {
    const { framer, told, sink, clock } = reader();
    sink.onKeepAlive = (kind) => {
      told.push(kind);
      framer.pause();
    };
    framer.push(encode(`\r\n\r\n${bare}`));
    expect(told).toEqual(["pong"]);
    framer.resume();
    expect(told).toEqual(["pong", "ping"]);
    expect(framer.held).toBe(bare.length);
    framer.stop();
    expect(framer.held).toBe(0);
    framer.resume();
    expect([told.length, framer.held, clock.size]).toEqual([2, 0, 0]);
  });
});
