// Properties: what is made, written and read again is what was made; what is changed is changed, and nothing else;
// and nothing with CR, LF or NUL goes on the wire, wherever it is given.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { CSeq } from "../../src/message/cseq.ts";
import { Headers } from "../../src/message/headers.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Params } from "../../src/message/params.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Uri } from "../../src/message/uri.ts";
import { Via } from "../../src/message/via.ts";
import { plain } from "../fuzz/plain.ts";
import { host, params, port, text, token, unsafe, uriParts } from "./arbitrary.ts";
import { thrown } from "./samples.ts";

/** Always the same values, so that a failure is the same everywhere. */
const RUNS = { numRuns: 150, seed: 3261 } as const;
const property = <T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  check: (...values: T) => void,
): void => fc.assert(fc.property<T>(...arbitraries, check), RUNS);

/** A header field's value, through a whole message. */
const through = (name: string, value: { toString(): string }): unknown => {
  const request = createRequest("OPTIONS", "sip:a@example.com", { from: "<sip:a@example.com>" });
  request.headers.set(name, value as string);
  return parseMessage(request.toBytes()).headers.first(name);
};

describe("made, written and read again", () => {
  it("Uri", () => {
    property([uriParts], (parts) => {
      const made = Uri.of(parts);
      const read = Uri.parse(made.toString());
      expect(plain(read)).toEqual(plain(made));
      expect(read.user).toBe(parts.user);
      expect(read.port).toBe(parts.port);
      expect(read.equals(made)).toBe(true);
    });
  });

  it("Params of a header field, quoted where they must be", () => {
    property([params(token, text)], (init) => {
      const contact = through("Contact", `<sip:a@b>${Params.of(init)}`) as NameAddr;
      expect([...contact.params]).toEqual(
        Object.entries(init).map(([key, value]) => [key, value === true ? "" : value]),
      );
    });
  });

  it("NameAddr", () => {
    property(
      [uriParts, text, params(token, text), fc.option(token, { nil: undefined })],
      (uri, displayName, init, tag) => {
        const made = NameAddr.of({ uri: Uri.of(uri), displayName, params: init, tag });
        const read = through("To", made) as NameAddr;
        expect(plain(read)).toEqual(plain(made));
        expect(read.displayName).toBe(displayName);
        expect(read.tag).toBe(tag);
        expect(String(read)).toBe(String(made));
      },
    );
  });

  it("Via", () => {
    property(
      [token, host, port, token, host, fc.option(fc.integer({ min: 0, max: 65535 }), { nil: true as const })],
      (transport, sentBy, at, branch, received, rport) => {
        const made = Via.of({ transport, host: sentBy, port: at, branch, received, rport });
        const read = through("Via", made) as Via;
        expect(plain(read)).toEqual(plain(made));
        expect([read.transport, read.host, read.port, read.branch]).toEqual([transport, sentBy, at, branch]);
        expect(read.hasRport).toBe(true);
      },
    );
  });

  it("CSeq", () => {
    property([fc.nat(0x7fffffff), token], (number, method) => {
      const read = through("CSeq", new CSeq(number, method)) as CSeq;
      expect([read.number, read.method]).toEqual([number, method]);
    });
  });

  it("a whole message", () => {
    property(
      [
        token,
        uriParts,
        uriParts,
        text,
        fc.array(fc.tuple(token, text), { maxLength: 5 }),
        fc.uint8Array({ maxLength: 64 }),
      ],
      (method, target, from, name, extra, body) => {
        const made = createRequest(method, Uri.of(target), {
          from: NameAddr.of({ uri: Uri.of(from), displayName: name }),
          body,
        });
        for (const [key, value] of extra) made.headers.append(`X-${key}`, value);
        const read = parseMessage(made.toBytes());
        expect(read.kind === "request" && [read.method, plain(read.uri)]).toEqual([method, plain(made.uri)]);
        expect([...read.headers]).toEqual(
          [...made.headers].map(([key, value]) => [key, value.replace(/^[ \t]+|[ \t]+$/g, "")]),
        );
        expect(read.headers.get("From")?.displayName).toBe(name);
        expect(Buffer.from(read.body).equals(body)).toBe(true);
        expect(Buffer.from(read.toBytes()).equals(made.toBytes())).toBe(true);
      },
    );
  });
});

