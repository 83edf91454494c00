// Client transactions on a virtual clock: when they send what, what they tell, and that they end.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Response } from "../../src/message/response.ts";
import type { ClientTransaction } from "../../src/transaction/client-transaction.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { answer, type Bench, bench, flow, outgoing, parseRequest, tcp, udp } from "./support.ts";

const INVITE = "INVITE sip:bob@example.com";
const OPTIONS = "OPTIONS sip:bob@example.com";
const ACK = "ACK sip:bob@example.com";
const CANCEL = "CANCEL sip:bob@example.com";

function call(on: Bench, flow = udp, more: readonly string[] = []): ClientTransaction {
  const transaction = on.layer.createClient(outgoing("INVITE", more));
  transaction.start(flow);
  return transaction;
}

function ask(on: Bench, flow = udp): ClientTransaction {
  const transaction = on.layer.createClient(outgoing("OPTIONS"));
  transaction.start(flow);
  return transaction;
}

describe("INVITE client transaction", () => {
  it("retransmits over UDP by Timer A and gives up by Timer B", async () => {
    const on = bench();
    const transaction = call(on);
    const final = transaction.final;
    on.clock.advance(31_999);
    expect(on.times(INVITE)).toEqual([0, 500, 1500, 3500, 7500, 15500, 31500]);
    expect(transaction.state).toBe("calling");
    expect(on.errors).toEqual([]);
    on.clock.advance(1);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
    expect(transaction.state).toBe("terminated");
    await expect(final).rejects.toMatchObject({ code: "timeout" });
    on.clock.advance(100_000);
    expect(on.sent).toHaveLength(7);
  });

  it("sends the same bytes each time, whatever becomes of the message", () => {
    const on = bench();
    const mine = outgoing("INVITE");
    const transaction = on.layer.createClient(mine);
    mine.headers.set("Subject", "changed after the call");
    transaction.start(udp);
    transaction.request.headers.set("Subject", "changed after the start");
    on.clock.advance(32_000);
    expect(new Set(on.sent.map(({ text }) => text)).size).toBe(1);
    expect(on.sent[0]!.text).not.toContain("Subject");
  });

  it("sends a copy, or the request itself where it is told to", () => {
    const on = bench();
    const [copied, own] = [outgoing("OPTIONS"), outgoing("OPTIONS")];
    on.layer.createClient(copied).start(udp);
    const transaction = on.layer.createClient(own, undefined, { uncopied: true });
    transaction.start(udp);
    expect(transaction.request).toBe(own);
    expect(own.headers.first("Via")?.branch).toBe(transaction.branch);
    expect(copied.headers.has("Via")).toBe(false);
    on.clock.advance(32_000);
  });

  it("puts its Via on top, with rport only where there may be a NAT to pass", () => {
    const on = bench();
    const transaction = on.layer.createClient(
      outgoing("INVITE", ["Via: SIP/2.0/TCP upstream.example.com;branch=z9hG4bKup"]),
    );
    transaction.start(udp);
    call(on, tcp);
    const [over, tcpSent] = on.sent;
    expect(parseRequest(over!.text).headers.get("Via").map(String)).toEqual([
      `SIP/2.0/UDP 192.0.2.1:5060;branch=${transaction.branch};rport`,
      "SIP/2.0/TCP upstream.example.com;branch=z9hG4bKup",
    ]);
    expect(transaction.branch).toMatch(/^z9hG4bK.{16}$/);
    expect(parseRequest(tcpSent!.text).headers.get("Via")[0]!.hasRport).toBe(false);
    on.layer.close();
  });

  it("sends once over TCP, and still gives up", () => {
    const on = bench();
    call(on, tcp);
    on.clock.advance(40_000);
    expect(on.times(INVITE)).toEqual([0]);
    expect(on.errors).toMatchObject([{ code: "timeout" }]);
  });

  it("stops retransmitting at the first provisional response, and then rings without end", () => {
    const on = bench();
    const transaction = call(on);
    on.clock.advance(600);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    on.clock.advance(600_000);
    expect(on.times(INVITE)).toEqual([0, 500]);
    expect(on.responses.map(({ status }) => status)).toEqual([100, 180]);
    expect(transaction.state).toBe("proceeding");
    expect(on.layer.counts.timers).toBe(0);
    on.layer.receive(answer(on.sent[0]!.data, 486), udp);
    on.clock.advance(32_000);
    expect(on.errors).toEqual([]);
  });

  it("acknowledges a failure with the INVITE's Via, Route and number and the response's To, each time it comes", async () => {
    const on = bench();
    const transaction = call(on, udp, [
      "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>",
      "Via: SIP/2.0/UDP upstream.example.com;branch=z9hG4bKup",
      "Proxy-Require: foo",
      "Content-Type: application/sdp",
    ]);
    const response = answer(on.sent[0]!.data, 486, "tag-of-bob");
    on.layer.receive(response, udp);
    expect(transaction.state).toBe("completed");
    on.clock.advance(500);
    on.layer.receive(answer(on.sent[0]!.data, 486, "tag-of-bob"), udp);
    on.clock.advance(1_000);
    on.layer.receive(answer(on.sent[0]!.data, 486, "tag-of-bob"), udp);
    expect(on.times(ACK)).toEqual([0, 500, 1500]);
    expect(new Set(on.sent.slice(1).map(({ text }) => text)).size).toBe(1);
    expect(on.responses).toHaveLength(1);
    const invite = parseRequest(on.sent[0]!.text);
    const ack = parseRequest(on.sent[1]!.text);
    expect(ack.headers.get("Via").map(String)).toEqual([String(invite.headers.get("Via")[0])]);
    expect(ack.headers.get("Route").map(String)).toEqual(invite.headers.get("Route").map(String));
    expect(ack.headers.get("To")!.tag).toBe("tag-of-bob");
    expect(String(ack.headers.get("From"))).toBe(String(invite.headers.get("From")));
    expect(ack.headers.get("Call-ID")).toBe("call-1");
    expect(String(ack.headers.get("CSeq"))).toBe("7 ACK");
    expect(ack.headers.get("Max-Forwards")).toBe(70);
    expect(ack.headers.has("Proxy-Require")).toBe(false);
    expect(ack.headers.has("Content-Type")).toBe(false);
    expect(ack.body.length).toBe(0);
    expect((await transaction.final).status).toBe(486);
    on.clock.advance(30_499);
    expect(transaction.state).toBe("completed");
    on.clock.advance(1);
    expect(transaction.state).toBe("terminated");
  });

  it("acknowledges over TCP once and is gone: Timer D is 0", () => {
    const on = bench();
    const transaction = call(on, tcp);
    on.layer.receive(answer(on.sent[0]!.data, 603), tcp);
    expect(on.log()).toEqual([`0 ${INVITE}`, `0 ${ACK}`]);
    expect(transaction.state).toBe("terminated");
    expect(on.clock.size).toBe(0);
  });

  it.each([udp, tcp])("passes every 2xx for 64 × T1 and acknowledges none (RFC 6026): %#", async (flow) => {
    const on = bench();
    const transaction = call(on, flow);
    const invite = on.sent[0]!.data;
    on.layer.receive(answer(invite, 180, "one"), flow);
    on.layer.receive(answer(invite, 200, "one"), flow);
    on.layer.receive(answer(invite, 200, "one"), flow);
    on.clock.advance(10_000);
    on.layer.receive(answer(invite, 200, "two"), flow);
    on.layer.receive(answer(invite, 183, "three"), flow);
    on.layer.receive(answer(invite, 486, "four"), flow);
    expect(on.responses.map(({ status }) => status)).toEqual([180, 200, 200, 200]);
    expect(on.responses.every((each) => each.transaction === transaction)).toBe(true);
    expect(on.times(ACK)).toEqual([]);
    expect((await transaction.final).headers.get("To")!.tag).toBe("one");
    expect(transaction.state).toBe("accepted");
    on.clock.advance(22_000);
    expect(transaction.state).toBe("terminated");
    on.layer.receive(answer(invite, 200, "one"), flow);
    expect(on.responses.at(-1)).toEqual({ status: 200, transaction: undefined });
  });

  it("acknowledges a To that it cannot read as it stands, and delivers what has none", () => {
    const on = bench();
    call(on);
    const broken = answer(on.sent[0]!.data, 500);
    broken.headers.set("To", '"<broken');
    on.layer.receive(broken, udp);
    expect(parseRequest(on.sent[1]!.text).headers.raw("To")).toEqual(['"<broken']);
    call(on);
    const without = answer(on.sent[2]!.data, 500);
    without.headers.delete("To");
    on.layer.receive(without, udp);
    on.layer.receive(without, udp);
    expect(on.times(ACK)).toHaveLength(1);
    expect(on.responses).toMatchObject([{ status: 500 }, { status: 500 }]);
    expect(on.errors).toMatchObject([{ code: "header_missing" }]);
    on.clock.advance(32_000);
  });

  it("runs Timer C where a proxy asks for it: reset by 101-199, then CANCEL", () => {
    const on = bench();
    const transaction = on.layer.createClient(outgoing("INVITE"), undefined, { timerC: true });
    transaction.start(udp);
    const invite = on.sent[0]!.data;
    on.layer.receive(answer(invite, 180), udp);
    on.clock.advance(100_000);
    on.layer.receive(answer(invite, 100), udp);
    on.layer.receive(answer(invite, 183), udp);
    on.clock.advance(180_999);
    expect(on.times(CANCEL)).toEqual([]);
    on.clock.advance(1);
    expect(on.times(CANCEL)).toEqual([281_000]);
    on.layer.receive(answer(on.sent.at(-1)!.data, 200), udp);
    on.clock.advance(32_000);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
  });
});

