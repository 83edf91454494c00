// Server transactions on a virtual clock: when they send what, what they tell, and that they end.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import type { Response } from "../../src/message/response.ts";
import { type Bench, bench, parseRequest, request, requestText, tcp, udp } from "./support.ts";

/** An INVITE came in. */
function ring(on: Bench, flow = udp) {
  on.layer.receive(request("INVITE"), flow);
  return on.server();
}

/** An OPTIONS came in. */
function asked(on: Bench, flow = udp) {
  on.layer.receive(request("OPTIONS"), flow);
  return on.server();
}

/** The INVITE's or OPTIONS' retransmission. */
const again = (on: Bench, method: string, flow = udp) => on.layer.receive(request(method), flow);

/** The peer's ACK to a failure: same branch, our To tag. */
function acknowledge(on: Bench, flow = udp) {
  on.layer.receive(request("ACK"), flow);
}

const code = (name: string) => expect.objectContaining({ code: name });

describe("INVITE server transaction", () => {
  it("answers 100 after 200 ms, without a To tag, if the core has sent nothing", () => {
    const on = bench();
    const transaction = ring(on);
    on.clock.advance(199);
    expect(on.sent).toEqual([]);
    again(on, "INVITE");
    expect(on.sent).toEqual([]);
    on.clock.advance(1);
    expect(on.log()).toEqual(["200 100 Trying"]);
    expect(on.sent[0]!.text).toMatch(/\r\nTo: Bob <sip:bob@example.com>\r\n/);
    on.clock.advance(300);
    again(on, "INVITE");
    expect(on.log()).toEqual(["200 100 Trying", "500 100 Trying"]);
    expect(on.requests).toHaveLength(1);
    transaction.terminate();
  });

  it.each([
    ["INVITE", "54.25", "54.25 0.2"],
    ["OPTIONS", "1", "1 3.5"],
    // It says already what delay it has seen.
    ["INVITE", "54 0.5", "54 0.5"],
  ])("tells by the 100 to a %s of %s how late it is: %s (RFC 3261 §8.2.6.1)", (method, sent, back) => {
    const on = bench();
    on.layer.receive(request(method, undefined, [`Timestamp: ${sent}`]), udp);
    on.clock.advance(3_500);
    expect(/\r\nTimestamp: (.*)\r\n/.exec(on.sent[0]!.text)?.[1]).toBe(back);
    on.server().terminate();
  });

  it.each([401, 407])(
    "sends a %i once, and again for each INVITE: whom it names may have asked for nothing (RFC 3261 §26.3.2.4)",
    (status) => {
      const on = bench();
      ring(on).respond(status);
      on.clock.advance(5_000);
      expect(on.log()).toHaveLength(1);
      again(on, "INVITE");
      expect(on.log()).toHaveLength(2);
      acknowledge(on);
      again(on, "INVITE");
      expect(on.log()).toHaveLength(2);
      on.clock.advance(5_000);
    },
  );

  it.each([
    [100, 407],
    [180, 401],
    [undefined, 403],
  ])(
    "sends what follows a %s, as a %i, until its ACK comes: nobody would ask for it again",
    (first, status) => {
      const on = bench();
      const transaction = ring(on);
      if (first) transaction.respond(first);
      transaction.respond(status);
      on.clock.advance(1_500);
      acknowledge(on);
      expect(on.log().filter((line) => line.includes(`${status}`))).toHaveLength(3);
      on.clock.advance(5_000);
    },
  );

  it("answers no 100 once the core has sent something, and repeats the latest", () => {
    const on = bench();
    const transaction = ring(on);
    transaction.respond(180);
    transaction.respond(183, "Progress");
    on.clock.advance(1_000);
    again(on, "INVITE");
    expect(on.log()).toEqual(["0 180 Ringing", "0 183 Progress", "1000 183 Progress"]);
    expect(on.sent[2]!.data).toStrictEqual(on.sent[1]!.data);
    transaction.respond(200);
    on.clock.advance(32_000);
  });

  it("retransmits a failure over UDP by Timer G, and gives up by Timer H", () => {
    const on = bench();
    const transaction = ring(on);
    transaction.respond(486);
    on.clock.advance(32_000);
    expect(on.times("486 Busy Here")).toEqual([
      0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500,
    ]);
    expect(new Set(on.sent.map(({ text }) => text)).size).toBe(1);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
    expect(transaction.state).toBe("terminated");
  });

  it("stops at the ACK, absorbs its retransmissions, and is gone after Timer I", () => {
    const on = bench();
    const transaction = ring(on);
    transaction.respond(486);
    on.clock.advance(600);
    again(on, "INVITE");
    acknowledge(on);
    expect(transaction.state).toBe("confirmed");
    acknowledge(on);
    again(on, "INVITE");
    on.clock.advance(4_999);
    expect(transaction.state).toBe("confirmed");
    on.clock.advance(1);
    expect(transaction.state).toBe("terminated");
    expect(on.times("486 Busy Here")).toEqual([0, 500, 600]);
    expect(on.requests).toHaveLength(1);
    expect(on.errors).toEqual([]);
  });

  it("sends a failure once over TCP, and is gone with the ACK: Timer I is 0", () => {
    const on = bench();
    const transaction = ring(on, tcp);
    transaction.respond(404);
    on.clock.advance(10_000);
    expect(on.sent).toHaveLength(1);
    acknowledge(on, tcp);
    expect(transaction.state).toBe("terminated");
    const other = bench();
    ring(other, tcp).respond(404);
    other.clock.advance(32_000);
    expect(other.errors).toMatchObject([{ code: "timeout" }]);
  });

  it.each([udp, tcp])(
    "stays 64 × T1 after a 2xx (RFC 6026): absorbs INVITEs, passes ACKs and the core's 2xx: %#",
    (flow) => {
      const on = bench();
      const transaction = ring(on, flow);
      const ok = transaction.request!.createResponse(200);
      transaction.respond(ok);
      on.clock.advance(500);
      again(on, "INVITE", flow);
      transaction.respond(ok);
      acknowledge(on, flow);
      expect(on.times("200 OK")).toEqual([0, 500]);
      expect(on.sent[1]!.text).toBe(on.sent[0]!.text);
      expect(on.requests.map(({ request: one, transaction: to }) => [one.method, to])).toEqual([
        ["INVITE", transaction],
        ["ACK", undefined],
      ]);
      for (const status of [180, 404]) {
        expect(() => transaction.respond(okAs(ok, status))).toThrow(code("transaction_state"));
      }
      expect(transaction.state).toBe("accepted");
      on.clock.advance(31_500);
      expect(transaction.state).toBe("terminated");
      expect(on.errors).toEqual([]);
      expect(() => transaction.respond(ok)).toThrow(code("transaction_state"));
    },
  );

  it("keeps the bytes that it sent, whatever becomes of the response", () => {
    const on = bench();
    const transaction = ring(on);
    const response = transaction.request!.createResponse(486);
    transaction.respond(response);
    response.headers.set("Subject", "later");
    on.clock.advance(500);
    expect(on.sent[1]!.data).toStrictEqual(on.sent[0]!.data);
    acknowledge(on);
    on.clock.advance(5_000);
  });

  it("refuses a second final response, and changes nothing by it", () => {
    const on = bench();
    const transaction = ring(on);
    const spare = transaction.request!.createResponse(200);
    transaction.respond(486);
    expect(transaction.request).toBeUndefined();
    expect(() => transaction.respond(spare)).toThrow(code("transaction_state"));
    expect(() => transaction.respond(200)).toThrow(code("transaction_state"));
    expect(transaction.state).toBe("completed");
    acknowledge(on);
    expect(() => transaction.respond(spare)).toThrow(code("transaction_state"));
    on.clock.advance(500);
    expect(on.log()).toEqual(["0 486 Busy Here"]);
    on.clock.advance(5_000);
    expect(() => transaction.respond(spare)).toThrow(code("transaction_state"));
  });

  it("lets a core that answers nothing ring on, and end it", () => {
    const on = bench();
    const transaction = ring(on);
    on.clock.advance(3_600_000);
    expect(on.log()).toEqual(["200 100 Trying"]);
    expect(on.layer.counts).toMatchObject({ server: 1, timers: 0 });
    transaction.terminate();
  });

  it("ignores an ACK to nothing", () => {
    const on = bench();
    const transaction = ring(on);
    acknowledge(on);
    expect(transaction.state).toBe("proceeding");
    expect(on.requests).toHaveLength(1);
    transaction.respond(603);
    acknowledge(on);
    on.clock.advance(5_000);
  });
});

