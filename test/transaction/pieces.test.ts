// What user agents and proxies pick up around the transactions: kept answers and ACKs, merged requests, loops,
// computed branches.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { createAck } from "../../src/message/create-ack.ts";
import type { Request } from "../../src/message/request.ts";
import { AckKeeper } from "../../src/transaction/ack-keeper.ts";
import { AnswerKeeper } from "../../src/transaction/answer-keeper.ts";
import { isLoop, loopBranch, statelessBranch } from "../../src/transaction/branch.ts";
import { errorStatus, upstreamStatus } from "../../src/transaction/error-status.ts";
import { MergedRequests } from "../../src/transaction/merged-requests.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import { BEFORE, growth, TIMES } from "../support/memory.ts";
import { answer, bench, outgoing, parseRequest, request, requestText, tcp, udp } from "./support.ts";

const OK = "200 OK";

/** A server that has answered an INVITE over `flow` with a kept 200. */
function answered(flow = udp) {
  const on = bench();
  const keeper = new AnswerKeeper({ clock: on.clock, timers: on.layer.timers });
  const ended: (Request | SipError)[] = [];
  on.layer.receive(request("INVITE"), flow);
  const transaction = on.server();
  keeper.accept(transaction, on.requests[0]!.request.createResponse(200), (outcome) => ended.push(outcome));
  const tag = /^To: .*;tag=(\S+)\r$/m.exec(on.sent.at(-1)!.text)![1];
  const ack = parseRequest(
    requestText("ACK", "z9hG4bK-ack").replace("To: Bob <sip:bob@example.com>", `$&;tag=${tag}`),
  );
  return { on, keeper, ended, transaction, ack };
}

describe("AnswerKeeper", () => {
  it.each([
    ["UDP", udp],
    ["TCP", tcp],
  ])("sends the 2xx over %s after T1, doubling up to T2, until 64 × T1", (_name, flow) => {
    const { on, keeper, ended } = answered(flow);
    on.clock.advance(60_000);
    expect(on.times(OK)).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(ended.map((one) => one instanceof SipError && one.code)).toEqual(["timeout"]);
    expect(keeper.size).toBe(0);
  });

  it("stops with the ACK, and tells of it once", () => {
    const { on, keeper, ended, ack } = answered();
    on.clock.advance(600);
    expect(keeper.acknowledge(ack)).toBe(true);
    expect(keeper.acknowledge(ack)).toBe(false);
    on.clock.advance(60_000);
    expect(on.times(OK)).toEqual([0, 500]);
    expect(ended).toEqual([ack]);
  });

  it("takes no ACK of another dialog or another INVITE", () => {
    const { on, keeper, ended, ack } = answered();
    const other = ack.clone();
    other.headers.set("CSeq", "8 ACK");
    const stranger = ack.clone();
    stranger.headers.set("To", "Bob <sip:bob@example.com>;tag=other");
    expect(keeper.acknowledge(other)).toBe(false);
    expect(keeper.acknowledge(stranger)).toBe(false);
    expect(ended).toEqual([]);
    keeper.close();
    on.clock.advance(40_000);
  });

  it("sends what it sent, whatever became of the message", () => {
    const on = bench();
    const keeper = new AnswerKeeper({ clock: on.clock, timers: on.layer.timers });
    on.layer.receive(request("INVITE"), udp);
    const response = on.requests[0]!.request.createResponse(200);
    keeper.accept(on.server(), response, () => {});
    response.status = 299;
    on.clock.advance(500);
    expect(on.times(OK)).toEqual([0, 500]);
    expect(on.sent[0]!.text).toBe(on.sent[1]!.text);
    keeper.close();
    on.clock.advance(40_000);
  });

  it("ends with the transaction, or silently where it is released", () => {
    const first = answered();
    first.transaction.terminate();
    first.on.clock.advance(500);
    expect(first.ended.map((one) => one instanceof SipError && one.code)).toEqual(["terminated"]);
    const second = answered();
    second.keeper.release(second.transaction);
    second.on.clock.advance(60_000);
    expect(second.ended).toEqual([]);
    expect(second.on.times(OK)).toEqual([0]);
  });

  it("leaves no timer when it is closed, whatever those who are told throw", () => {
    const on = bench();
    const keeper = new AnswerKeeper({ clock: on.clock, timers: on.layer.timers });
    for (const branch of ["z9hG4bK-1", "z9hG4bK-2"]) {
      on.layer.receive(request("INVITE", branch), udp);
      const { request: invite, transaction } = on.requests.at(-1)!;
      keeper.accept(transaction!, invite.createResponse(200), () => {
        throw new Error("oops");
      });
    }
    expect(() => keeper.close()).toThrow("oops");
    expect([keeper.size, on.times(OK)]).toEqual([0, [0, 0]]);
    on.clock.advance(40_000);
    expect(on.times(OK)).toEqual([0, 0]);
  });

  it("waits for one ACK where an INVITE is answered anew", () => {
    const { on, keeper, ended, transaction, ack } = answered();
    const again = parseRequest(requestText("INVITE")).createResponse(200);
    again.headers.set("To", ack.headers.get("To")!);
    const later: unknown[] = [];
    keeper.accept(transaction, again, (outcome) => later.push(outcome));
    expect(ended.map((one) => one instanceof SipError && one.code)).toEqual(["terminated"]);
    expect(keeper.size).toBe(1);
    on.clock.advance(500);
    expect(on.times(OK)).toEqual([0, 0, 500]);
    expect(keeper.acknowledge(ack)).toBe(true);
    expect(later).toEqual([ack]);
    on.clock.advance(40_000);
    expect(on.times(OK)).toHaveLength(3);
  });

  it("closes: each that waits hears of it, and no timer is left", () => {
    const { on, keeper, ended } = answered();
    keeper.close();
    expect(ended.map((one) => one instanceof SipError && one.code)).toEqual(["closed"]);
    on.layer.close();
    expect(on.clock.size).toBe(0);
  });

  it("refuses a 2xx to another request", () => {
    const on = bench();
    const keeper = new AnswerKeeper({ clock: on.clock, timers: on.layer.timers });
    on.layer.receive(request("OPTIONS"), udp);
    const response = on.requests[0]!.request.createResponse(200);
    expect(() => keeper.accept(on.server(), response, () => {})).toThrow(
      expect.objectContaining({ code: "value_invalid" }),
    );
    expect([on.sent, keeper.size]).toEqual([[], 0]);
    on.layer.close();
  });

  it("refuses what is no 2xx to an INVITE, and keeps nothing", () => {
    const on = bench();
    const keeper = new AnswerKeeper({ clock: on.clock, timers: on.layer.timers });
    on.layer.receive(request("INVITE"), udp);
    const made = on.requests[0]!.request;
    for (const status of [180, 300, 486]) {
      expect(() => keeper.accept(on.server(), made.createResponse(status), () => {})).toThrow(
        expect.objectContaining({ code: "value_invalid" }),
      );
    }
    on.server().respond(486);
    expect(() => keeper.accept(on.server(), made.createResponse(200), () => {})).toThrow(
      expect.objectContaining({ code: "transaction_state" }),
    );
    expect(keeper.size).toBe(0);
    on.clock.advance(60_000);
  });
});

