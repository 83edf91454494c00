// A response put together as text is the same as one made field by field.
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";

const INVITE = [
  "INVITE sip:bob@example.com SIP/2.0",
  "v: SIP/2.0/UDP p.example.com;branch=z9hG4bK2",
  "Max-Forwards: 69",
  "Via: SIP/2.0/UDP h;branch=z9hG4bK1;rport",
  "Record-Route: <sip:p.example.com;lr>",
  "To: Bob <sip:bob@example.com>",
  "From: <sip:alice@example.com>;tag=1",
  "Call-ID: c1@h",
  "CSeq: 7 INVITE",
  "Content-Length: 0",
];

function request(lines: readonly string[] = INVITE): Request {
  return parseMessage(`${lines.join("\r\n")}\r\n\r\n`) as Request;
}

const withLine = (at: number, line: string) => INVITE.map((each, i) => (i === at ? line : each));

describe("a response to a request that came in", () => {
  it("has its lines as they stand, and reads as any other", () => {
    const response = request().createResponse(180);
    const tag = response.headers.get("To")?.tag;
    expect(tag).toMatch(/^[\w-]+$/);
    expect(response.toString()).toBe(
      [
        "SIP/2.0 180 Ringing",
        INVITE[1],
        INVITE[3],
        INVITE[6],
        `${INVITE[5]};tag=${tag}`,
        INVITE[7],
        INVITE[8],
        INVITE[4],
        "Content-Length: 0\r\n\r\n",
      ].join("\r\n"),
    );
    expect(response.announcedLength).toBeUndefined();
    expect(response.bodyLength).toBe(0);
    expect(response.headers.get("Via").map((each) => each.branch)).toEqual(["z9hG4bK2", "z9hG4bK1"]);
  });

  it("can be edited before and after it was written", () => {
    const response = request().createResponse(200, "Fine");
    expect(response.toBytes().length).toBeGreaterThan(100);
    response.headers.set("Contact", "<sip:bob@192.0.2.4>");
    response.body = "v=0";
    response.status = 202;
    const again = parseMessage(response.toBytes());
    expect(again.toString()).toMatch(/^SIP\/2.0 202 Accepted\r\n/);
    expect(again.headers.first("Contact")?.uri.host).toBe("192.0.2.4");
    expect(again.bodyText).toBe("v=0");
    expect(again.headers.raw("Content-Length")).toEqual(["3"]);
  });

  it("takes over what was edited in the request", () => {
    const edited = request();
    edited.headers.updateFirst("Via", (via) => via?.with({ received: "192.0.2.1" }));
    edited.headers.delete("Max-Forwards");
    const text = edited.createResponse(404).toString();
    expect(text).toContain("Via: SIP/2.0/UDP p.example.com;branch=z9hG4bK2;received=192.0.2.1\r\n");
    expect(text).toContain(`${INVITE[3]}\r\n${INVITE[6]}\r\n`);
  });

  it("is made field by field where the request is odd, and says the same", () => {
    const plain = request().createResponse(404);
    for (const odd of [
      withLine(7, "Call-ID:\r\n c1@h"),
      withLine(5, "To: Bob <sip:bob@example.com> "),
      withLine(8, "CSeq: 7 INVITE\nX: y"),
    ]) {
      const response = request(odd).createResponse(404);
      for (const name of ["Via", "From", "Call-ID", "CSeq"] as const)
        expect(response.headers.get(name).toString(), odd.join("|")).toBe(plain.headers.get(name).toString());
      expect(response.headers.get("To")?.uri.toString()).toBe("sip:bob@example.com");
      expect(response.headers.get("To")?.tag).toBeDefined();
    }
  });

  it("keeps a To tag that is there, and gives a 100 none", () => {
    const tagged = request(withLine(5, "To: <sip:bob@example.com>;tag=x"));
    expect(tagged.createResponse(200).headers.get("To")?.tag).toBe("x");
    expect(request().createResponse(100).headers.get("To")?.tag).toBeUndefined();
  });

  it("refuses what must not go on the wire", () => {
    expect(() => request().createResponse(200, "a\r\nb")).toThrow(/CR, LF/);
    expect(() => request().createResponse(99)).toThrow(/100 to 699 is wanted, not 99/);
  });

  it("is cloned unread and read alike", () => {
    const response = request().createResponse(200);
    const copy = response.clone();
    copy.headers.set("Server", "x");
    expect(response.headers.has("Server")).toBe(false);
    expect(copy.announcedLength).toBeUndefined();
  });
});