describe("with()", () => {
  it("of a Uri changes what it is told, and what it writes reads the same", () => {
    property([uriParts, uriParts], (parts, changes) => {
      const before = Uri.of(parts);
      const after = before.with(changes);
      expect(plain(Uri.parse(after.toString()))).toEqual(plain(after));
      expect(plain(after)).toEqual(plain(Uri.of({ ...parts, ...changes })));
      expect(plain(before)).toEqual(plain(Uri.of(parts)));
    });
  });

  it("of a NameAddr and a Via", () => {
    property([uriParts, text, token, host, port], (uri, displayName, tag, sentBy, at) => {
      const address = NameAddr.parse('"A" <sip:a@b>;tag=1;x=y').with({ uri: Uri.of(uri), displayName, tag });
      expect(plain(NameAddr.parse(String(address)))).toEqual(plain(address));
      expect(address.params.get("x")).toBe("y");
      const via = Via.of({ host: "a", branch: "b" }).with({ host: sentBy, port: at, branch: tag });
      expect(plain(through("Via", via))).toEqual(plain(via));
    });
  });

  it("of Params changes one parameter, in its place, and no other", () => {
    property([params(token, text), token, text.filter((each) => each !== "")], (init, key, value) => {
      const before = Params.of(init);
      const after = before.with(key, value);
      const contact = through("Contact", `<sip:a@b>${after}`) as NameAddr;
      expect([...contact.params]).toEqual([...after]);
      expect(after.get(key)).toBe(value);
      const others = (list: Params) => [...list].filter(([each]) => each.toLowerCase() !== key.toLowerCase());
      expect(others(after)).toEqual(others(before));
      expect(after.without(key).has(key)).toBe(false);
    });
  });
});

describe("header injection", () => {
  const request = () => createRequest("OPTIONS", "sip:a@example.com", { from: "<sip:a@example.com>" });
  const uri = Uri.parse("sip:a@example.com");
  const ways: [way: string, give: (value: string) => unknown][] = [
    ["headers.set", (value) => request().headers.set("Subject", value)],
    ["headers.append of one that is not known", (value) => request().headers.append("X-A", value)],
    ["headers.prepend", (value) => request().headers.prepend("Via", value)],
    ["headers.update", (value) => request().headers.update("Subject", () => value)],
    ["headers.updateFirst", (value) => request().headers.updateFirst("Route", () => value)],
    ["headers.setDefault", (value) => request().headers.setDefault("Subject", value)],
    ["a header field's name", (value) => request().headers.set(value, "x")],
    ["request.method", (value) => Object.assign(request(), { method: value })],
    ["request.uri", (value) => Object.assign(request(), { uri: value })],
    ["createRequest's method", (value) => createRequest(value, uri, { from: "<sip:a@b>" })],
    ["createRequest's URI", (value) => createRequest("INVITE", value, { from: "<sip:a@b>" })],
    ["createRequest's From", (value) => createRequest("INVITE", uri, { from: value })],
    [
      "createRequest's Call-ID",
      (value) => createRequest("INVITE", uri, { from: "<sip:a@b>", callId: value }),
    ],
    [
      "createRequest's headers",
      (value) => createRequest("INVITE", uri, { from: "<sip:a@b>", headers: { A: value } }),
    ],
    ["a reason phrase", (value) => request().createResponse(200, value)],
    ["response.reason", (value) => Object.assign(request().createResponse(200), { reason: value })],
    ["CSeq", (value) => new CSeq(1, value)],
    ["NameAddr's display name", (value) => NameAddr.of({ uri, displayName: value })],
    ["NameAddr's tag", (value) => NameAddr.of({ uri, tag: value })],
    ["NameAddr's URI", (value) => NameAddr.of({ uri: value })],
    ["Uri's user", (value) => Uri.of({ host: "a", user: value })],
    ["Uri's host", (value) => Uri.of({ host: value })],
    ["Uri.with host", (value) => uri.with({ host: value })],
    ["Via's host", (value) => Via.of({ host: value })],
    ["Via's transport", (value) => Via.of({ host: "a", transport: value })],
    ["Via's branch", (value) => Via.of({ host: "a", branch: value })],
    ["a parameter's value", (value) => Params.of({ a: value })],
    ["a parameter's name", (value) => Params.empty().with(value, "x")],
  ];

  it.each(ways)("is refused in %s", (_way, give) => {
    property([unsafe], (value) => {
      // value_unsafe for the most part; a grammar that has no place for it may say so first.
      expect(["value_unsafe", "value_invalid", "uri_invalid"]).toContain(thrown(() => give(value)).code);
    });
  });
});

