// The round of datagrams by itself: its order, and when what was kept may go.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { DatagramRound } from "../../src/transport/node/datagram-round.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a round of datagrams", () => {
  const log: string[] = [];
  afterEach(() => void log.splice(0));

  const round = (work: (name: string, own: DatagramRound) => void = () => {}): DatagramRound => {
    const own = new DatagramRound(
      (data) => {
        const name = new TextDecoder().decode(data);
        log.push(name);
        work(name, own);
      },
      () => void log.push("over"),
    );
    return own;
  };
  const add = (own: DatagramRound, ...names: string[]): void => {
    for (const name of names) own.add(new TextEncoder().encode(name), "192.0.2.1", 5060);
  };

  test("works on the first at once, and on the others when all are read", async () => {
    const own = round();
    add(own, "a", "b", "c");
    expect(log).toEqual(["a"]);
    await turn();
    expect(log).toEqual(["a", "b", "c", "over"]);
    expect(own.open).toBe(false);
    add(own, "d");
    expect(log.at(-1)).toBe("d");
  });

  test("knows where each has come from, in the next round too", async () => {
    const seen: string[] = [];
    const own = new DatagramRound(
      (data, host, port) => void seen.push(`${data[0]} ${host} ${port}`),
      () => {},
    );
    const sent = [1, 2, 3, 4, 5, 6];
    for (const one of sent) {
      own.add(Uint8Array.of(one), `192.0.2.${one}`, one);
      if (one === 3) await turn();
    }
    await turn();
    expect(seen).toEqual(sent.map((one) => `${one} 192.0.2.${one} ${one}`));
  });

  test("is open from the second to the last, and not for one alone", async () => {
    const seen: boolean[] = [];
    const own = round((_name, it) => void seen.push(it.open));
    add(own, "a", "b", "c");
    await turn();
    add(own, "d");
    await turn();
    // What is sent now is sent at once: nobody would come to fetch it.
    expect(own.open).toBe(false);
    expect(seen).toEqual([false, true, true, false]);
    expect(log).toEqual(["a", "b", "c", "over", "d"]);
  });

  test("keeps the order of what comes while it works", async () => {
    const own = round((name, it) => {
      if (name === "b") add(it, "d");
    });
    add(own, "a", "b", "c");
    await turn();
    await turn();
    expect(log).toEqual(["a", "b", "c", "d", "over"]);
  });

  /** As many as Node reads in a turn. */
  const many = (from: number, count = 32) => Array.from({ length: count }, (_, i) => `${from + i}`);

  test("works on 32 in a turn, whatever waits, with what is sent kept for each round's end", async () => {
    const open: boolean[] = [];
    const own = round((_name, it) => void open.push(it.open));
    add(own, ...many(0, 100));
    const worked: number[] = [];
    for (let i = 0; i < 5; i++) {
      worked.push(log.filter((each) => each !== "over").length);
      await turn();
    }
    expect(worked).toEqual([1, 33, 65, 97, 100]);
    expect(log.map((each, at) => (each === "over" ? at : -1)).filter((at) => at >= 0)).toEqual([
      33, 66, 99, 103,
    ]);
    expect(open).toEqual([false, ...new Array<boolean>(99).fill(true)]);
  });

  test("works on few while turn after turn is full: what is read waits", async () => {
    const own = round();
    const worked = () => log.filter((each) => each !== "over").length;
    for (let i = 0; i < 16; i++) {
      add(own, ...many(32 * i));
      await turn();
    }
    expect(worked()).toBeGreaterThan(32 * 4);
    expect(worked()).toBeLessThan(32 * 8);
    // This one is not full: the next ones go on by rounds.
    add(own, ...many(512, 3));
    for (let i = 0; i < 16; i++) await turn();
    expect(log.filter((each) => each !== "over")).toEqual(many(0, 515));
    expect([own.open, log.at(-1)]).toEqual([false, "over"]);
  });

  test("works on what waits when as many wait as may, however full turns are", async () => {
    const own = round();
    let read = 0;
    let most = 0;
    for (; read < 32 * 400; read += 32) {
      add(own, ...many(read));
      await turn();
      most = Math.max(most, read + 32 - log.filter((each) => each !== "over").length);
    }
    expect(most).toBeLessThanOrEqual(4096 + 2 * 32);
    for (let i = 0; i < 200; i++) await turn();
    expect(log.filter((each) => each !== "over")).toEqual(many(0, read));
    expect(own.open).toBe(false);
  });

  test("lets go of what was worked on, though something always waits", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const own = round();
    const early: WeakRef<Uint8Array>[] = [];
    for (let turns = 0; turns < 600; turns++) {
      for (let i = 0; i < 32; i++) {
        const data = Uint8Array.of(120);
        if (turns < 20) early.push(new WeakRef(data));
        own.add(data, "192.0.2.1", 5060);
      }
      await turn();
    }
    collect();
    expect(early.filter((each) => each.deref() !== undefined)).toEqual([]);
    for (let i = 0; i < 200; i++) await turn();
    expect(own.open).toBe(false);
  });

  test("is full when a turn has read as many as Node does: who reads by himself leaves the rest to the next", async () => {
    const own = round();
    add(own, ...many(0, 31));
    expect(own.full).toBe(false);
    add(own, "31");
    expect(own.full).toBe(true);
    await turn();
    expect(own.full).toBe(false);
  });

  test("holds a burst of 10,000 whole: Bun reads all that is there at once", async () => {
    const own = round();
    add(own, ...many(0, 10_000));
    for (let i = 0; i < 400; i++) await turn();
    expect(own.dropped).toBe(0);
    expect(log.filter((each) => each !== "over")).toEqual(many(0, 10_000));
  });

  test("holds 32,768 of one turn, and loses the next", async () => {
    const own = round();
    // The first is worked on at once.
    add(own, ...many(0, 1 + 32_768));
    expect(own.dropped).toBe(0);
    add(own, "one more");
    expect(own.dropped).toBe(1);
    for (let i = 0; i < 1100; i++) await turn();
    expect(log.filter((each) => each !== "over")).toEqual(many(0, 1 + 32_768));
  });

  test("holds no more than 32,768, however many a turn brings", async () => {
    const own = round();
    let read = 0;
    let most = 0;
    for (; read < 300 * 150; read += 300) {
      add(own, ...many(read, 300));
      await turn();
      most = Math.max(most, read + 300 - own.dropped - log.filter((each) => each !== "over").length);
    }
    expect(most).toBeLessThanOrEqual(32_768);
    expect(own.dropped).toBeGreaterThan(5000);
    for (let i = 0; i < 1200; i++) await turn();
    const worked = log.filter((each) => each !== "over");
    expect(worked).toHaveLength(read - own.dropped);
    expect(worked.slice(0, 32_768)).toEqual(many(0, 32_768));
    const { dropped } = own;
    add(own, "later");
    await turn();
    expect([log.includes("later"), own.dropped, own.open]).toEqual([true, dropped, false]);
  });

  test("holds no more than 16 MiB, and takes more again when some of it is worked on", async () => {
    const own = round();
    const large = () => own.add(new Uint8Array(65_507), "192.0.2.1", 5060);
    // The first is worked on at once.
    for (let i = 0; i < 1 + 256; i++) large();
    expect(own.dropped).toBe(0);
    large();
    expect(own.dropped).toBe(1);
    await turn();
    large();
    expect(own.dropped).toBe(1);
    for (let i = 0; i < 20; i++) await turn();
    expect(log.filter((each) => each !== "over")).toHaveLength(258);
  });
});