describe("non-INVITE server transaction", () => {
  it("repeats its final response to each retransmission, until Timer J", () => {
    const on = bench();
    const transaction = asked(on);
    again(on, "OPTIONS");
    expect(on.sent).toEqual([]);
    on.clock.advance(100);
    transaction.respond(200);
    again(on, "OPTIONS");
    on.clock.advance(30_000);
    again(on, "OPTIONS");
    expect(on.times("200 OK")).toEqual([100, 100, 30_100]);
    expect(new Set(on.sent.map(({ data }) => String(data))).size).toBe(1);
    on.clock.advance(1_999);
    expect(transaction.state).toBe("completed");
    on.clock.advance(1);
    expect(transaction.state).toBe("terminated");
    expect(on.requests).toHaveLength(1);
  });

  it("is gone with its final response over TCP: Timer J is 0", () => {
    const on = bench();
    const transaction = asked(on, tcp);
    transaction.respond(200);
    expect(transaction.state).toBe("terminated");
    expect(on.log()).toEqual(["0 200 OK"]);
    expect(transaction.request).toBeUndefined();
  });

  it("answers 100 when the client's Timer E has reached T2, and no sooner (RFC 4320 §4.1)", () => {
    const on = bench();
    const transaction = asked(on);
    transaction.respond(100);
    for (const at of [500, 1_500, 3_499]) {
      on.clock.advance(at - on.clock.now());
      again(on, "OPTIONS");
    }
    expect(on.sent).toEqual([]);
    on.clock.advance(1);
    expect(on.log()).toEqual(["3500 100 Trying"]);
    again(on, "OPTIONS");
    transaction.respond(100);
    expect(on.log()).toEqual(["3500 100 Trying", "3500 100 Trying", "3500 100 Trying"]);
    transaction.respond(200);
    on.clock.advance(32_000);
  });

  it("sends a 100 over TCP at once, and only one", () => {
    const on = bench();
    const transaction = asked(on, tcp);
    transaction.respond(100);
    on.clock.advance(10_000);
    expect(on.log()).toEqual(["0 100 Trying"]);
    transaction.respond(200);
  });

  it("refuses any other provisional response (RFC 4320 §4.1)", () => {
    const on = bench();
    const transaction = asked(on);
    expect(() => transaction.respond(183)).toThrow(code("transaction_state"));
    on.clock.advance(3_500);
    expect(() => transaction.respond(180)).toThrow(code("transaction_state"));
    transaction.respond(200);
    expect(on.log()).toEqual(["3500 100 Trying", "3500 200 OK"]);
    on.clock.advance(32_000);
  });

  it.each([udp, tcp])("sends no 408, and is done all the same (RFC 4320 §4.2): %#", (flow) => {
    const on = bench();
    const transaction = asked(on, flow);
    on.clock.advance(4_000);
    transaction.respond(408);
    again(on, "OPTIONS", flow);
    expect(on.times("408 Request Timeout")).toEqual([]);
    if (flow === udp) {
      expect(transaction.state).toBe("completed");
      expect(on.log()).toEqual(["3500 100 Trying"]);
      on.clock.advance(32_000);
    } else {
      // Over TCP there is no Completed state: what comes again is new.
      expect(on.requests).toHaveLength(2);
      on.requests[1]!.transaction!.respond(200);
    }
  });

  it.each([udp, tcp])("ends 64 × T1 after the request if the core never answers: %#", (flow) => {
    const on = bench();
    const transaction = asked(on, flow);
    on.clock.advance(31_999);
    expect(on.log()).toEqual(["3500 100 Trying"]);
    expect(transaction.waiting).toBe(true);
    on.clock.advance(1);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
    expect(on.sent).toHaveLength(1);
    expect(() => transaction.respond(200)).toThrow(code("transaction_state"));
  });

  it("refuses what is no status code, or must not go on the wire", () => {
    const on = bench();
    const transaction = asked(on);
    expect(() => transaction.respond(99)).toThrow(code("value_invalid"));
    expect(() => transaction.respond(700)).toThrow(code("value_invalid"));
    expect(() => transaction.respond(200, "OK\r\nEvil: yes")).toThrow(code("value_unsafe"));
    expect(transaction.state).toBe("trying");
    transaction.respond(200);
    on.clock.advance(32_000);
  });
});

