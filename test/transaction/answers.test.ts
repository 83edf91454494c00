// What is left of a non-INVITE server transaction where its transport lends room for answers: it must look from
// outside as if the transaction lived on (RFC 3261 §17.2.2, completed, until timer J).

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { AnswerBlocks } from "../../src/transport/answer-blocks.ts";
import { bench, flow, lent, outgoing, parseRequest, request, requestText, udp } from "./support.ts";

/** A layer whose core answers 200 at once, and the transactions that it has seen. */
function answering() {
  const seen: ServerTransaction[] = [];
  const on = bench({
    onRequest(_request, transaction) {
      if (transaction) seen.push(transaction);
      transaction?.respond(200);
    },
  });
  return { on, seen };
}

const ask = (branch: string) => request("OPTIONS", `z9hG4bK-${branch}`);

describe("an answer that is left", () => {
  it("is sent again to each retransmission, until Timer J", () => {
    const { on, seen } = answering();
    on.layer.receive(ask("a"), lent);
    on.layer.receive(ask("b"), lent);
    on.clock.advance(31_999);
    on.layer.receive(ask("a"), lent);
    expect(on.layer.counts).toMatchObject({ server: 2, timers: 2, waiting: 0, repeated: 1, resent: 1 });
    expect(on.layer.states).toEqual({ "non-INVITE server": { completed: 2 } });
    expect(on.sent[2]!.data).toEqual(on.sent[0]!.data);
    expect(seen.map(({ state }) => state)).toEqual(["completed", "completed"]);
    on.clock.advance(1);
    expect(seen.map(({ state }) => state)).toEqual(["terminated", "terminated"]);
    expect(on.layer.states).toEqual({});
    on.layer.receive(ask("a"), lent);
    expect(seen).toHaveLength(3);
    on.clock.advance(32_000);
  });

  it("is found by what asks for its transaction", () => {
    const { on, seen } = answering();
    const odd = parseRequest(requestText("A%B", "z9hG4bK-x"));
    on.layer.receive(odd, lent);
    const { key } = seen[0]!;
    const found = on.layer.server(key)!;
    expect(found).toMatchObject({ key, method: "A%B", state: "completed", flow: lent, kind: "server" });
    expect([found.request, found.waiting, found.toTag]).toEqual([undefined, false, undefined]);
    expect(() => found.respond(200)).toThrow(expect.objectContaining({ code: "transaction_state" }));
    expect(() => seen[0]!.respond(200)).toThrow(expect.objectContaining({ code: "transaction_state" }));
    found.terminate();
    expect(seen[0]!.state).toBe("terminated");
    expect(on.layer.server(key)).toBeUndefined();
    seen[0]!.terminate();
    expect(on.layer.counts).toMatchObject({ server: 0, timers: 0 });
  });

  it("goes when its transaction is terminated, and its key is free again", () => {
    const { on, seen } = answering();
    on.layer.receive(ask("a"), lent);
    on.layer.receive(ask("b"), lent);
    seen[0]!.terminate();
    on.layer.receive(ask("a"), lent);
    expect(seen.map(({ state }) => state)).toEqual(["terminated", "completed", "completed"]);
    seen[0]!.terminate();
    expect(on.layer.counts).toMatchObject({ server: 2, timers: 2 });
    on.clock.advance(32_000);
  });

  it("tells the core of a send that fails, and of an unreachable peer, and stays", () => {
    const { on, seen } = answering();
    const other = flow("UDP", "other");
    on.layer.receive(ask("a"), lent);
    on.layer.receive(ask("b"), other);
    const failure = new SipError("transport_failed", "no");
    on.sent[0]!.failed(failure);
    expect(on.errors.at(-1)).toMatchObject({ error: failure, transaction: seen[0] });
    on.layer.receive(ask("a"), lent);
    on.sent.at(-1)!.failed(failure);
    expect(on.errors.at(-1)!.transaction).toMatchObject({ key: seen[0]!.key, state: "completed" });
    on.layer.flowClosed(lent, failure);
    on.layer.flowClosed(other, failure);
    const keys = on.errors.map(({ transaction }) => transaction?.key);
    expect(keys).toEqual([seen[0]!.key, seen[0]!.key, seen[0]!.key, seen[1]!.key]);
    expect(on.layer.counts.server).toBe(2);
    on.clock.advance(32_000);
    on.sent[0]!.failed(failure);
    on.layer.flowClosed(lent, failure);
    expect(on.errors).toHaveLength(4);
  });

  it("is nothing where a 408 ended the transaction (RFC 4320 §4.2), but absorbs all the same", () => {
    const on = bench();
    on.layer.receive(ask("a"), lent);
    const transaction = on.server();
    on.clock.advance(5000);
    expect(on.log()).toEqual(["3500 100 Trying"]);
    transaction.respond(408);
    on.layer.receive(ask("a"), lent);
    expect(on.sent).toHaveLength(1);
    expect([transaction.state, on.requests.length]).toEqual(["completed", 1]);
    expect(on.layer.counts).toMatchObject({ repeated: 1, resent: 0 });
    on.clock.advance(32_000);
  });

  it("is left by those that are answered later, among others", () => {
    const on = bench();
    const branches = ["a", "b", "c", "d"];
    for (const branch of branches) on.layer.receive(ask(branch), lent);
    const client = on.layer.createClient(outgoing("OPTIONS"));
    client.start(lent);
    expect(on.layer.states).toEqual({
      "non-INVITE server": { trying: 4 },
      "non-INVITE client": { trying: 1 },
    });
    for (const i of [2, 0, 3]) on.requests[i]!.transaction!.respond(200 + i);
    expect(on.layer.counts).toMatchObject({ server: 4, waiting: 2 });
    on.layer.receive(ask("d"), lent);
    on.layer.receive(ask("b"), lent);
    expect(on.sent.at(-1)!.line).toMatch(/^203 /);
    on.layer.flowClosed(lent, new SipError("transport_failed", "gone"));
    // Four of a server, and the client's, which ends by it.
    expect(on.errors).toHaveLength(5);
    on.requests[1]!.transaction!.terminate();
    on.clock.advance(32_000);
  });

  it("counts for the limit, and is gone after close", () => {
    const seen: ServerTransaction[] = [];
    const on = bench(
      {
        onRequest(_request, transaction) {
          if (transaction) seen.push(transaction);
          transaction?.respond(200);
        },
      },
      { limit: 2 },
    );
    for (const branch of ["a", "b", "c"]) on.layer.receive(ask(branch), lent);
    expect(on.layer.counts).toMatchObject({ server: 2, refused: 1 });
    on.layer.close();
    expect(seen.map(({ state }) => state)).toEqual(["terminated", "terminated"]);
    expect(on.layer.counts).toMatchObject({ server: 0, timers: 0 });
  });

  it("is kept in the usual way where there is no room, or none for its key", () => {
    const { on, seen } = answering();
    const none = flow("UDP");
    none.transport.answers = (host) => Object.assign(new AnswerBlocks(host), { add: () => undefined });
    on.layer.receive(ask("a"), none);
    on.layer.receive(ask("b"), udp);
    on.layer.receive(ask("a"), udp);
    expect(on.sent).toHaveLength(3);
    expect(on.layer.counts).toMatchObject({ server: 2, timers: 2, repeated: 1 });
    expect(seen).toHaveLength(2);
    on.clock.advance(32_000);
  });

  it("is counted beside one that is kept, of before a transport lent room", () => {
    const { on } = answering();
    on.layer.receive(ask("a"), udp);
    on.layer.receive(ask("b"), lent);
    expect(on.layer.states).toEqual({ "non-INVITE server": { completed: 2 } });
    on.clock.advance(32_000);
    expect(on.layer.states).toEqual({});
  });

  it("is known by an RFC 2543 peer's key too", () => {
    const { on, seen } = answering();
    const old = () => parseRequest(requestText("OPTIONS", "old"));
    on.layer.receive(old(), lent);
    on.layer.receive(old(), lent);
    expect([on.sent.length, seen.length]).toEqual([2, 1]);
    on.clock.advance(32_000);
  });
});
