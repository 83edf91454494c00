// STUN as a client: how often a Binding request is sent, what its answers are taken for, and who may answer.

import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import { udp } from "../../src/transport/node/udp.ts";
import { answerStun } from "../../src/transport/stun.ts";
import { BINDING_ERROR, BINDING_SUCCESS, stunId, writeStun } from "../../src/transport/stun-message.ts";
import { StunProbes } from "../../src/transport/stun-probes.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { Recorder } from "./contract.ts";

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

const NOTHING = new Uint8Array();
const PEER = { host: "192.0.2.1", port: 5060 };
const flowTo = (remote = PEER) => ({ id: `udp:${remote.host}:${remote.port}`, remote }) as Flow;

function world() {
  const clock = new VirtualClock();
  const sent: { at: number; data: Uint8Array }[] = [];
  const probes = new StunProbes(clock, (data) => void sent.push({ at: clock.now(), data }));
  const told: (string | undefined)[] = [];
  const ask = (flow = flowTo()) =>
    void probes.ask(flow).then(
      ({ host, port }) => told.push(`${host} ${port}`),
      (error) => told.push(error instanceof SipError ? error.code : String(error)),
    );
  const answer = (
    from: { host: string; port: number } = PEER,
    seen = { host: "203.0.113.7", port: 40_000 },
  ) => probes.take(answerStun(sent.at(-1)!.data, seen)!, from);
  return { clock, probes, sent, told, ask, answer };
}

