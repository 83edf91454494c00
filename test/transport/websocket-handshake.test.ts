// Opening handshakes on streams that the test makes up: what a refusal and a decision leave behind.

import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { Handshakes, refuse } from "../../src/transport/node/websocket-handshake.ts";
import { CountingClock } from "./counting-clock.ts";

const made = (): Duplex =>
  new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(), autoDestroy: false });
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a handshake", () => {
  test("that is refused is hung up on, and breaks nothing if it breaks", async () => {
    const stream = made();
    refuse(stream, { status: 403 });
    expect(() => stream.emit("error", new Error("reset"))).not.toThrow();
    await turn();
    expect(stream.destroyed).toBe(true);
  });

  test("that is decided on is forgotten when its client goes, and breaks nothing if it breaks", async () => {
    const clock = new CountingClock();
    let decide: (verdict: boolean) => void = () => {};
    const verify = () => new Promise<boolean>((resolve) => (decide = resolve));
    const handshakes = new Handshakes({ verify, timeout: 1000, clock, onFault: () => {} });
    let accepted = 0;
    const begin = (stream: Duplex) => handshakes.decide({} as IncomingMessage, stream, () => accepted++);
    const gone = made();
    const first = begin(gone);
    expect(() => gone.emit("error", new Error("reset"))).not.toThrow();
    gone.emit("close");
    expect([handshakes.size, clock.pending.size]).toEqual([0, 0]);
    decide(true);
    await first;
    expect(accepted).toBe(0);
    const stream = made();
    const before = stream.listenerCount("close");
    const second = begin(stream);
    expect([handshakes.size, clock.pending.size]).toEqual([1, 1]);
    decide(true);
    await second;
    // Whoever has it now hears of its errors.
    expect([accepted, handshakes.size, clock.pending.size]).toEqual([1, 0, 0]);
    expect([stream.listenerCount("close") - before, stream.listenerCount("error")]).toEqual([0, 0]);
  });

  test("that is under way when the server closes is hung up on", () => {
    const clock = new CountingClock();
    const verify = () => new Promise<boolean>(() => {});
    const handshakes = new Handshakes({ verify, timeout: 1000, clock, onFault: () => {} });
    const stream = made();
    void handshakes.decide({} as IncomingMessage, stream, () => {});
    handshakes.close();
    expect([stream.destroyed, handshakes.size, clock.pending.size]).toEqual([true, 0, 0]);
  });
});
