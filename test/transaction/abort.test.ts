// Giving up, the limit on what is sent, and flows that fail: what ends a client transaction from outside.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { answer, bench, outgoing, request, tcp, udp } from "./support.ts";

const handlers = () => {
  const told: string[] = [];
  return {
    told,
    onResponse: ({ status }: { status: number }) => void told.push(`${status}`),
    onError: ({ code }: SipError) => void told.push(code),
  };
};

describe("abort", () => {
  it("ends a request with `aborted`, once, and sends nothing more", async () => {
    const on = bench();
    const heard = handlers();
    const transaction = on.layer.createClient(outgoing("OPTIONS"), heard);
    transaction.start(udp);
    on.clock.advance(600);
    transaction.abort();
    transaction.abort();
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    on.clock.advance(40_000);
    expect(heard.told).toEqual(["aborted"]);
    await expect(transaction.final).rejects.toMatchObject({ code: "aborted" });
    expect(on.times("OPTIONS sip:bob@example.com")).toEqual([0, 500]);
    expect(on.layer.counts.stray).toBe(1);
  });

  it("does nothing after the final response", () => {
    const on = bench();
    const heard = handlers();
    const transaction = on.layer.createClient(outgoing("OPTIONS"), heard);
    transaction.start(udp);
    on.layer.receive(answer(on.sent[0]!.data, 200), udp);
    transaction.abort();
    expect(transaction.state).toBe("completed");
    on.clock.advance(5000);
    expect(heard.told).toEqual(["200"]);
  });

  it("cancels an INVITE, after its first provisional response", () => {
    const on = bench();
    const heard = handlers();
    const transaction = on.layer.createClient(outgoing("INVITE"), heard);
    transaction.start(udp);
    transaction.abort();
    expect(on.sent).toHaveLength(1);
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    expect(on.sent.at(-1)!.line).toBe("CANCEL sip:bob@example.com");
    on.layer.receive(answer(on.sent[0]!.data, 487), udp);
    on.clock.advance(40_000);
    expect(heard.told).toEqual(["180", "487"]);
  });
});

describe("the limit of live transactions", () => {
  it("holds for what is sent, too, but not for a CANCEL", () => {
    const on = bench({}, { limit: 1 });
    const invite = on.layer.createClient(outgoing("INVITE"), handlers());
    invite.start(udp);
    expect(() => on.layer.createClient(outgoing("OPTIONS"))).toThrow(
      expect.objectContaining({ code: "overloaded", status: 503 }),
    );
    expect(on.layer.counts).toMatchObject({ client: 1, refused: 1 });
    on.layer.receive(answer(on.sent[0]!.data, 180), udp);
    invite.cancel();
    expect(on.sent.at(-1)!.line).toBe("CANCEL sip:bob@example.com");
    on.layer.close();
  });
});

describe("a flow that fails", () => {
  const gone = new SipError("transport_failed", "unreachable");

  it.each([
    ["UDP", udp, tcp],
    ["TCP", tcp, udp],
  ])("is told at once to all on it, and to no others (%s)", (_name, flow, other) => {
    const on = bench();
    const heard = [handlers(), handlers(), handlers(), handlers()];
    const [first, second, third, fourth] = heard.map((each) =>
      on.layer.createClient(outgoing("OPTIONS"), each),
    );
    for (const each of [first, second, third]) each!.start(flow);
    fourth!.start(other);
    // One in the middle, the first, and the last of the ring leave it before.
    second!.terminate();
    on.layer.flowClosed(flow, gone);
    expect(heard.map(({ told }) => told)).toEqual([["transport_failed"], [], ["transport_failed"], []]);
    on.layer.flowClosed(flow, gone);
    on.layer.flowClosed(other, gone);
    expect(heard[3]!.told).toEqual(["transport_failed"]);
    expect(on.layer.counts.client).toBe(0);
  });

  it("after the final response: the ACK is lost, and the core hears of it, not the handlers", () => {
    const on = bench();
    const heard = handlers();
    on.layer.createClient(outgoing("INVITE"), heard).start(udp);
    on.layer.receive(answer(on.sent[0]!.data, 486), udp);
    on.sent.at(-1)!.failed(gone);
    expect(heard.told).toEqual(["486"]);
    expect(on.errors.map(({ code }) => code)).toEqual(["transport_failed"]);
  });
});

describe("To tags of the layer's own responses", () => {
  it("come from its Random", () => {
    const random = new Random((bytes) => bytes.fill(1));
    const on = bench({}, { random });
    on.layer.receive(request("OPTIONS"), udp);
    on.server().respond(404);
    on.layer.receive(request("CANCEL", "z9hG4bK-2"), udp);
    expect(on.sent.map(({ text }) => /^To: .*;tag=(\S+)/m.exec(text)?.[1])).toEqual([
      "BBBBBBBBBB",
      "BBBBBBBBBB",
    ]);
    on.layer.close();
  });

  it("a CANCEL is answered with the tag of its INVITE's responses (RFC 3261 §9.2)", () => {
    const on = bench();
    on.layer.receive(request("INVITE"), udp);
    on.layer.receive(request("CANCEL"), udp);
    const tags = on.sent.map(({ text }) => /^To: .*;tag=(\S+)/m.exec(text)?.[1]);
    expect(tags).toHaveLength(2);
    expect(tags[0]).toBe(tags[1]);
    on.clock.advance(80_000);
  });
});