describe("transport errors", () => {
  const broken = new SipError("transport_failed", "unreachable");

  it("are told to the core and end nothing (RFC 6026 §8.8)", () => {
    const on = bench();
    const transaction = ring(on);
    transaction.respond(180);
    on.sent[0]!.failed(broken);
    expect(transaction.state).toBe("proceeding");
    transaction.respond(486);
    on.sent[1]!.failed(broken);
    expect(transaction.state).toBe("completed");
    acknowledge(on);
    on.sent[1]!.failed(broken);
    expect(on.errors).toMatchObject([
      { code: "transport_failed", transaction },
      { code: "transport_failed", transaction },
    ]);
    on.clock.advance(5_000);
    on.sent[1]!.failed(broken);
    expect(on.errors).toHaveLength(2);
  });

  it("do not let a retransmitted request through as a new one", () => {
    const on = bench();
    const transaction = asked(on);
    transaction.respond(200);
    on.sent[0]!.failed(broken);
    again(on, "OPTIONS");
    expect(on.requests).toHaveLength(1);
    expect(on.times("200 OK")).toEqual([0, 0]);
    on.clock.advance(32_000);
  });

  it("come from a connection's end, too", () => {
    const on = bench();
    const transaction = ring(on, tcp);
    on.layer.flowClosed(tcp, undefined);
    expect(on.errors).toMatchObject([{ code: "connection_closed", transaction }]);
    transaction.respond(480);
    on.sent[0]!.failed(broken);
    on.clock.advance(32_000);
    expect(on.errors.map(({ code: name }) => name)).toEqual([
      "connection_closed",
      "transport_failed",
      "timeout",
    ]);
  });
});