describe("AckKeeper", () => {
  const world = (limit?: number) => {
    const on = bench();
    const sent: Request[] = [];
    const send = (ack: Request): void => void sent.push(ack);
    const keeper = new AckKeeper({
      clock: on.clock,
      timers: on.layer.timers,
      send,
      ...(limit ? { limit } : {}),
    });
    const client = on.layer.createClient(outgoing("INVITE"));
    client.start(udp);
    const ok = (tag: string) => answer(on.sent[0]!.data, 200, tag);
    return { on, sent, keeper, client, ok, invite: client.request };
  };

  it("sends the ACK once for each 2xx, to each branch its own", () => {
    const { on, sent, keeper, ok, invite } = world();
    const got: string[] = [];
    for (const tag of ["b1", "b1", "b2", "b1", "b2"]) {
      const response = ok(tag);
      on.layer.receive(response, udp);
      if (keeper.receive(response)) got.push(`${tag} again`);
      else keeper.acknowledge(response, createAck(invite, response));
    }
    expect(got).toEqual(["b1 again", "b1 again", "b2 again"]);
    expect(sent.map((ack) => ack.headers.get("To")?.tag)).toEqual(["b1", "b1", "b2", "b1", "b2"]);
    expect(keeper.size).toBe(2);
    on.clock.advance(32_000);
    expect(keeper.size).toBe(0);
    expect(on.clock.size).toBe(0);
  });

  it("keeps an ACK for 64 × T1 after the last 2xx, unchanged", () => {
    const { on, sent, keeper, client, ok, invite } = world();
    const ack = createAck(invite, ok("b1"));
    keeper.acknowledge(ok("b1"), ack);
    ack.headers.set("Call-ID", "changed");
    on.clock.advance(31_000);
    expect(keeper.receive(ok("b1"))).toBe(true);
    on.clock.advance(31_000);
    expect(keeper.receive(ok("b1"))).toBe(true);
    expect(sent.slice(1).map((one) => one.headers.get("Call-ID"))).toEqual(["call-1", "call-1"]);
    on.clock.advance(32_000);
    expect(keeper.receive(ok("b1"))).toBe(false);
    client.terminate();
  });

  it("has a limit, and says so before it sends", () => {
    const { sent, keeper, client, ok, invite } = world(1);
    keeper.acknowledge(ok("b1"), createAck(invite, ok("b1")));
    expect(() => keeper.acknowledge(ok("b2"), createAck(invite, ok("b2")))).toThrow(
      expect.objectContaining({ code: "overloaded" }),
    );
    expect(sent).toHaveLength(1);
    // One that is kept already takes no more room.
    keeper.acknowledge(ok("b1"), createAck(invite, ok("b1")));
    expect([sent.length, keeper.size]).toEqual([2, 1]);
    keeper.close();
    client.terminate();
    expect(keeper.size).toBe(0);
  });
});

