// Headers: the edits that are made of others: setDefault, update, updateFirst, take.
import { describe, expect, it } from "vitest";
import type { Headers } from "../../src/message/headers.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { invite, thrown } from "./samples.ts";

const read = (...lines: string[]) =>
  parseMessage(["OPTIONS sip:bob@example.com SIP/2.0", ...lines, "", ""].join("\r\n")).headers;
const lines = (headers: Headers) => [...headers].map(([name, value]) => `${name}: ${value}`);

describe("setDefault", () => {
  it("sets what is not there, in any name's form, and leaves what is", () => {
    const headers = read("s: lunch");
    headers
      .setDefault("Subject", "dinner")
      .setDefault("Max-Forwards", 70)
      .setDefault("Allow", ["ACK", "BYE"]);
    expect(lines(headers)).toEqual(["s: lunch", "Max-Forwards: 70", "Allow: ACK", "Allow: BYE"]);
  });

  it("calls a function only where its value is needed", () => {
    const headers = read("Expires: 60");
    headers.setDefault("Expires", () => {
      throw new Error("called");
    });
    headers.setDefault("X-Made", () => "here");
    expect(lines(headers)).toEqual(["Expires: 60", "X-Made: here"]);
  });
});

describe("update", () => {
  it("gives the typed value, and sets what comes back in its place", () => {
    const headers = read("Max-Forwards: 70", "Q: y");
    headers.update("Max-Forwards", (hops) => (hops ?? 70) - 1);
    headers.update("q", (texts) => texts.map((text) => text.toUpperCase()));
    headers.update("Supported", (tags) => [...tags, "timer"]);
    expect(lines(headers)).toEqual(["Max-Forwards: 69", "q: Y", "Supported: timer"]);
  });

  it("deletes for undefined and for an empty list", () => {
    const headers = read("Expires: 60", "Allow: ACK, BYE", "Q: y");
    headers.update("Expires", () => undefined);
    headers.update("Allow", (methods) => methods.filter((method) => method === "INVITE"));
    headers.update("Subject", (text) => text);
    expect(lines(headers)).toEqual(["Q: y"]);
  });

  it("changes nothing where the value, the function or the result is at fault", () => {
    const headers = read("CSeq: many", "Subject: lunch");
    const before = lines(headers);
    expect(thrown(() => headers.update("CSeq", () => "1 ACK")).code).toBe("value_invalid");
    expect(() =>
      headers.update("Subject", () => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    expect(thrown(() => headers.update("Subject", () => "a\r\nX: b")).code).toBe("value_unsafe");
    expect(lines(headers)).toEqual(before);
  });
});

describe("updateFirst", () => {
  it("changes the topmost Via and leaves the others as they stand", () => {
    const message = parseMessage(invite());
    message.headers.updateFirst("Via", (via) => via?.with({ received: "192.0.2.9" }));
    const [top, next] = message.headers.get("Via");
    expect(top?.received).toBe("192.0.2.9");
    expect(next?.received).toBe("192.0.2.2");
    expect(message.toString().replace(";received=192.0.2.9", "")).toBe(invite());
  });

  it("takes the first of a line with several, and keeps the place of a line with one", () => {
    const headers = read("A: 1", "Route: <sip:a>, <sip:b>", "B: 2", "Contact: <sip:c>", "C: 3");
    headers.updateFirst("Route", () => "<sip:z>");
    headers.updateFirst("Contact", () => "<sip:d>");
    expect(lines(headers)).toEqual([
      "A: 1",
      "Route: <sip:z>",
      "Route: <sip:b>",
      "B: 2",
      "Contact: <sip:d>",
      "C: 3",
    ]);
  });

  it("takes the first value away for undefined, and adds one where there is none", () => {
    const headers = read("Route: <sip:a>", "Route: <sip:b>", "Q: y");
    headers.updateFirst("Route", () => undefined);
    headers.updateFirst("Supported", (tag) => (tag === undefined ? "timer" : "wrong"));
    expect(lines(headers)).toEqual(["Route: <sip:b>", "Q: y", "Supported: timer"]);
  });

  it("changes nothing where the result may not be written", () => {
    const headers = read("Route: <sip:a>, <sip:b>");
    expect(thrown(() => headers.updateFirst("Route", () => "<sip:c>\n")).code).toBe("value_unsafe");
    expect(lines(headers)).toEqual(["Route: <sip:a>, <sip:b>"]);
  });
});

describe("take", () => {
  it("takes all fields and gives their values", () => {
    const headers = read("Route: <sip:a>, <sip:b>", "Q: y", "Route: <sip:c>", "Expires: 5");
    expect(headers.take("Route").map(({ uri }) => uri.host)).toEqual(["a", "b", "c"]);
    expect(headers.take("Expires")).toBe(5);
    expect(headers.take("Expires")).toBeUndefined();
    expect(headers.take("q")).toEqual(["y"]);
    expect(headers.size).toBe(0);
  });

  it("leaves what cannot be read", () => {
    const headers = read("Expires: soon");
    expect(thrown(() => headers.take("Expires")).code).toBe("value_invalid");
    expect(headers.has("Expires")).toBe(true);
  });
});
