// Headers: reading, editing, and what they refuse.
import { describe, expect, it } from "vitest";
import { Headers } from "../../src/message/headers.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Via } from "../../src/message/via.ts";
import { invite, thrown } from "./samples.ts";

const read = (...lines: string[]) =>
  parseMessage(["OPTIONS sip:bob@example.com SIP/2.0", ...lines, "", ""].join("\r\n")).headers;

/** Headers built from nothing, by hand. */
function made(...fields: [name: string, value: string][]): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}

const lines = (headers: Headers) => [...headers].map(([name, value]) => `${name}: ${value}`);

describe("get", () => {
  const headers = parseMessage(
    invite(["Subject: lunch", "Expires: 60", "Content-Type: application/sdp", "X-Note: one", "X-Note: two"]),
  ).headers;

  it("gives each header its type", () => {
    expect(headers.get("Via")).toHaveLength(2);
    expect(headers.get("Via")[0]).toBeInstanceOf(Via);
    expect(headers.get("Via")[1]?.received).toBe("192.0.2.2");
    expect(headers.get("From")).toBeInstanceOf(NameAddr);
    expect(headers.get("From")?.tag).toBe("1928301774");
    expect(headers.get("To")?.displayName).toBe("Bob");
    expect(headers.get("CSeq")?.number).toBe(314159);
    expect(headers.get("CSeq")?.method).toBe("INVITE");
    expect(headers.get("Call-ID")).toBe("a84b4c76e66710@pc33.atlanta.example.com");
    expect(headers.get("Max-Forwards")).toBe(69);
    expect(headers.get("Expires")).toBe(60);
    expect(headers.get("Content-Length")).toBe(0);
    expect(headers.get("Content-Type")?.essence).toBe("application/sdp");
    expect(headers.get("Subject")).toBe("lunch");
    expect(headers.get("Contact").map(({ uri }) => uri.host)).toEqual(["pc33.atlanta.example.com"]);
  });

  it("gives undefined for a single header that is not there, and an empty list for a list", () => {
    const none = read("CSeq: 1 OPTIONS");
    expect(none.get("From")).toBeUndefined();
    expect(none.get("Call-ID")).toBeUndefined();
    expect(none.get("Expires")).toBeUndefined();
    expect(none.get("Via")).toEqual([]);
    expect(none.get("Contact")).toEqual([]);
    expect(none.get("X-Unknown")).toEqual([]);
  });

  it("takes the name in any case (RFC 3261 §7.3.1)", () => {
    for (const name of ["cseq", "CSEQ", "cSeQ"]) {
      expect((headers.get(name) as { number: number }).number).toBe(314159);
    }
    expect(headers.get("x-nOTE")).toEqual(["one", "two"]);
  });

  it("takes compact forms for long names and long names for compact forms (§7.3.3)", () => {
    const compact = read(
      "v: SIP/2.0/UDP a.example.com",
      "f: <sip:f@example.com>;tag=1",
      "T: <sip:t@example.com>",
      "i: id@example.com",
      "m: <sip:m@example.com>",
      "l: 0",
      "c: text/plain",
      "s: lunch",
      "k: 100rel",
      "e: gzip",
    );
    expect(compact.get("Via")[0]?.host).toBe("a.example.com");
    expect(compact.get("From")?.uri.user).toBe("f");
    expect(compact.get("To")?.uri.user).toBe("t");
    expect(compact.get("Call-ID")).toBe("id@example.com");
    expect(compact.get("Contact")[0]?.uri.user).toBe("m");
    expect(compact.get("Content-Length")).toBe(0);
    expect(compact.get("Content-Type")?.essence).toBe("text/plain");
    expect(compact.get("Subject")).toBe("lunch");
    expect(compact.get("Supported")).toEqual(["100rel"]);
    expect(headers.get("v")).toHaveLength(2);
    expect(headers.get("F")?.tag).toBe("1928301774");
    expect(headers.get("i")).toBe(headers.get("Call-ID"));
  });

  it("joins a list's lines and commas in order", () => {
    const routes = read(
      "Route: <sip:a.example.com;lr>, <sip:b.example.com;lr>",
      "Subject: between",
      "Route:<sip:c.example.com;lr>,<sip:d.example.com;lr>",
    ).get("Route");
    expect(routes.map(({ uri }) => uri.host)).toEqual([
      "a.example.com",
      "b.example.com",
      "c.example.com",
      "d.example.com",
    ]);
  });

  it("does not split at commas in quotes or angle brackets", () => {
    const contacts = read(
      'Contact: "Doe, \\"J,\\" John" <sip:j,d@example.com?Subject=a%2Cb>;q=0.5, <sip:x@example.com>;note="a,b"',
    ).get("Contact");
    expect(contacts).toHaveLength(2);
    expect(contacts[0]?.displayName).toBe('Doe, "J," John');
    expect(contacts[0]?.uri.user).toBe("j,d");
    expect(contacts[0]?.params.get("q")).toBe("0.5");
    expect(contacts[1]?.params.get("note")).toBe("a,b");
  });

  it("passes over empty members of a list, and takes an empty list (§20.5, §20.32)", () => {
    for (const [text, tags] of [
      [",100rel", ["100rel"]],
      ["100rel,", ["100rel"]],
      ["100rel, ,timer", ["100rel", "timer"]],
      [",", []],
      ["", []],
    ] as const) {
      expect(read(`Supported: ${text}`).get("Supported"), text).toEqual(tags);
    }
    expect(read("Supported: ", "Supported: path").get("Supported")).toEqual(["path"]);
    expect(read("Allow:").first("Allow")).toBeUndefined();
    expect(thrown(() => read("Supported: a,b,,;").get("Supported"))).toMatchObject({ index: 2 });
  });

  it("reads the * of a Contact (§10.2.2)", () => {
    const [star] = read("Contact: *").get("Contact");
    expect(star?.isStar).toBe(true);
    expect(star?.uri.scheme).toBe("*");
    expect(String(star)).toBe("*");
    expect(read("Contact: <sip:a@example.com>").get("Contact")[0]?.isStar).toBe(false);
  });

  it("reads a folded value as one line (§7.3.1)", () => {
    const folded = read("Subject: I know you're there,", "         pick up the phone", "\tand talk to me!");
    expect(folded.get("Subject")).toBe("I know you're there, pick up the phone and talk to me!");
    const via = read("Via: SIP/2.0/UDP", " a.example.com", "\t;branch=z9hG4bK1").get("Via")[0];
    expect(via?.host).toBe("a.example.com");
    expect(via?.branch).toBe("z9hG4bK1");
  });

  it("gives the same object each time", () => {
    expect(headers.get("From")).toBe(headers.get("f"));
    expect(headers.get("Via")).toBe(headers.get("via"));
    expect(headers.get("X-Note")).toBe(headers.get("x-note"));
  });

  it("reads values that are not ASCII as UTF-8", () => {
    const foreign = read('From: "Zoë" <sip:z@example.com>;tag=1', "Subject: Grüße, 日本", "X-Note: ñ");
    expect(foreign.get("From")?.displayName).toBe("Zoë");
    expect(foreign.get("Subject")).toBe("Grüße, 日本");
    expect(foreign.get("X-Note")).toEqual(["ñ"]);
  });
});

