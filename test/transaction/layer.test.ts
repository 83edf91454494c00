// The layer: what becomes of messages that belong to no transaction, its limit, and its end.

import { describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import { parseMessage as parseAny } from "../../src/message/parse.ts";
import { Random } from "../../src/random.ts";
import { TransactionLayer } from "../../src/transaction/layer.ts";
import {
  answer,
  bench,
  expectEmpty,
  outgoing,
  parseRequest,
  request,
  requestText,
  tcp,
  udp,
} from "./support.ts";

describe("strays", () => {
  it("are dropped and counted, but for a 2xx to an INVITE", () => {
    const on = bench();
    for (const status of [100, 180, 302, 404]) on.layer.receive(answer(requestText("INVITE"), status), udp);
    on.layer.receive(answer(requestText("OPTIONS"), 200), udp);
    expect(on.responses).toEqual([]);
    expect(on.layer.counts.stray).toBe(5);
    on.layer.receive(answer(requestText("INVITE"), 200), udp);
    expect(on.responses).toEqual([{ status: 200, transaction: undefined }]);
  });

  it("that make the core throw or reject are reported", async () => {
    const on = bench({
      onResponse() {
        throw new Error("oops");
      },
      onRequest: () => Promise.reject(new Error("later")),
    });
    on.layer.receive(answer(requestText("INVITE"), 200), udp);
    on.layer.receive(request("ACK"), udp);
    await on.clock.advanceAsync(0);
    expect(on.errors.map(({ code, transaction }) => [code, transaction])).toEqual([
      ["core_failed", undefined],
      ["core_failed", undefined],
    ]);
  });

  it("include ACKs to a 2xx, which go to the core", () => {
    const on = bench();
    on.layer.receive(request("ACK", "z9hG4bK-new"), udp);
    expect(on.requests).toMatchObject([{ request: { method: "ACK" }, transaction: undefined }]);
    expect(on.layer.counts.server).toBe(0);
  });

  it("must match branch and method alike", () => {
    const on = bench();
    const transaction = on.layer.createClient(outgoing("OPTIONS"));
    transaction.start(udp);
    const sent = on.sent[0]!.text;
    on.layer.receive(answer(sent.replace(transaction.branch, "z9hG4bKother"), 200), udp);
    on.layer.receive(answer(sent.replace("7 OPTIONS", "7 INFO"), 200), udp);
    expect(transaction.state).toBe("trying");
    on.layer.receive(answer(sent, 200), udp);
    expect(transaction.state).toBe("completed");
    on.clock.advance(5_000);
  });
});

describe("messages that cannot be matched", () => {
  it.each(["Via", "CSeq"])("are dropped and reported: a response without %s", (name) => {
    const on = bench();
    const response = answer(requestText("INVITE"), 200);
    response.headers.delete(name);
    on.layer.receive(response, udp);
    expect(on.errors).toMatchObject([{ code: "header_missing", transaction: undefined }]);
    expect(on.layer.counts.dropped).toBe(1);
  });

  it("are dropped and reported: a request with a broken Via", () => {
    const on = bench();
    const broken = request("INVITE");
    broken.headers.set("Via", "not a via");
    on.layer.receive(broken, udp);
    on.layer.receive(request("ACK"), udp);
    expect(on.errors).toMatchObject([{ code: "value_invalid" }]);
    expect(on.requests).toHaveLength(1);
  });
});

describe("a CANCEL that cannot be answered", () => {
  it("is dropped and reported, and leaves no transaction", () => {
    const on = bench();
    const cancel = request("CANCEL");
    cancel.headers.set("CSeq", "7 INVITE");
    on.layer.receive(cancel, udp);
    expect(on.errors).toMatchObject([{ code: "response_mismatch", transaction: undefined }]);
    expect(on.layer.counts).toMatchObject({ server: 0, dropped: 1 });
    expect(on.sent).toEqual([]);
  });
});

describe("the limit", () => {
  it("answers 503 with Retry-After past it, without a transaction, and the same each time", () => {
    const on = bench({}, { limit: 2 });
    on.layer.receive(request("OPTIONS", "z9hG4bK-a"), udp);
    on.layer.createClient(outgoing("OPTIONS")).start(udp);
    const before = on.sent.length;
    on.layer.receive(request("INVITE", "z9hG4bK-c"), udp);
    on.layer.receive(request("INVITE", "z9hG4bK-c"), udp);
    on.layer.receive(request("INVITE", "z9hG4bK-d"), udp);
    const refused = on.sent.slice(before);
    expect(refused.map(({ line }) => line)).toEqual(Array(3).fill("503 Service Unavailable"));
    expect(refused[0]!.text).toContain("\r\nRetry-After: 5\r\n");
    expect(refused[1]!.text).toBe(refused[0]!.text);
    expect(on.requests).toHaveLength(1);
    expect(on.layer.counts).toMatchObject({ client: 1, server: 1, refused: 3 });
    // The ACKs to those 503 have no transaction either, and must not look like ACKs to a 2xx.
    const [tag, , other] = refused.map(({ text }) => /\r\nTo: (.*)\r\n/.exec(text)![1]!);
    expect(other).not.toBe(tag);
    const ack = request("ACK", "z9hG4bK-c");
    ack.headers.set("To", tag!);
    on.layer.receive(ack, udp);
    expect(on.requests).toHaveLength(1);
    on.layer.receive(request("ACK", "z9hG4bK-e"), udp);
    expect(on.requests).toHaveLength(2);
    // Room again.
    on.clock.advance(32_000);
    on.layer.receive(request("OPTIONS", "z9hG4bK-f"), tcp);
    on.requests.at(-1)!.transaction!.respond(200);
    expect(on.sent.at(-1)!.line).toBe("200 OK");
  });

  it("lets in what belongs to a live transaction, and the CANCEL of one", () => {
    const on = bench({}, { limit: 1 });
    on.layer.receive(request("INVITE"), udp);
    on.layer.receive(request("CANCEL", "z9hG4bK-unknown"), udp);
    expect(on.layer.counts).toMatchObject({ server: 1, refused: 1 });
    on.layer.receive(request("CANCEL"), udp);
    on.layer.receive(request("INVITE"), udp);
    on.layer.receive(request("ACK"), udp);
    expect(on.log()).toEqual([
      "0 481 Call/Transaction Does Not Exist",
      "0 200 OK",
      "0 487 Request Terminated",
      "0 487 Request Terminated",
    ]);
    on.clock.advance(32_000);
  });
});

describe("an RFC 2543 peer's ACK", () => {
  it("belongs to nobody once its INVITE's transaction is over, and goes to the core", () => {
    const on = bench();
    on.layer.receive(parseRequest(requestText("INVITE", "old")), udp);
    on.requests[0]!.transaction!.respond(486);
    const ack = () => {
      const to = /\r\nTo: (.*)\r\n/.exec(on.sent[0]!.text)![1]!;
      const one = parseRequest(requestText("ACK", "old"));
      one.headers.set("To", to);
      return one;
    };
    on.layer.receive(ack(), udp);
    expect([on.requests.length, on.requests[0]!.transaction!.state]).toEqual([1, "confirmed"]);
    on.clock.advance(32_000);
    on.layer.receive(ack(), udp);
    expect(on.requests).toHaveLength(2);
  });
});

describe("a retransmission", () => {
  it("is answered on the flow that the request came in on", () => {
    const on = bench();
    on.layer.receive(request("OPTIONS"), udp);
    on.server().respond(200);
    on.layer.receive(request("OPTIONS"), { ...udp, id: "rebound" });
    expect(on.sent.map(({ flow }) => flow)).toEqual([udp, udp]);
    on.clock.advance(32_000);
  });

  it("of an ACK to a refusal is counted", () => {
    const on = bench();
    on.layer.receive(request("INVITE"), udp);
    on.server().respond(486);
    for (const repeated of [0, 1, 2]) {
      on.layer.receive(request("ACK"), udp);
      expect(on.layer.counts.repeated).toBe(repeated);
    }
    on.clock.advance(5_000);
  });

  it("that comes while the core answers finds its transaction", () => {
    const on = bench({
      onRequest(_one, transaction) {
        on.layer.receive(request("OPTIONS"), udp);
        transaction?.respond(200);
      },
    });
    on.layer.receive(request("OPTIONS"), udp);
    expect(on.requests).toHaveLength(1);
    expect(on.log()).toEqual(["0 200 OK"]);
    on.clock.advance(32_000);
  });
});

describe("the last transaction, which is in no map yet", () => {
  it("is found though another one ends", () => {
    const on = bench();
    for (const branch of ["z9hG4bK-1", "z9hG4bK-2"]) on.layer.receive(request("OPTIONS", branch), tcp);
    on.requests[0]!.transaction!.respond(200);
    on.layer.receive(request("OPTIONS", "z9hG4bK-2"), tcp);
    expect([on.requests.length, on.layer.counts.server, on.layer.counts.repeated]).toEqual([2, 1, 1]);
    on.layer.close();
  });

  it("hears of its flow's end before those that come after it", () => {
    const on = bench();
    on.layer.receive(request("INVITE"), tcp);
    const client = on.layer.createClient(outgoing("OPTIONS"));
    client.start(tcp);
    on.layer.flowClosed(tcp, undefined);
    expect(on.errors.map(({ transaction }) => transaction?.kind)).toEqual(["server", "client"]);
    on.layer.close();
  });
});

describe("two layers face to face", () => {
  it("finish a call that answers come to before the sends return", () => {
    // The wire delivers at once, within transmit: the waiter must be registered before anything is sent.
    const clock = new VirtualClock();
    const random = new Random();
    const log: string[] = [];
    let callee: TransactionLayer;
    const caller = new TransactionLayer({
      clock,
      random,
      user: {
        onRequest() {},
        onResponse: (one) => void log.push(`got ${one.status}`),
        onError: (one) => void log.push(one.code),
      },
      transmit: (data) => callee.receive(parseRequest(new TextDecoder().decode(data)), udp),
    });
    callee = new TransactionLayer({
      clock,
      random,
      user: {
        onRequest(one, transaction) {
          log.push(one.method);
          transaction?.respond(180);
          transaction?.respond(486);
        },
        onResponse() {},
        onError: (one) => void log.push(one.code),
      },
      transmit: (data) => caller.receive(answerOf(data), udp),
    });
    caller.createClient(outgoing("INVITE")).start(udp);
    expect(log).toEqual(["INVITE", "got 180", "got 486"]);
    expect(callee.counts).toMatchObject({ server: 1, timers: 1 });
    clock.advance(32_000);
    expect([caller.counts, callee.counts]).toMatchObject([
      { client: 0, timers: 0 },
      { server: 0, timers: 0 },
    ]);
    expect(clock.size).toBe(0);
    expect(log).toHaveLength(3);
  });
});

describe("close", () => {
  it("leaves nothing in any state, tells nobody, and lets nothing in", async () => {
    const on = bench();
    const invites = [0, 1, 2, 3].map(() => on.layer.createClient(outgoing("INVITE")));
    for (const invite of invites.slice(1)) invite.start(udp);
    on.layer.receive(answer(on.sent[1]!.data, 486), udp);
    on.layer.receive(answer(on.sent[2]!.data, 200), udp);
    on.layer.createClient(outgoing("OPTIONS")).start(tcp);
    for (const [i, status] of [0, 180, 200, 486].entries()) {
      on.layer.receive(request("INVITE", `z9hG4bK-i${i}`), i % 2 ? udp : tcp);
      if (status) on.requests.at(-1)!.transaction!.respond(status);
    }
    on.layer.receive(request("OPTIONS"), udp);
    on.requests.at(-1)!.transaction!.respond(200);
    const [sent, responses] = [on.sent.length, on.responses.length];
    const final = invites[1]!.final;
    expect(on.layer.counts).toMatchObject({ client: 5, server: 5 });
    on.layer.close();
    on.layer.close();
    expectEmpty(on);
    await expect(final).rejects.toMatchObject({ code: "closed" });
    on.layer.receive(request("OPTIONS", "z9hG4bK-late"), udp);
    on.layer.receive(answer(requestText("INVITE"), 200), udp);
    on.clock.advance(100_000);
    expect([on.sent.length, on.responses.length]).toEqual([sent, responses]);
    expect(on.errors).toEqual([]);
    expect(on.requests).toHaveLength(5);
  });
});

describe("onIdle", () => {
  it("comes once after the last transaction that waited, and not if there is a new one by then", async () => {
    let idle = 0;
    const on = bench();
    on.layer.onIdle(() => void idle++);
    for (const branch of ["z9hG4bK-a", "z9hG4bK-b"]) on.layer.receive(request("OPTIONS", branch), tcp);
    on.requests[0]!.transaction!.respond(200);
    await on.clock.advanceAsync(0);
    expect(idle).toBe(0);
    on.requests[1]!.transaction!.respond(200);
    on.layer.receive(request("OPTIONS", "z9hG4bK-c"), tcp);
    await on.clock.advanceAsync(0);
    expect(idle).toBe(0);
    on.requests[2]!.transaction!.respond(200);
    expect(idle).toBe(0);
    await on.clock.advanceAsync(0);
    expect(idle).toBe(1);
  });

  it("does not wait for those that only absorb retransmissions", async () => {
    let idle = 0;
    const on = bench();
    on.layer.onIdle(() => void idle++);
    on.layer.receive(request("OPTIONS", "z9hG4bK-a"), udp);
    on.layer.receive(request("INVITE", "z9hG4bK-b"), udp);
    on.requests[0]!.transaction!.respond(200);
    on.requests[1]!.transaction!.respond(200);
    await on.clock.advanceAsync(0);
    expect(on.layer.counts).toMatchObject({ server: 2, waiting: 0 });
    expect(idle).toBe(1);
    await on.clock.advanceAsync(32_000);
    expect(idle).toBe(1);
  });
});

describe("waiting", () => {
  const waiting = (on: ReturnType<typeof bench>) => on.layer.counts.waiting;

  it.each(["INVITE", "OPTIONS"])("is a client's %s until its final response", (method) => {
    const on = bench();
    on.layer.createClient(outgoing(method)).start(udp);
    expect(waiting(on)).toBe(1);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    expect(waiting(on)).toBe(1);
    on.layer.receive(answer(on.sent[0]!.data, 404), udp);
    expect(on.layer.counts).toMatchObject({ client: 1, waiting: 0 });
    on.clock.advance(32_000);
    expect(waiting(on)).toBe(0);
  });

  it("is a refused INVITE until its ACK, or until nobody sends one", () => {
    for (const acknowledged of [true, false]) {
      const on = bench();
      on.layer.receive(request("INVITE"), udp);
      on.server().respond(486);
      expect(waiting(on)).toBe(1);
      if (acknowledged) on.layer.receive(request("ACK"), udp);
      else on.clock.advance(32_000);
      expect(on.layer.counts).toMatchObject({ server: acknowledged ? 1 : 0, waiting: 0 });
      on.clock.advance(5_000);
    }
  });

  it("counts a transaction once, whatever the callbacks do to it", () => {
    const on = bench({
      onResponse: (_response, transaction) => transaction?.terminate(),
      onRequest: (_request, transaction) => {
        transaction?.respond(200);
        transaction?.terminate();
      },
    });
    on.layer.createClient(outgoing("INVITE")).start(udp);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    on.layer.createClient(outgoing("INVITE")).start(udp);
    on.layer.receive(answer(on.sent[1]!.data, 200), udp);
    on.layer.createClient(outgoing("OPTIONS")).fail(new SipError("no_target", "nowhere"));
    on.layer.receive(request("OPTIONS"), udp);
    on.layer.receive(request("CANCEL", "z9hG4bK-none"), udp);
    expect(waiting(on)).toBe(0);
    on.layer.createClient(outgoing("INFO"));
    expect(waiting(on)).toBe(1);
    on.layer.close();
    expect(waiting(on)).toBe(0);
  });
});

describe("what the layer turns away by itself", () => {
  it("is told, with the reason and what was answered", () => {
    const told: unknown[] = [];
    const owns = vi.fn(() => false);
    const on = bench({}, { limit: 1, owns, onRefused: (...all) => void told.push(all) });
    on.layer.receive(request("INVITE", "z9hG4bK-a"), udp);
    const [late, cancel, ok, no] = [
      request("OPTIONS", "z9hG4bK-b"),
      request("CANCEL", "z9hG4bK-c"),
      answer(requestText("INVITE"), 200),
      answer(requestText("INVITE"), 404),
    ];
    for (const message of [late, cancel, ok, no]) on.layer.receive(message, udp);
    expect(told).toEqual([
      [expect.objectContaining({ code: "overloaded", status: 503 }), udp, late],
      [expect.objectContaining({ code: "overloaded", status: 481 }), udp, cancel],
      [expect.objectContaining({ code: "response_stray", status: "drop", header: "Via" }), udp, ok],
      [expect.objectContaining({ code: "response_stray", status: "drop" }), udp, no],
    ]);
    expect(on.layer.counts).toMatchObject({ refused: 2, stray: 2 });
    // Only what would go to the core is worth the comparison.
    expect(owns).toHaveBeenCalledTimes(1);
    expect(on.responses).toEqual([]);
    on.layer.close();
  });
});

describe("options", () => {
  it("scale every timer of this layer alone", () => {
    const fast = bench({}, { timers: { t1: 10, t2: 40, t4: 50, trying: 5 } });
    const slow = bench();
    for (const on of [fast, slow]) on.layer.createClient(outgoing("OPTIONS")).start(udp);
    fast.clock.advance(640);
    slow.clock.advance(640);
    expect(fast.times("OPTIONS sip:bob@example.com").slice(0, 5)).toEqual([0, 10, 30, 70, 110]);
    expect(fast.errors).toMatchObject([{ code: "timeout" }]);
    expect(slow.sent).toHaveLength(2);
    expect(fast.layer.timers).toEqual({ t1: 10, t2: 40, t4: 50, c: 181_000, trying: 5 });
    slow.layer.close();
  });

  it("are refused when they make no sense", () => {
    const make = () => bench({}, { timers: { t1: 0 } });
    expect(make).toThrow(expect.objectContaining({ code: "value_invalid" }));
  });
});

function answerOf(data: Uint8Array<ArrayBuffer>) {
  const message = parseAny(data);
  if (message.kind !== "response") throw new Error("not a response");
  return message;
}