describe("MergedRequests", () => {
  it("finds a request that came by two ways, as long as the first goes on (RFC 3261 §8.2.2.2)", () => {
    const merged = new MergedRequests();
    const found: boolean[] = [];
    const on = bench({ onRequest: (one, transaction) => void found.push(merged.check(one, transaction!)) });
    on.layer.receive(request("OPTIONS", "z9hG4bK-1"), udp);
    on.layer.receive(request("OPTIONS", "z9hG4bK-2"), udp);
    on.layer.receive(parseRequest(requestText("OPTIONS", "z9hG4bK-3").replace("tag=a1", "tag=a2")), udp);
    on.layer.receive(parseRequest(requestText("OPTIONS", "z9hG4bK-4").replace("CSeq: 7", "CSeq: 8")), udp);
    on.layer.receive(
      parseRequest(requestText("OPTIONS", "z9hG4bK-5").replace("To: Bob <sip:bob@example.com>", "$&;tag=b1")),
      udp,
    );
    expect(found).toEqual([false, true, false, false, false]);
    for (const { transaction } of on.requests) transaction!.respond(200);
    on.clock.advance(32_000);
    on.layer.receive(request("OPTIONS", "z9hG4bK-6"), udp);
    expect(found.at(-1)).toBe(false);
    on.layer.close();
  });

  it("tells requests apart by Call-ID and CSeq, wherever the one ends and the other begins", () => {
    const merged = new MergedRequests();
    const found: boolean[] = [];
    const on = bench({ onRequest: (one, transaction) => void found.push(merged.check(one, transaction!)) });
    for (const [index, [callId, cseq]] of (["7 7", "8 7", "77 7", "7 77", "7 7"] as const)
      .map((each) => each.split(" "))
      .entries()) {
      const text = requestText("OPTIONS", `z9hG4bK-${index}`)
        .replace("call-1", `call-${callId}`)
        .replace("CSeq: 7", `CSeq: ${cseq}`);
      on.layer.receive(parseRequest(text), udp);
    }
    expect(found).toEqual([false, false, false, false, true]);
    on.layer.close();
  });

  it("holds on to no Call-ID, however long that is", async () => {
    const merged = new MergedRequests();
    const over = { state: "terminated" } as ServerTransaction;
    let number = 0;
    const check = () => {
      const text = requestText("OPTIONS").replace("call-1", `${number++}${"x".repeat(50_000)}`);
      merged.check(parseRequest(text), over);
    };
    expect(await growth(check)).toBeLessThan(TIMES * 1000);
    expect(merged.size).toBe(BEFORE + TIMES);
  });

  it("keeps what goes on, however many come meanwhile", () => {
    const merged = new MergedRequests();
    const found: boolean[] = [];
    const on = bench({
      onRequest: (one, transaction) => {
        found.push(merged.check(one, transaction!));
        if (transaction!.method === "INVITE") transaction!.respond(180);
        else transaction!.respond(200);
      },
    });
    const receive = (method: string, i: number, branch = `${i}`) =>
      on.layer.receive(
        parseRequest(requestText(method, `z9hG4bK-${branch}`).replace("call-1", `call-${i}`)),
        tcp,
      );
    receive("INVITE", 0);
    for (let i = 1; i < 200; i++) receive("OPTIONS", i);
    receive("INVITE", 0, "other");
    expect(found.at(-1)).toBe(true);
    on.layer.close();
  });

  it("does not find a request that is asked of twice", () => {
    const merged = new MergedRequests();
    const on = bench();
    on.layer.receive(request("OPTIONS"), udp);
    const { request: one, transaction } = on.requests[0]!;
    expect([1, 2].map(() => merged.check(one, transaction!))).toEqual([false, false]);
    on.layer.close();
  });

  it("lets go of what is over", () => {
    const merged = new MergedRequests();
    const on = bench({ onRequest: (one, transaction) => void merged.check(one, transaction!) });
    for (let i = 0; i < 1000; i++) {
      const text = requestText("OPTIONS", `z9hG4bK-${i}`).replace("call-1", `call-${i}`);
      on.layer.receive(parseRequest(text), tcp);
      on.requests.at(-1)!.transaction!.respond(200);
    }
    expect(merged.size).toBeLessThan(65);
  });
});