describe("a value that is malformed", () => {
  it("throws value_invalid with status, header and offset", () => {
    const headers = read(
      "CSeq: one OPTIONS",
      "Max-Forwards: 256",
      "Via: SIP/2.0/UDP",
      'To: "a <sip:a@b>',
      "Expires:",
    );
    expect(thrown(() => headers.get("CSeq"))).toMatchObject({
      code: "value_invalid",
      status: 400,
      header: "CSeq",
      offset: "OPTIONS sip:bob@example.com SIP/2.0\r\nCSeq: ".length,
    });
    for (const name of ["Max-Forwards", "Via", "To", "Expires"]) {
      const error = thrown(() => headers.get(name));
      expect(error).toMatchObject({ code: "value_invalid", status: 400, header: name });
      expect(error.offset).toBeGreaterThan(0);
    }
  });

  it("throws each time, and keeps the rest readable", () => {
    const headers = read("CSeq: x", "Call-ID: ok");
    for (let i = 0; i < 2; i++) expect(thrown(() => headers.get("CSeq")).code).toBe("value_invalid");
    expect(headers.get("Call-ID")).toBe("ok");
    expect(headers.raw("CSeq")).toEqual(["x"]);
  });

  it("says which value of a list", () => {
    const headers = read("Route: <sip:a@example.com>, <sip:b@example.com>", "Route: <nothing");
    expect(thrown(() => headers.get("Route"))).toMatchObject({ header: "Route", index: 2, status: 400 });
  });

  it("throws uri_invalid where the URI is to blame", () => {
    const headers = read("From: <sip:>;tag=1");
    expect(thrown(() => headers.get("From"))).toMatchObject({
      code: "uri_invalid",
      status: 400,
      header: "From",
    });
  });

  it("throws value_duplicate for a single header that is there twice", () => {
    const headers = read("CSeq: 1 OPTIONS", "Q: y", "cseq: 1 OPTIONS", "f: <sip:a@b>", "From: <sip:a@b>");
    expect(thrown(() => headers.get("CSeq"))).toMatchObject({
      code: "value_duplicate",
      status: 400,
      header: "CSeq",
    });
    expect(thrown(() => headers.get("From")).code).toBe("value_duplicate");
    expect(headers.raw("From")).toEqual(["<sip:a@b>", "<sip:a@b>"]);
    expect(thrown(() => made(["To", "<sip:a@b>"], ["To", "<sip:a@b>"]).get("To")).code).toBe(
      "value_duplicate",
    );
  });

  it("refuses more values than anybody can mean", () => {
    const many = made(["Supported", Array(2049).fill("a").join(",")]);
    expect(thrown(() => many.get("Supported"))).toMatchObject({ code: "too_many_values", status: 400 });
    expect(made(["Supported", Array(2048).fill("a").join(",")]).get("Supported")).toHaveLength(2048);
    const long = (at: number) =>
      made([
        "Supported",
        Array(3000)
          .fill("abc")
          .fill("a b", at, at + 1)
          .join(", "),
      ]);
    expect(thrown(() => long(7).get("Supported"))).toMatchObject({ code: "value_invalid", index: 7 });
    expect(thrown(() => long(2900).get("Supported"))).toMatchObject({ code: "too_many_values" });
    expect(made(["Supported", Array(2000).fill("abc").join(", ")]).get("Supported")).toHaveLength(2000);
    const two = made(
      ["Supported", Array(2000).fill("abc").join(",")],
      ["Supported", Array(49).fill("a").join(",")],
    );
    expect(thrown(() => two.get("Supported"))).toMatchObject({ code: "too_many_values" });
  });
});