describe("a response to another request", () => {
  // Of a 3261 peer, and of a 2543 one with a branch and without.
  const peers = ["z9hG4bK-1", "old%1", ""].map((branch) => {
    const text = requestText("INVITE", branch);
    return branch === "" ? text.replace(";branch=", "") : text;
  });

  it.each(peers)("is refused, and nothing has changed: %#", (text) => {
    const on = bench();
    on.layer.receive(parseRequest(text), udp);
    const transaction = on.server();
    const refuse = (header: string, edit: (response: Response) => void) => {
      const response = transaction.request!.createResponse(200);
      edit(response);
      const mismatch = expect.objectContaining({ code: "response_mismatch", header });
      expect(() => transaction.respond(response)).toThrow(mismatch);
    };
    // A proxy that has left its own Via on it; one that took too many.
    refuse("Via", ({ headers }) => headers.prepend("Via", "SIP/2.0/UDP proxy;branch=z9hG4bK-p"));
    refuse("Via", ({ headers }) => headers.prepend("Via", "SIP/2.0/UDP proxy;branch=z9hG4bK-11"));
    refuse("Via", ({ headers }) => headers.prepend("Via", "SIP/2.0/UDP proxy;branch=z9hG4bK-"));
    if (text !== peers[2]) {
      refuse("Via", ({ headers }) => headers.prepend("Via", "SIP/2.0/UDP proxy"));
      refuse("Via", ({ headers }) => headers.shift("Via"));
    }
    refuse("CSeq", ({ headers }) => headers.set("CSeq", "8 INVITE"));
    refuse("CSeq", ({ headers }) => headers.set("CSeq", "7 BYE"));
    refuse("CSeq", ({ headers }) => headers.delete("CSeq"));
    expect(on.sent).toEqual([]);
    expect(transaction.state).toBe("proceeding");

    transaction.respond(transaction.request!.createResponse(200));
    expect(on.sent).toHaveLength(1);
    on.clock.advance(32_000);
  });

  it.each([
    ["z9hG4bK-1", 'SIP/2.0/UDP h;x=";branch=z9hG4bK-1;";branch=z9hG4bK-2'],
    ["z9hG4bK-1", 'SIP/2.0/UDP h;branch=z9hG4bK-2;x=";branch=z9hG4bK-1"'],
    ["z9hG4bK-1", "SIP/2.0/UDP h;branch=z9hG4bK-2, SIP/2.0/UDP h;branch=z9hG4bK-1"],
    ["z9hG4bK%", "SIP/2.0/UDP h;branch=z9hG4bK%25"],
    ["z9hG4bK-1", "SIP/2.0/UDP h;branch=z9hG4bK-2;xbranch=z9hG4bK-1"],
  ])("is refused where the branch %s only seems to be that of %s", (branch, via) => {
    const on = bench();
    on.layer.receive(request("INVITE", branch), udp);
    const response = on.requests[0]!.request.createResponse(200);
    response.headers.set("Via", via);
    expect(() => on.server().respond(response)).toThrow(code("response_mismatch"));
    on.layer.close();
  });

  it("is refused also after the first 2xx, when the request is gone", () => {
    const on = bench();
    const transaction = ring(on);
    const first = transaction.request!.createResponse(200);
    const second = first.clone();
    transaction.respond(first);
    expect(transaction.request).toBeUndefined();
    transaction.respond(second);
    second.headers.set("CSeq", "8 INVITE");
    expect(() => transaction.respond(second)).toThrow(code("response_mismatch"));
    expect(on.sent).toHaveLength(2);
    on.clock.advance(32_000);
  });
});