describe("Headers is a list of names and values", () => {
  const NAMES = ["X-A", "x-b", "Subject", "X-C"] as const;
  type Model = [name: string, value: string][];
  const key = (name: string) => name.toLowerCase();
  const at = (model: Model, name: string) => model.findIndex(([each]) => key(each) === key(name));
  const last = (model: Model, name: string) => model.map(([each]) => key(each)).lastIndexOf(key(name));
  const splice = (model: Model, place: number, count: number, ...fields: Model): Model => [
    ...model.slice(0, place),
    ...fields,
    ...model.slice(place + count),
  ];
  const without = (model: Model, name: string): Model => model.filter(([each]) => key(each) !== key(name));
  const edits: Record<string, (headers: Headers, model: Model, name: string, value: string) => Model> = {
    set(headers, model, name, value) {
      headers.set(name, value);
      const place = at(model, name);
      if (place < 0) return [...model, [name, value]];
      return [...model.slice(0, place), [name, value], ...without(model.slice(place), name)];
    },
    append(headers, model, name, value) {
      headers.append(name, value);
      const place = last(model, name);
      return place < 0 ? [...model, [name, value]] : splice(model, place + 1, 0, [name, value]);
    },
    prepend(headers, model, name, value) {
      headers.prepend(name, value);
      return splice(model, Math.max(0, at(model, name)), 0, [name, value]);
    },
    delete(headers, model, name) {
      expect(headers.delete(name)).toBe(at(model, name) >= 0);
      return without(model, name);
    },
    shift(headers, model, name) {
      const place = at(model, name);
      expect(headers.shift(name)).toBe(model[place]?.[1]);
      return place < 0 ? model : splice(model, place, 1);
    },
    pop(headers, model, name) {
      const place = last(model, name);
      expect(headers.pop(name)).toBe(model[place]?.[1]);
      return place < 0 ? model : splice(model, place, 1);
    },
    setDefault(headers, model, name, value) {
      headers.setDefault(name, value);
      return at(model, name) < 0 ? [...model, [name, value]] : model;
    },
  };
  const value = fc.string({ unit: fc.constantFrom(..."ab, ;"), maxLength: 6 }).map((each) => `v${each}v`);
  const edit = fc.tuple(fc.constantFrom(...Object.keys(edits)), fc.constantFrom(...NAMES), value);
  const shown = (model: Model) => model.map(([name, each]) => [key(name), each]);

  it.each([
    ["made", []],
    ["parsed", ["X-A: one", "x-b: two", "X-A: three", "s: four", "X-C:", "X-B: five"]],
  ])("%s, whatever is done to it", (_what, lines) => {
    property([fc.array(edit, { maxLength: 12 })], (steps) => {
      const text = ["OPTIONS sip:a SIP/2.0", ...lines, "", ""].join("\r\n");
      const headers = lines.length === 0 ? new Headers() : parseMessage(text).headers;
      const named = (name: string) => (key(name) === "s" ? "subject" : key(name));
      let model: Model = [...headers].map(([name, each]) => [named(name), each]);
      for (const [what, name, each] of steps) model = edits[what]!(headers, model, name, each);
      expect([...headers].map(([name, each]) => [named(name), each])).toEqual(shown(model));
      expect(headers.size).toBe(model.length);
      for (const name of NAMES) {
        expect(headers.has(name)).toBe(at(model, name) >= 0);
        expect(headers.raw(name)).toEqual(
          model.filter(([each]) => key(each) === key(name)).map(([, each]) => each),
        );
      }
    });
  });
});