describe("first", () => {
  it("gives the first value and looks no further", () => {
    const headers = read("Via: SIP/2.0/UDP a.example.com, rubbish", "Via: more rubbish", "Q: 1", "Q: 2");
    expect(headers.first("Via")?.host).toBe("a.example.com");
    expect(headers.first("Q")).toBe("1");
    expect(headers.first("Route")).toBeUndefined();
    expect(headers.first("Z")).toBeUndefined();
    expect(thrown(() => headers.get("Via")).code).toBe("value_invalid");
  });

  it("passes over a field that has none", () => {
    expect(read("Supported: ", "Supported: path").first("Supported")).toBe("path");
    expect(read("Route: ", "Route: <sip:a@example.com>").first("Route")?.uri.user).toBe("a");
  });
});

describe("has, raw, size and iteration", () => {
  const headers = read(
    "v: SIP/2.0/UDP a.example.com, SIP/2.0/UDP b.example.com",
    "X-Fold: one",
    "   two",
    "Subject:",
    "no colon here",
    "x-fold: three",
  );

  it("tell what is there", () => {
    expect(headers.has("Via")).toBe(true);
    expect(headers.has("V")).toBe(true);
    expect(headers.has("X-FOLD")).toBe(true);
    expect(headers.has("Subject")).toBe(true);
    expect(headers.has("Route")).toBe(false);
    expect(headers.has("Q")).toBe(false);
    expect(headers.has("no colon here")).toBe(false);
  });

  it("raw gives one text a field", () => {
    expect(headers.raw("Via")).toEqual(["SIP/2.0/UDP a.example.com, SIP/2.0/UDP b.example.com"]);
    expect(headers.raw("x-Fold")).toEqual(["one two", "three"]);
    expect(headers.raw("Subject")).toEqual([""]);
    expect(headers.raw("Route")).toEqual([]);
  });

  it("size counts lines, and iteration gives them in order with the names as written", () => {
    expect(headers.size).toBe(5);
    expect([...headers].map(([name]) => name)).toEqual(["v", "X-Fold", "Subject", "", "x-fold"]);
    expect([...headers][1]).toEqual(["X-Fold", "one two"]);
    expect([...headers][3]).toEqual(["", "no colon here"]);
  });
});