describe("a core that throws", () => {
  it.each([
    ["an Error", new Error("oops"), "500 Server Internal Error"],
    [
      "a SipError with a status",
      new SipError("value_invalid", "bad Contact", { status: 400 }),
      "400 Bad Request",
    ],
    [
      "a SipError with a status that is no failure",
      new SipError("timeout", "odd", { status: 200 }),
      "500 Server Internal Error",
    ],
    ["no error at all", "text", "500 Server Internal Error"],
  ])("is answered for, and reported: %s", (_name, thrown, line) => {
    const on = bench({
      onRequest() {
        throw thrown;
      },
    });
    on.layer.receive(request("OPTIONS"), tcp);
    expect(on.log()).toEqual([`0 ${line}`]);
    expect(on.errors).toMatchObject([{ code: "core_failed" }]);
    expect(on.errors[0]!.error.cause).toBe(thrown);
  });

  it("may do so later", async () => {
    const on = bench({
      async onRequest() {
        await null;
        throw new SipError("value_invalid", "bad Expires", { status: 423 });
      },
    });
    on.layer.receive(request("INVITE"), udp);
    await on.clock.advanceAsync(1);
    expect(on.log()).toEqual(["0 423 Interval Too Brief"]);
    expect(on.errors).toMatchObject([{ code: "core_failed" }]);
    acknowledge(on);
    on.clock.advance(5_000);
  });

  it("after its final response changes nothing, and throws at an ACK", () => {
    const on = bench({
      onRequest(_request, transaction) {
        transaction?.respond(200);
        throw new Error("too late");
      },
    });
    on.layer.receive(request("INVITE"), udp);
    on.layer.receive(request("ACK", "z9hG4bK-2"), udp);
    expect(on.log()).toEqual(["0 200 OK"]);
    expect(on.errors.map(({ code: name, transaction }) => [name, transaction?.kind])).toEqual([
      ["core_failed", "server"],
      ["core_failed", undefined],
    ]);
    on.clock.advance(32_000);
  });

  it("does not disturb the other transactions", () => {
    const on = bench({
      onRequest(one, transaction) {
        if (one.method === "OPTIONS") throw new Error("oops");
        transaction?.respond(200);
      },
      onError() {
        throw new Error("nor does this");
      },
    });
    on.layer.receive(request("OPTIONS", "z9hG4bK-a"), udp);
    on.layer.receive(request("MESSAGE", "z9hG4bK-b"), udp);
    expect(on.log()).toEqual(["0 500 Server Internal Error", "0 200 OK"]);
    on.clock.advance(32_000);
  });
});