describe("branches that are computed", () => {
  const copy = (one: Request): Request => parseRequest(one.toString());

  it("statelessBranch: one branch for a request, its CANCEL, and the ACK to a refusal (RFC 3261 §16.11)", () => {
    const branch = statelessBranch(request("INVITE"));
    expect(branch).toMatch(/^z9hG4bK[0-9a-f]{16}$/);
    for (const method of ["INVITE", "CANCEL", "ACK"]) expect(statelessBranch(request(method))).toBe(branch);
    expect(statelessBranch(request("INVITE", "z9hG4bK-2"))).not.toBe(branch);
    expect(statelessBranch(request("INVITE", undefined, [], "other.example.com:5070"))).not.toBe(branch);
    expect(statelessBranch(request("INVITE"), [1, 2, 3, 4])).not.toBe(branch);
  });

  it("statelessBranch: for an RFC 2543 peer it is made of what tells transactions there", () => {
    const old = (text = requestText("INVITE", "1")) => statelessBranch(parseRequest(text));
    const text = requestText("INVITE", "1");
    expect(old()).toBe(old());
    // Its CANCEL, and the ACK to a refusal, whose To has that one's tag (RFC 3261 §16.6 step 8).
    expect(old(text.replaceAll("INVITE", "CANCEL"))).toBe(old());
    const ack = text.replaceAll("INVITE", "ACK").replace("To: Bob <sip:bob@example.com>", "$&;tag=b1");
    expect([ack.includes("tag=b1"), old(ack)]).toEqual([true, old()]);
    for (const [from, to] of [
      ["branch=1", "branch=2"],
      ["tag=a1", "tag=a2"],
      ["call-1", "call-2"],
      ["CSeq: 7", "CSeq: 8"],
      ["sip:bob@example.com SIP", "sip:eve@example.com SIP"],
    ] as const) {
      expect(old(text.replace(from, to)), to).not.toBe(old());
    }
  });

  it("isLoop: a request that comes back to go the same way, and no spiral (RFC 3261 §16.3)", () => {
    const owns = (via: { host: string }) => via.host === "proxy.example.com";
    const came = request("INVITE");
    expect(isLoop(came, owns)).toBe(false);
    const sent = copy(came);
    const branch = loopBranch(came, seededRandom(1));
    sent.headers.prepend("Via", `SIP/2.0/UDP proxy.example.com;branch=${branch}`);
    // Another proxy on the way back has its Via on top.
    sent.headers.prepend("Via", "SIP/2.0/UDP other.example.com;branch=z9hG4bK-o");
    expect(isLoop(copy(sent), owns)).toBe(true);
    expect(isLoop(copy(sent), () => false)).toBe(false);
    const spiral = copy(sent);
    spiral.uri = "sip:bob@elsewhere.example.com";
    expect(isLoop(spiral, owns)).toBe(false);
    for (const [name, value] of [
      ["Route", "<sip:next.example.com;lr>"],
      ["Proxy-Require", "privacy"],
      ["Proxy-Authorization", 'Digest username="alice"'],
    ] as const) {
      const other = copy(sent);
      other.headers.append(name, value);
      expect([name, isLoop(other, owns)]).toEqual([name, false]);
    }
    expect(loopBranch(came, seededRandom(1))).toBe(branch);
    expect(loopBranch(came, seededRandom(2)).slice(-17)).toBe(branch.slice(-17));
  });
});

describe("errorStatus", () => {
  it("is the response that a failure counts as (RFC 3261 §8.1.3.1, §16.9)", () => {
    const of = (code: ConstructorParameters<typeof SipError>[0], status?: number) =>
      errorStatus(new SipError(code, "", status ? { status } : {}));
    expect([of("timeout"), of("transport_failed"), of("connection_closed")]).toEqual([408, 503, 503]);
    expect([of("no_target"), of("no_target", 416), of("overloaded"), of("aborted")]).toEqual([
      503, 416, 503, 487,
    ]);
    expect([of("value_unsafe"), of("value_invalid", 400)]).toEqual([500, 400]);
    expect([upstreamStatus(503), upstreamStatus(486)]).toEqual([500, 486]);
  });
});