describe("edits", () => {
  it("set replaces all of the name, in the place of the first", () => {
    const headers = made(
      ["X-A", "1"],
      ["Route", "<sip:a>"],
      ["X-B", "2"],
      ["route", "<sip:b>"],
      ["X-C", "3"],
    );
    headers.set("Route", "<sip:c>");
    expect(lines(headers)).toEqual(["X-A: 1", "Route: <sip:c>", "X-B: 2", "X-C: 3"]);
    headers.set("Route", ["<sip:d>", "<sip:e>"]);
    expect(lines(headers)).toEqual(["X-A: 1", "Route: <sip:d>", "Route: <sip:e>", "X-B: 2", "X-C: 3"]);
    headers.set("X-D", "4");
    expect(lines(headers).at(-1)).toBe("X-D: 4");
    headers.set("Route", []);
    expect(lines(headers)).toEqual(["X-A: 1", "X-B: 2", "X-C: 3", "X-D: 4"]);
    headers.set("Route", []);
    expect(headers.size).toBe(4);
  });

  it("append puts behind the last of the name, or at the end", () => {
    const headers = made(["X-A", "1"], ["X-B", "2"]);
    headers.append("X-A", "3").append("X-C", ["4", "5"]).append("X-C", "6");
    expect(lines(headers)).toEqual(["X-A: 1", "X-A: 3", "X-B: 2", "X-C: 4", "X-C: 5", "X-C: 6"]);
  });

  it("prepend puts before the first of the name, or before all", () => {
    const headers = made(["X-A", "1"], ["Via", "SIP/2.0/UDP b"], ["Via", "SIP/2.0/UDP c"]);
    headers.prepend("Via", "SIP/2.0/UDP a").prepend("X-Z", "0");
    expect(lines(headers)).toEqual([
      "X-Z: 0",
      "X-A: 1",
      "Via: SIP/2.0/UDP a",
      "Via: SIP/2.0/UDP b",
      "Via: SIP/2.0/UDP c",
    ]);
    headers.prepend("X-A", ["x", "y"]);
    expect(headers.raw("X-A")).toEqual(["x", "y", "1"]);
    // Where several stand at the very front, too, as Vias do: the topmost is the way back.
    const vias = made(["Via", "SIP/2.0/UDP b"], ["Via", "SIP/2.0/UDP c"]).prepend("Via", "SIP/2.0/UDP a");
    expect(vias.raw("Via")).toEqual(["SIP/2.0/UDP a", "SIP/2.0/UDP b", "SIP/2.0/UDP c"]);
  });

  it("shift and pop take one value, from a line or out of a list", () => {
    const headers = read(
      "Route: <sip:a@example.com>, <sip:b@example.com>;x=1,<sip:c@example.com>",
      "Route: <sip:d@example.com>",
    );
    expect(headers.shift("Route")?.uri.user).toBe("a");
    expect(headers.raw("Route")).toEqual([
      "<sip:b@example.com>;x=1,<sip:c@example.com>",
      "<sip:d@example.com>",
    ]);
    expect(headers.pop("route")?.uri.user).toBe("d");
    expect(headers.pop("Route")?.uri.user).toBe("c");
    expect(headers.raw("Route")).toEqual(["<sip:b@example.com>;x=1"]);
    expect(headers.shift("Route")?.params.get("x")).toBe("1");
    expect(headers.has("Route")).toBe(false);
    expect(headers.shift("Route")).toBeUndefined();
    expect(headers.pop("Route")).toBeUndefined();
    expect(headers.size).toBe(0);
  });

  it("give an empty list that nobody can put anything into: all messages share it", () => {
    const empty = read("Expires: 60").get("Contact") as unknown[];
    expect(() => empty.push("sip:x")).toThrow(TypeError);
    expect(read("Expires: 60").get("Route")).toEqual([]);
  });

  it("shift and pop leave a value that cannot be read", () => {
    // addr-specs, which the grammar of a list takes and that of Route does not.
    const headers = read("Route: sip:a@example.com, <sip:b@example.com>, sip:c@example.com", "Expires: x");
    const before = [...headers];
    for (const take of [
      () => headers.shift("Route"),
      () => headers.pop("Route"),
      () => headers.shift("Expires"),
    ])
      expect(thrown(take).code).toBe("value_invalid");
    expect([...headers]).toEqual(before);
  });

  it("shift and pop pass over fields without a value", () => {
    const headers = read("Allow: ", "Allow: INVITE, ACK", "Allow:");
    expect(headers.shift("Allow")).toBe("INVITE");
    expect(headers.pop("Allow")).toBe("ACK");
    expect(headers.pop("Allow")).toBeUndefined();
  });

  it("shift and pop work on single and unknown headers too", () => {
    const headers = read("Expires: 60", "Q: 1", "Q: 2", "Q: 3");
    expect(headers.shift("Expires")).toBe(60);
    expect(headers.has("Expires")).toBe(false);
    expect(headers.shift("Q")).toBe("1");
    expect(headers.pop("q")).toBe("3");
    expect(headers.raw("Q")).toEqual(["2"]);
  });

  it("leave everything as it was where the value to take is malformed", () => {
    const headers = read("Route: <sip:a@example.com>, <broken");
    expect(thrown(() => headers.pop("Route")).code).toMatch(/^(value|uri)_invalid$/);
    expect(headers.raw("Route")).toEqual(["<sip:a@example.com>, <broken"]);
  });

  it("delete takes all of the name and says whether there was one", () => {
    const headers = read("Q: 1", "v: SIP/2.0/UDP a", "q: 2", "Via: SIP/2.0/UDP b", "Z: 3");
    expect(headers.delete("Q")).toBe(true);
    expect(headers.delete("via")).toBe(true);
    expect(headers.delete("Route")).toBe(false);
    expect(lines(headers)).toEqual(["Z: 3"]);
  });

  it("are seen by whatever was read before", () => {
    const headers = read("CSeq: 1 OPTIONS", "Route: <sip:a@example.com>", "Q: 1");
    expect(headers.get("CSeq")?.number).toBe(1);
    expect(headers.get("Route")).toHaveLength(1);
    expect(headers.first("Route")?.uri.user).toBe("a");
    expect(headers.get("Q")).toEqual(["1"]);
    headers.set("cseq", "2 OPTIONS").prepend("Route", "<sip:z@example.com>").append("q", "2");
    expect(headers.get("CSeq")?.number).toBe(2);
    expect(headers.get("Route").map(({ uri }) => uri.user)).toEqual(["z", "a"]);
    expect(headers.first("Route")?.uri.user).toBe("z");
    expect(headers.get("Q")).toEqual(["1", "2"]);
    headers.shift("Route");
    expect(headers.first("Route")?.uri.user).toBe("a");
    headers.delete("Route");
    expect(headers.first("Route")).toBeUndefined();
    expect(headers.get("Route")).toEqual([]);
    headers.delete("CSeq");
    expect(headers.get("CSeq")).toBeUndefined();
  });

  it("take typed values, numbers and text, and read them back typed", () => {
    const headers = new Headers();
    headers.set("Via", Via.of({ host: "a.example.com", branch: "z9hG4bK1" }));
    headers.append("Contact", [NameAddr.parse("<sip:a@example.com>"), "<sip:b@example.com>;q=0.1"]);
    headers.set("Max-Forwards", 70).set("Allow", ["INVITE", "ACK"]).set("X-Count", 3);
    expect(headers.get("Via")[0]?.branch).toBe("z9hG4bK1");
    expect(headers.get("Contact").map(({ uri }) => uri.user)).toEqual(["a", "b"]);
    expect(headers.get("Max-Forwards")).toBe(70);
    expect(headers.get("Allow")).toEqual(["INVITE", "ACK"]);
    expect(headers.get("X-Count")).toEqual(["3"]);
  });

  it("write a known name as the RFC does, an unknown one as given", () => {
    expect(lines(made(["f", "<sip:a@b>"], ["cseq", "1 ACK"], ["x-Mine", "1"]))).toEqual([
      "From: <sip:a@b>",
      "CSeq: 1 ACK",
      "x-Mine: 1",
    ]);
  });
});