describe("a CANCEL of the peer's", () => {
  const cancel = (on: Bench, flow = udp) => on.layer.receive(request("CANCEL"), flow);
  const tags = (on: Bench) => on.sent.map(({ text }) => /\r\nTo: .*;tag=(.*)\r\n/.exec(text)?.[1]);

  it("is answered 200 with the INVITE's To tag; the INVITE is ended by its own onCancel", () => {
    const on = bench();
    const transaction = ring(on);
    const heard: string[] = [];
    transaction.onCancel = (one) => {
      heard.push(`${one.method} ${transaction.state}`);
      transaction.respond(487);
    };
    transaction.respond(180);
    cancel(on);
    cancel(on);
    expect(on.log()).toEqual(["0 180 Ringing", "0 200 OK", "0 487 Request Terminated", "0 200 OK"]);
    expect(on.sent[1]!.text).toContain("CSeq: 7 CANCEL");
    expect(new Set(tags(on)).size).toBe(1);
    expect(tags(on)[0]).toMatch(/./);
    expect(heard).toEqual(["CANCEL proceeding"]);
    expect(on.requests).toHaveLength(1);
    acknowledge(on);
    on.clock.advance(32_000);
  });

  it("has the same tag even if nothing was sent before, or a tag of the core's own", () => {
    const on = bench();
    ring(on);
    cancel(on);
    expect(on.log()).toEqual(["0 200 OK", "0 487 Request Terminated"]);
    expect(new Set(tags(on)).size).toBe(1);
    acknowledge(on);
    on.clock.advance(32_000);

    const other = bench();
    const transaction = ring(other);
    const ringing = transaction.request!.createResponse(180);
    ringing.headers.set("To", "Bob <sip:bob@example.com>;tag=from-downstream");
    transaction.respond(ringing);
    cancel(other);
    expect(tags(other).slice(0, 2)).toEqual(["from-downstream", "from-downstream"]);
    acknowledge(other);
    other.clock.advance(32_000);
  });

  it("goes to the core's onCancel where the transaction has none", () => {
    const seen: unknown[] = [];
    const on = bench({
      onCancel(one, transaction) {
        seen.push([one.method, transaction]);
        transaction.respond(487, "Gone");
      },
    });
    const transaction = ring(on);
    cancel(on);
    expect(seen).toEqual([["CANCEL", transaction]]);
    expect(on.times("487 Gone")).toEqual([0]);
    acknowledge(on);
    on.clock.advance(32_000);
  });

  it("ends the INVITE even if the callback throws or rejects", async () => {
    const on = bench({
      async onCancel() {
        throw new Error("later");
      },
    });
    ring(on);
    cancel(on);
    await on.clock.advanceAsync(0);
    expect(on.times("487 Request Terminated")).toEqual([0]);
    expect(on.errors).toMatchObject([{ code: "core_failed" }]);
    acknowledge(on);
    on.clock.advance(32_000);

    const other = bench();
    ring(other).onCancel = () => {
      throw new Error("now");
    };
    cancel(other);
    expect(other.times("487 Request Terminated")).toEqual([0]);
    acknowledge(other);
    other.clock.advance(32_000);
  });

  it.each([200, 486])("crosses a %i: it is answered, and changes nothing", (status) => {
    const on = bench();
    const transaction = ring(on);
    let called = false;
    transaction.onCancel = () => {
      called = true;
    };
    transaction.respond(status);
    cancel(on);
    expect(on.sent[1]!.text).toMatch(/^SIP\/2.0 200 OK\r\n(.*\r\n)*CSeq: 7 CANCEL/);
    expect(new Set(tags(on)).size).toBe(1);
    expect(called).toBe(false);
    expect(transaction.state).toBe(status === 200 ? "accepted" : "completed");
    if (status === 486) acknowledge(on);
    on.clock.advance(32_000);
  });

  it("that matches nothing gets 481, once for all its retransmissions", () => {
    const on = bench();
    cancel(on);
    cancel(on);
    on.layer.receive(request("CANCEL", "z9hG4bK-other"), tcp);
    expect(on.times("481 Call/Transaction Does Not Exist")).toEqual([0, 0, 0]);
    expect(on.sent[1]!.data).toStrictEqual(on.sent[0]!.data);
    expect(on.requests).toEqual([]);
    on.clock.advance(32_000);
  });

  it("from another sent-by matches nothing", () => {
    const on = bench();
    const transaction = ring(on);
    on.layer.receive(parseRequest(requestText("CANCEL", "z9hG4bK-1", [], "elsewhere.example.com:5070")), udp);
    expect(on.log()).toEqual(["0 481 Call/Transaction Does Not Exist"]);
    expect(transaction.state).toBe("proceeding");
    transaction.terminate();
    on.clock.advance(32_000);
  });
});

function okAs<T extends { clone(): T; status: number }>(ok: T, status: number): T {
  const other = ok.clone();
  other.status = status;
  return other;
}