describe("non-INVITE client transaction", () => {
  it("retransmits over UDP by Timer E, at most every T2, and gives up by Timer F", () => {
    const on = bench();
    const transaction = ask(on);
    on.clock.advance(32_000);
    expect(on.times(OPTIONS)).toEqual([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
    expect(new Set(on.sent.map(({ text }) => text)).size).toBe(1);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
    expect(transaction.state).toBe("terminated");
  });

  it("goes on at T2 after a provisional response", () => {
    const on = bench();
    ask(on);
    on.clock.advance(600);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    on.clock.advance(31_400);
    expect(on.times(OPTIONS)).toEqual([0, 500, 1500, 5500, 9500, 13500, 17500, 21500, 25500, 29500]);
    expect(on.errors).toMatchObject([{ code: "timeout" }]);
  });

  it("takes one final response and absorbs the others until Timer K", () => {
    const on = bench();
    const transaction = ask(on);
    on.clock.advance(700);
    for (let i = 0; i < 3; i++) on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    expect(on.responses).toHaveLength(1);
    on.clock.advance(4_999);
    expect(transaction.state).toBe("completed");
    on.clock.advance(1);
    expect(transaction.state).toBe("terminated");
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    expect(on.responses).toHaveLength(1);
    expect(on.layer.counts.stray).toBe(1);
  });

  it("sends once over TCP, ends with the final response, and waits for it 64 × T1 at most", () => {
    const on = bench();
    const done = ask(on, tcp);
    on.layer.receive(answer(on.sent[0]!.data, 404), tcp);
    expect(done.state).toBe("terminated");
    ask(on, tcp);
    on.clock.advance(32_000);
    expect(on.sent).toHaveLength(2);
    expect(on.errors).toMatchObject([{ code: "timeout" }]);
  });

  it("is not cancelled (RFC 3261 §9.1)", () => {
    const on = bench();
    const transaction = ask(on);
    transaction.cancel();
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    transaction.cancel();
    expect(on.times(CANCEL)).toEqual([]);
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    on.clock.advance(5_000);
  });
});

describe("CANCEL of our INVITE", () => {
  it("waits for a provisional response, and copies what RFC 3261 §9.1 asks for", async () => {
    const on = bench();
    const transaction = call(on, udp, [
      "Route: <sip:p1.example.com;lr>",
      "Require: 100rel",
      "Proxy-Require: foo",
    ]);
    transaction.cancel();
    transaction.cancel();
    expect(on.times(CANCEL)).toEqual([]);
    on.clock.advance(600);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    transaction.cancel();
    expect(on.times(CANCEL)).toEqual([600]);
    const invite = parseRequest(on.sent[0]!.text);
    const sent = on.sent.at(-1)!;
    const cancel = parseRequest(sent.text);
    expect(cancel.headers.get("Via").map(String)).toEqual([String(invite.headers.get("Via")[0])]);
    expect(cancel.headers.get("Via")).toHaveLength(1);
    for (const name of ["Route", "From", "To", "Call-ID"]) {
      expect(cancel.headers.raw(name), name).toEqual(invite.headers.raw(name));
    }
    expect(String(cancel.headers.get("CSeq"))).toBe("7 CANCEL");
    expect(cancel.headers.has("Require") || cancel.headers.has("Proxy-Require")).toBe(false);
    expect(sent.flow).toBe(udp);
    on.layer.receive(answer(sent.data, 200), udp);
    on.layer.receive(answer(on.sent[0]!.data, 487), udp);
    expect(on.responses.map(({ status }) => status)).toEqual([100, 180, 487]);
    expect((await transaction.final).status).toBe(487);
    expect(on.times(ACK)).toEqual([600]);
    on.clock.advance(32_000);
    expect(on.errors).toEqual([]);
  });

  it("says why, where that is told: the last that was told before it leaves (RFC 3326)", () => {
    const reasons = ["SIP;cause=600", 'SIP;cause=200;text="Call completed elsewhere"'];
    const on = bench();
    const transaction = call(on);
    for (const reason of reasons) transaction.cancel(reason);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    transaction.cancel("SIP;cause=480");
    const cancels = on.sent.filter(({ text }) => text.startsWith(CANCEL));
    expect(cancels.map(({ text }) => parseRequest(text).headers.raw("Reason"))).toEqual([[reasons[1]]]);
    on.layer.receive(answer(on.sent[0]!.data, 487), udp);
    on.clock.advance(32_000);
  });

  it("is not sent when the 200 comes first, nor after it", () => {
    const on = bench();
    const transaction = call(on);
    transaction.cancel();
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    transaction.cancel();
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    expect(on.times(CANCEL)).toEqual([]);
    expect(on.responses.map(({ status }) => status)).toEqual([200]);
    on.clock.advance(32_000);
  });

  it("crosses a 200: the 200 is delivered like any other", () => {
    const on = bench();
    const transaction = call(on);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    transaction.cancel();
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    on.layer.receive(answer(on.sent.at(-1)!.data, 481), udp);
    expect(on.responses.map(({ status }) => status)).toEqual([180, 200]);
    expect(transaction.state).toBe("accepted");
    on.clock.advance(32_000);
    expect(on.errors).toEqual([]);
    expect(transaction.state).toBe("terminated");
  });

  it("gives the INVITE up 64 × T1 later, if nothing comes of it", () => {
    const on = bench();
    const transaction = call(on);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    on.clock.advance(1_000);
    transaction.cancel();
    on.clock.advance(31_999);
    expect(on.errors).toEqual([]);
    expect(on.times(CANCEL)).toHaveLength(11);
    on.clock.advance(1);
    expect(on.errors).toMatchObject([{ code: "timeout", transaction }]);
    expect(on.errors).toHaveLength(1);
  });

  it("is not needed for what was not sent", async () => {
    const on = bench();
    const transaction = on.layer.createClient(outgoing("INVITE"));
    const final = transaction.final;
    transaction.cancel();
    transaction.start(udp);
    expect(on.sent).toEqual([]);
    expect(on.errors).toMatchObject([{ code: "aborted", transaction }]);
    await expect(final).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("transport errors", () => {
  const broken = new SipError("transport_failed", "unreachable");

  it("end a transaction that waits for an answer, at once", async () => {
    const on = bench();
    const [invite, options] = [call(on), ask(on)];
    const finals = [invite.final, options.final];
    on.clock.advance(100);
    for (const { failed } of on.sent) failed(broken);
    expect(on.errors).toMatchObject([
      { code: "transport_failed", transaction: invite },
      { code: "transport_failed", transaction: options },
    ]);
    for (const final of finals) await expect(final).rejects.toBe(broken);
    on.clock.advance(60_000);
    expect(on.sent).toHaveLength(2);
  });

  it("mean nothing to one that has its answer, but for the INVITE's ACK", () => {
    const on = bench();
    const [invite, options, failing] = [call(on), ask(on), call(on)];
    const [first, second, third] = on.sent;
    on.layer.receive(answer(first!.data, 200), udp);
    on.layer.receive(answer(second!.data, 200), udp);
    on.layer.receive(answer(third!.data, 404), udp);
    for (const { failed } of on.sent) failed(broken);
    expect(on.errors).toMatchObject([{ code: "transport_failed", transaction: failing }]);
    expect([invite.state, options.state, failing.state]).toEqual(["accepted", "completed", "terminated"]);
    on.clock.advance(32_000);
    for (const { failed } of on.sent) failed(broken);
    expect(on.errors).toHaveLength(1);
  });

  it("come from a connection's end to every transaction on it, and no other", () => {
    const on = bench();
    const other = { ...tcp, id: "other" };
    const [calling, ringing, elsewhere, over] = [call(on, tcp), call(on, tcp), call(on, other), call(on)];
    on.layer.receive(answer(on.sent[1]!.data, 180), tcp);
    on.layer.flowClosed(tcp, undefined);
    expect(on.errors).toMatchObject([
      { code: "connection_closed", transaction: calling },
      { code: "connection_closed", transaction: ringing },
    ]);
    expect([elsewhere.state, over.state]).toEqual(["calling", "calling"]);
    on.layer.flowClosed(tcp, broken);
    expect(on.errors).toHaveLength(2);
    on.clock.advance(32_000);
  });

  it("of a connection that was opened from here have a callee that rings told by another, once", () => {
    const on = bench();
    const anew = flow("TCP", "anew");
    const opened = { ...flow("TCP"), domain: "example.com", open: false };
    const asked: unknown[] = [];
    opened.transport.flow = (to) => {
      asked.push(to);
      return anew;
    };
    const given = { ...tcp, open: false };
    const ring = (by: Flow) => {
      const transaction = call(on, by);
      on.layer.receive(answer(on.sent.at(-1)!.data, 180), by);
      return transaction;
    };
    const [wanted, cancelled, cameIn] = [ring(opened), ring(opened), ring(given)];
    cancelled.cancel();
    const before = on.sent.length;
    for (const closed of [opened, given]) on.layer.flowClosed(closed, broken);
    expect([wanted, cancelled, cameIn].map(({ state }) => state)).toEqual(Array(3).fill("terminated"));
    const told = on.sent.slice(before);
    expect(told.map(({ line, flow: by }) => [line, by])).toEqual([["CANCEL sip:bob@example.com", anew]]);
    expect(told[0]!.text).toContain(`branch=${wanted.branch}`);
    expect(asked.at(-1)).toEqual({ ...opened.remote, domain: "example.com" });
    on.clock.advance(32_000);
  });

  it("may even be thrown by the transport", () => {
    const on = bench(
      {},
      {
        transmit() {
          throw new Error("no socket");
        },
      },
    );
    const transaction = call(on);
    expect(transaction.state).toBe("terminated");
    expect(on.errors).toMatchObject([{ code: "transport_failed", transaction }]);
  });
});

describe("what the user sees", () => {
  it("prefers the handlers of the transaction to the core's", () => {
    const on = bench();
    const seen: unknown[] = [];
    const transaction = on.layer.createClient(outgoing("OPTIONS"), {
      onResponse: (response, from) => void seen.push([response.status, from]),
      onError: (error, from) => void seen.push([error.code, from]),
    });
    transaction.start(udp);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    on.clock.advance(32_000);
    expect(seen).toEqual([
      [100, transaction],
      ["timeout", transaction],
    ]);
    expect([on.responses, on.errors]).toEqual([[], []]);
  });

  it("is told after the state is committed", () => {
    const states: string[] = [];
    const on = bench({
      onResponse: (_response, transaction) => void states.push(transaction!.state),
      onError: (_error, transaction) => void states.push(`${transaction!.state} ${on.layer.counts.client}`),
    });
    call(on);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    on.layer.receive(answer(on.sent[0]!.data, 404), udp);
    on.clock.advance(32_000);
    ask(on);
    on.clock.advance(32_000);
    expect(states).toEqual(["proceeding", "completed", "terminated 0"]);
  });

  it("may throw or reject without harm", async () => {
    const on = bench({
      onResponse(response) {
        if (response.status === 100) throw new Error("thrown");
        return Promise.reject(new Error("rejected"));
      },
      onError() {
        throw new Error("the error handler too");
      },
    });
    const transaction = ask(on);
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    await on.clock.advanceAsync(5_000);
    expect(on.errors.map(({ code, error }) => [code, (error.cause as Error).message])).toEqual([
      ["core_failed", "thrown"],
      ["core_failed", "rejected"],
    ]);
    expect((await transaction.final).status).toBe(200);
    const second = on.layer.createClient(outgoing("OPTIONS"), {
      onError() {
        throw new Error("a handler");
      },
    });
    second.fail(new SipError("no_target", "nowhere"));
    expect(on.errors.at(-1)).toMatchObject({ code: "core_failed", transaction: second });
  });

  it("can ask for the final response late, early, or not at all", async () => {
    const on = bench();
    const [asked, unasked] = [ask(on), ask(on)];
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    on.clock.advance(32_000);
    expect((await asked.final).status).toBe(200);
    expect(asked.final).toBe(asked.final);
    await expect(unasked.final).rejects.toMatchObject({ code: "timeout" });
    const dropped = ask(on);
    dropped.terminate();
    await expect(dropped.final).rejects.toMatchObject({ code: "terminated" });
    expect(on.errors).toHaveLength(1);
  });

  it("keeps octets after the final response, and gives messages made of them", async () => {
    const on = bench();
    const transaction = call(on);
    const { request } = transaction;
    expect(transaction.request).toBe(request);
    const response = answer(on.sent[0]!.data, 200);
    response.flow = udp;
    const text = response.toString();
    on.layer.receive(response, udp);
    // What somebody does to his copy changes nothing.
    request.headers.delete("Via");
    response.headers.delete("Via");
    expect(transaction.request).not.toBe(request);
    expect(transaction.request.toString()).toBe(on.sent[0]!.text);
    const final = await transaction.final;
    expect(final).not.toBe(response);
    expect(final.toString()).toBe(text);
    expect(final.flow).toBe(udp);
    const read: number[] = [];
    for await (const { status } of transaction) read.push(status);
    expect(read).toEqual([200]);
    on.clock.advance(32_000);
  });

  it("keeps no message that is not sent again, where its handlers alone want to know", async () => {
    const on = bench();
    const heard: number[] = [];
    const handlers = { forgets: true, onResponse: ({ status }: Response) => void heard.push(status) };
    const transaction = on.layer.createClient(outgoing("INVITE"), handlers);
    transaction.start(udp);
    const sent = on.sent[0]!.data;
    on.layer.receive(answer(sent, 200), udp);
    on.layer.receive(answer(sent, 200), udp);
    expect(heard).toEqual([200, 200]);
    expect(() => transaction.request).toThrow("no message");
    await expect(transaction.final).rejects.toMatchObject({ code: "terminated" });
    on.clock.advance(32_000);
    expect(on.errors).toEqual([]);
  });

  it("keeps a request that is larger than the core's window as it is", () => {
    const on = bench();
    const large = outgoing("OPTIONS");
    large.body = "x".repeat(70_000);
    const transaction = on.layer.createClient(large);
    transaction.start(tcp);
    const { request } = transaction;
    on.layer.receive(answer(on.sent[0]!.data, 200), tcp);
    expect(transaction.request).toBe(request);
  });

  it("keeps a response that is larger than that as it is", async () => {
    const on = bench();
    const transaction = call(on);
    const response = answer(on.sent[0]!.data, 200);
    response.body = "x".repeat(70_000);
    const large = parseMessage(response.toBytes()) as Response;
    on.layer.receive(large, udp);
    expect(await transaction.final).toBe(large);
    on.layer.close();
  });

  it("ends for a reader when it is dropped, and a final that nobody waits for is no unhandled rejection", async () => {
    const on = bench();
    const transaction = call(on);
    const reading = transaction[Symbol.asyncIterator]().next();
    transaction.terminate();
    await expect(reading).rejects.toMatchObject({ code: "terminated" });
    const other = on.layer.createClient(outgoing("OPTIONS"));
    void other.final;
    other.terminate();
    // Where it were one, the run of the tests would fail.
    await new Promise((resolve) => setTimeout(resolve));
  });

  it("iterates over the responses up to the first final one", async () => {
    const on = bench();
    const transaction = call(on);
    const invite = on.sent[0]!.data;
    const early: number[] = [];
    const reading = (async () => {
      for await (const response of transaction) early.push(response.status);
    })();
    on.layer.receive(answer(invite, 100), udp);
    on.layer.receive(answer(invite, 180), udp);
    await on.clock.advanceAsync(0);
    expect(early).toEqual([100, 180]);
    on.layer.receive(answer(invite, 200), udp);
    on.layer.receive(answer(invite, 200), udp);
    await reading;
    expect(early).toEqual([100, 180, 200]);
    const late: number[] = [];
    for await (const response of transaction) late.push(response.status);
    expect(late).toEqual([200]);
    await on.clock.advanceAsync(32_000);
  });

  it("throws out of the iteration what ended the transaction", async () => {
    const on = bench();
    const transaction = ask(on);
    const read = async () => {
      const seen: number[] = [];
      try {
        for await (const response of transaction) seen.push(response.status);
      } catch (error) {
        return [...seen, (error as SipError).code];
      }
      return seen;
    };
    const readers = [read(), read()];
    on.layer.receive(answer(on.sent[0]!.data, 100), udp);
    await on.clock.advanceAsync(32_000);
    expect(await Promise.all(readers)).toEqual([
      [100, "timeout"],
      [100, "timeout"],
    ]);
    expect(await read()).toEqual(["timeout"]);
  });

  it("keeps at most 64 unread responses, the final one among them", async () => {
    const on = bench();
    const transaction = call(on);
    const reader = transaction[Symbol.asyncIterator]();
    const left = transaction[Symbol.asyncIterator]();
    await left.return?.();
    const ringing = answer(on.sent[0]!.data, 180);
    for (let i = 0; i < 1_000; i++) on.layer.receive(ringing, udp);
    on.layer.receive(answer(on.sent[0]!.data, 486), udp);
    const seen: number[] = [];
    for await (const response of { [Symbol.asyncIterator]: () => reader }) seen.push(response.status);
    expect(seen).toHaveLength(64);
    expect(seen.at(-1)).toBe(486);
    expect(await left.next()).toEqual({ done: true, value: undefined });
    on.clock.advance(32_000);
  });

  it("hears that there is no target, and nothing of one that it dropped", async () => {
    const on = bench();
    const lost = on.layer.createClient(outgoing("INVITE"));
    expect(lost.state).toBe("resolving");
    expect([lost.flow, on.layer.counts.client]).toEqual([undefined, 1]);
    lost.fail(new SipError("no_target", "nowhere"));
    await expect(lost.final).rejects.toMatchObject({ code: "no_target" });
    const dropped = call(on);
    const waiting = dropped.final;
    dropped.terminate();
    dropped.terminate();
    await expect(waiting).rejects.toMatchObject({ code: "terminated" });
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    expect(on.errors).toHaveLength(1);
    expect(on.responses).toEqual([]);
  });

  it("is refused a second transaction of the same name, an ACK, and anything after close", () => {
    const on = bench();
    const options = { branch: "z9hG4bKmine" };
    const first = on.layer.createClient(outgoing("INVITE"), undefined, options);
    expect(first.key).toBe("z9hG4bKmine|INVITE");
    expect(on.layer.client(first.key)).toBe(first);
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => on.layer.createClient(outgoing("INVITE"), undefined, options)).toThrow(
      code("transaction_exists"),
    );
    expect(() => on.layer.createClient(outgoing("ACK"))).toThrow(code("unsupported"));
    on.layer.close();
    expect(() => on.layer.createClient(outgoing("INVITE"))).toThrow(code("closed"));
  });
});