describe("what may not go on the wire", () => {
  const evil = ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\r\n b"];
  it.each(evil)("refuses %j as a value, wherever it is given", (value) => {
    const headers = made(["Subject", "kept"]);
    for (const act of [
      () => headers.set("Subject", value),
      () => headers.append("X-New", value),
      () => headers.prepend("X-New", value),
      () => headers.set("X-New", ["fine", value]),
      () => headers.set("X-New", { toString: () => value }),
    ]) {
      expect(thrown(act)).toMatchObject({ code: "value_unsafe", offset: 1 });
    }
    expect(lines(headers)).toEqual(["Subject: kept"]);
  });

  it.each(["", "a b", "a:b", "X\r\nY", "é", "a\0", "a,b", "(x)"])("refuses %j as a name", (name) => {
    const headers = made(["Subject", "kept"]);
    for (const act of [
      () => headers.set(name, "1"),
      () => headers.append(name, "1"),
      () => headers.prepend(name, "1"),
    ]) {
      expect(thrown(act).code).toBe("value_unsafe");
    }
    expect(headers.size).toBe(1);
  });

  it("refuses a NUL behind a backslash, but where it came in so", () => {
    const headers = made(["Subject", "kept"]);
    for (const value of ["a\\\0b", { toString: () => "a\\\0b" }]) {
      expect(thrown(() => headers.append("X-New", value))).toMatchObject({ code: "value_unsafe", offset: 2 });
    }
    expect(thrown(() => headers.set("Subject", "a\\\0b"))).toMatchObject({ code: "value_unsafe", offset: 2 });
    expect(lines(headers)).toEqual(["Subject: kept"]);
  });

  it.each([
    ["Max-Forwards", -1],
    ["Max-Forwards", 256],
    ["Max-Forwards", 1.5],
    ["Content-Length", Number.POSITIVE_INFINITY],
    ["Expires", 2 ** 32],
    ["Expires", -60],
    ["Session-Expires", 1e21],
    ["Retry-After", 0.5],
    ["Timestamp", Number.NEGATIVE_INFINITY],
  ] as const)("refuses the number that %s cannot have, %d", (name, number) => {
    const message = parseMessage(invite([]));
    const before = message.toString();
    expect(thrown(() => message.headers.set(name, number as never))).toMatchObject({ code: "value_invalid" });
    expect(message.toString()).toBe(before);
  });

  it("takes the numbers that a header field may have", () => {
    const headers = new Headers();
    headers.set("Max-Forwards", 255).set("Expires", 2 ** 32 - 1);
    // As JavaScript may.
    headers.set("Retry-After", 0 as never).set("Timestamp", 54.25 as never);
    expect(lines(headers)).toEqual([
      "Max-Forwards: 255",
      "Expires: 4294967295",
      "Retry-After: 0",
      "Timestamp: 54.25",
    ]);
  });

  it.each(["null", "undefined", "NaN", "[object Object]"])(
    "takes the text %j, which somebody may have written",
    (text) => {
      expect(made(["Subject", text], ["X-New", text]).raw("X-New")).toEqual([text]);
    },
  );

  it("writes U+FFFD for half of a surrogate pair, in whatever it stands", () => {
    const message = parseMessage(invite([]));
    const half = "a\ud800";
    message.headers.set("Subject", half).append("X-New", half);
    message.headers.set("To", NameAddr.of({ uri: "sip:b@c", displayName: half, params: { x: half } }));
    const { headers } = parseMessage(message.toBytes());
    expect(headers.get("Subject")).toBe("a\ufffd");
    expect(headers.get("X-New")).toEqual(["a\ufffd"]);
    expect([headers.get("To")?.displayName, headers.get("To")?.params.get("x")]).toEqual([
      "a\ufffd",
      "a\ufffd",
    ]);
  });

  it("takes every character that a token may have in a name (§25.1)", () => {
    const name = "X-.!%*_+`'~09az";
    expect(made([name, "1"]).raw(name)).toEqual(["1"]);
  });
});