describe("a probe", () => {
  it("is told where its peer sees it", async () => {
    const { ask, answer, told, clock, sent } = world();
    ask();
    expect(answer()).toBe(true);
    await null;
    expect(told).toEqual(["203.0.113.7 40000"]);
    clock.advance(60_000);
    expect(sent).toHaveLength(1);
    expect(answer()).toBe(false);
  });

  it("is another one each time, of a header alone", async () => {
    const { ask, answer, told, sent } = world();
    for (const port of [1, 2]) {
      ask();
      expect(answer(PEER, { host: "203.0.113.7", port })).toBe(true);
      await null;
    }
    expect(told).toEqual(["203.0.113.7 1", "203.0.113.7 2"]);
    expect(sent.map(({ data }) => data.length)).toEqual([20, 20]);
    expect(sent[0]!.data.join()).not.toBe(sent[1]!.data.join());
  });

  it("reads an IPv6 address", async () => {
    const { ask, answer, told } = world();
    ask();
    answer(PEER, { host: "2001:db8:0:0:0:0:0:1", port: 1 });
    await null;
    expect(told).toEqual(["2001:db8::1 1"]);
  });

  it("sends seven times, in growing steps, before it gives up (RFC 8489 §6.2.1)", async () => {
    const { ask, told, clock, sent } = world();
    ask();
    clock.advance(39_499);
    await null;
    expect(told).toEqual([]);
    clock.advance(1);
    await null;
    expect(told).toEqual(["timeout"]);
    expect(sent.map(({ at }) => at)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(new Set(sent.map(({ data }) => data.join())).size).toBe(1);
    clock.advance(100_000);
    expect(sent).toHaveLength(7);
  });

  it("of a flow that is asked already is the same one", async () => {
    const { ask, answer, told, sent } = world();
    ask();
    ask();
    ask(flowTo({ host: "192.0.2.2", port: 5060 }));
    expect(sent).toHaveLength(2);
    expect(sent[0]!.data.join()).not.toBe(sent[1]!.data.join());
    expect(answer()).toBe(false);
    expect(answer({ host: "192.0.2.2", port: 5060 })).toBe(true);
    await null;
    expect(told).toHaveLength(1);
  });

  it("believes no other host, no other port and no other transaction", async () => {
    const { probes, ask, answer, told, sent } = world();
    ask();
    expect(answer({ host: "192.0.2.66", port: 5060 })).toBe(false);
    expect(answer({ host: "192.0.2.1", port: 5061 })).toBe(false);
    const other = answerStun(sent[0]!.data, PEER)!;
    other[19]! ^= 1;
    expect(probes.take(other, PEER)).toBe(false);
    // A request of the peer's own, by chance or not with the same id.
    expect(probes.take(sent[0]!.data, PEER)).toBe(false);
    await null;
    expect(told).toEqual([]);
    expect(answer()).toBe(true);
  });

  it("to an IPv6 address, which may be written otherwise, believes who has the id", async () => {
    const { ask, answer, told } = world();
    ask(flowTo({ host: "2001:DB8:0::1", port: 5060 }));
    expect(answer({ host: "2001:db8::1", port: 5061 })).toBe(false);
    expect(answer({ host: "2001:db8::1", port: 5060 })).toBe(true);
    await null;
    expect(told).toEqual(["203.0.113.7 40000"]);
  });

  it("to a host's name believes who has the id", async () => {
    const { ask, answer, told } = world();
    ask(flowTo({ host: "edge.example.com", port: 5060 }));
    expect(answer({ host: "192.0.2.1", port: 5060 })).toBe(true);
    await null;
    expect(told).toEqual(["203.0.113.7 40000"]);
  });

  it.each([
    ["an error response", BINDING_ERROR, "refused"],
    ["an answer without an address", BINDING_SUCCESS, "transport_failed"],
  ])("fails for %s", async (_what, type, code) => {
    const { probes, ask, told, sent } = world();
    ask();
    expect(probes.take(writeStun(type, stunId(sent[0]!.data), NOTHING, true), PEER)).toBe(true);
    await null;
    expect(told).toEqual([code]);
  });

  it.each([
    ["no family", [0, 3, 0, 0, 1, 2, 3, 4]],
    ["too few octets", [0, 1, 0, 0, 1, 2, 3]],
    ["IPv4's octets for IPv6", [0, 2, 0, 0, 1, 2, 3, 4]],
    ["no octet", []],
  ])("takes an address of %s for none", async (_what, value) => {
    const { probes, ask, told, sent } = world();
    ask();
    const padding = new Array<number>((4 - (value.length & 3)) & 3).fill(0);
    const body = Uint8Array.of(0, 0x20, 0, value.length, ...value, ...padding);
    expect(probes.take(writeStun(BINDING_SUCCESS, stunId(sent[0]!.data), body, false), PEER)).toBe(true);
    await null;
    expect(told).toEqual(["transport_failed"]);
  });

  it("passes an answer over that is broken, or whose FINGERPRINT is wrong", async () => {
    const { probes, ask, answer, sent } = world();
    ask();
    const marked = writeStun(BINDING_SUCCESS, stunId(sent[0]!.data), NOTHING, true);
    marked[27]! ^= 1;
    expect(probes.take(marked, PEER)).toBe(false);
    expect(probes.take(answerStun(sent[0]!.data, PEER)!.subarray(0, 30), PEER)).toBe(false);
    expect(answer()).toBe(true);
  });

  it("ends with its socket, and leaves no timer", async () => {
    const { probes, ask, told, clock, sent } = world();
    ask();
    ask(flowTo({ host: "192.0.2.2", port: 5060 }));
    probes.close();
    await null;
    expect(told).toEqual(["closed", "closed"]);
    clock.advance(100_000);
    expect(sent).toHaveLength(2);
  });

  it("is one of no more than ten thousand", async () => {
    const { ask, told, sent } = world();
    for (let port = 1; port <= 10_001; port++) ask(flowTo({ host: "192.0.2.2", port }));
    await null;
    expect([sent.length, told]).toEqual([10_000, ["overloaded"]]);
  });
});

describe("a UDP socket", () => {
  const open = async (options = {}): Promise<Transport> => {
    const transport = udp({ host: "127.0.0.1", port: 0, ...options });
    closing.push(transport);
    await transport.start(new Recorder());
    return transport;
  };

  it("asks another where it sees it, and counts the answer", async () => {
    const [one, two] = [await open(), await open()];
    expect(await one.probe!(one.flow(two.local)!)).toEqual(one.local);
    expect(one.counts).toMatchObject({ stun: 0, stunAnswers: 1, stunDropped: 0 });
    expect(two.counts).toMatchObject({ stun: 1, stunAnswers: 0 });
  });

  it("asks nobody when it is closed, and does not wait for whom it has asked", async () => {
    const [one, deaf] = [await open(), await open({ stun: false })];
    const flow = one.flow(deaf.local)!;
    const asked = one.probe!(flow);
    const failed = expect(asked).rejects.toMatchObject({ code: "closed" });
    await one.close();
    await failed;
    await expect(one.probe!(flow)).rejects.toMatchObject({ code: "closed" });
  });
});