describe("clone", () => {
  it("is independent both ways, edited or not", () => {
    const first = read("A: 1", "Route: <sip:a@example.com>");
    const second = first.clone();
    second.append("A", "2");
    second.delete("Route");
    expect(first.raw("A")).toEqual(["1"]);
    expect(first.has("Route")).toBe(true);
    const third = second.clone();
    second.set("A", "9");
    expect(third.raw("A")).toEqual(["1", "2"]);
    third.append("B", "1");
    expect(second.has("B")).toBe(false);
  });
});

describe("many fields", () => {
  it("finds them by name beyond the first 255 lines", () => {
    const headers = parseMessage(
      [
        "OPTIONS sip:a SIP/2.0",
        ...Array.from({ length: 300 }, (_, i) => `X-${i}: ${i}`),
        "CSeq: 7 OPTIONS",
        "Via: SIP/2.0/UDP a",
        "X-5: again",
        "Via: SIP/2.0/UDP b",
        "",
        "",
      ].join("\r\n"),
      { headers: 1000 },
    ).headers;
    expect(headers.get("CSeq")?.number).toBe(7);
    expect(headers.get("Via").map(({ host }) => host)).toEqual(["a", "b"]);
    expect(headers.raw("X-5")).toEqual(["5", "again"]);
    expect(headers.get("Route")).toEqual([]);
    expect(headers.size).toBe(304);
  });
});
