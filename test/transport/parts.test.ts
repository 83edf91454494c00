// The small parts that the transports share.

import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { Backoff } from "../../src/transport/backoff.ts";
import { DatagramTransport } from "../../src/transport/datagram.ts";
import type { DatagramEvents } from "../../src/transport/datagram-socket.ts";
import { HostCache } from "../../src/transport/host-cache.ts";
import { frameKind } from "../../src/transport/keep-alive.ts";
import { RecentMap } from "../../src/transport/recent-map.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import { SendQueue } from "../../src/transport/send-queue.ts";
import { encode, message, Recorder } from "./contract.ts";

describe("frameKind", () => {
  test.each([
    ["\r\n\r\n", "ping"],
    ["\r\n", "filler"],
    ["", "filler"],
    ["\0", "filler"],
    ["\0\0\0\0", "filler"],
    ["\r\n\r\n\r\n", "filler"],
    ["\n\n\n\n", "filler"],
    ["\r\n\r\nOPTIONS", "message"],
    ["OPTIONS sip:a SIP/2.0\r\n\r\n", "message"],
    [" ", "message"],
    ["\t", "message"],
  ])("%j is a %s, as text and as octets", (text, kind) => {
    expect(frameKind(text)).toBe(kind);
    expect(frameKind(encode(text))).toBe(kind);
  });
});

describe("DatagramTransport", () => {
  test("tells peers apart, however alike their ports and hosts are, and knows each again", async () => {
    let events: DatagramEvents | undefined;
    const local = { host: "0.0.0.0", port: 5060 };
    const transport = new DatagramTransport(
      {
        open: async (_local, _options, _family, given) => {
          events = given;
          return { local, send: () => {}, close: async () => {} };
        },
        lookup: () => Promise.reject(new Error("no names here")),
        dropped: () => undefined,
        sentBy: () => "here",
      },
      { flowLimit: 100 },
    );
    const recorder = new Recorder();
    await transport.start(recorder);
    // Ports that are the same but for their highest bits, from two hosts, in turns.
    const peers = ["192.0.2.1", "192.0.2.2"].flatMap((host) =>
      [5060, 5060 + 256, 5060 + 512, 5061].map((port) => ({ host, port })),
    );
    for (const { host, port } of [...peers, ...peers, ...peers]) {
      events?.message(message("here"), host, port);
    }
    const flows = recorder.messages.map(({ flow }) => flow);
    expect(flows.map((flow) => flow?.remote)).toEqual([...peers, ...peers, ...peers]);
    expect(new Set(flows).size).toBe(peers.length);
    await transport.close();
    expect(transport.flow(peers[0] as { host: string; port: number })).toBeUndefined();
  });
});

describe("RecentMap", () => {
  test("never holds more than its limit, and keeps what is used", () => {
    const map = new RecentMap<number, string>(10);
    map.set(0, "used");
    for (let i = 1; i < 1000; i++) {
      map.set(i, `${i}`);
      expect(map.get(0)).toBe("used");
      expect(map.size).toBeLessThanOrEqual(10);
    }
    expect(map.get(1)).toBeUndefined();
    expect(map.get(999)).toBe("999");
  });
  test.each([2, 3, 7])("never holds more than a limit of %i", (limit) => {
    const map = new RecentMap<number, string>(limit);
    let most = 0;
    for (let i = 0; i < 100; i++) {
      map.set(i, "x");
      most = Math.max(most, map.size);
    }
    expect(most).toBe(limit - (limit % 2));
  });
  test("forgets nothing for what was asked for in vain: who guesses pushes nobody out", () => {
    const map = new RecentMap<number, string>(10);
    for (let key = 0; key < 10; key++) map.set(key, "kept");
    for (let key = 10; key < 1000; key++) expect(map.get(key)).toBeUndefined();
    expect([map.size, map.get(9), map.get(0)]).toEqual([10, "kept", "kept"]);
  });
  test.each([0, 9])("lets go of what is deleted, be it of long ago or of now: %i of 0 to 9", (key) => {
    const map = new RecentMap<number, string>(10);
    for (let each = 0; each < 10; each++) map.set(each, "x");
    map.delete(key);
    expect([map.get(key), map.size]).toEqual([undefined, 9]);
    map.clear();
    expect([map.get(3), map.get(7), map.size]).toEqual([undefined, undefined, 0]);
  });
  test("forgets nothing for a value that is replaced, and counts each key once", () => {
    const map = new RecentMap<number, string>(4);
    for (const key of [1, 2, 3, 4]) map.set(key, "old");
    for (let i = 0; i < 10; i++) map.set(4, "new");
    expect([map.get(1), map.get(4), map.size]).toEqual(["old", "new", 3]);
    const other = new RecentMap<number, string>(4);
    for (const key of [1, 2, 3, 1]) other.set(key, "x");
    expect(other.size).toBe(3);
  });
  test("replaces and deletes", () => {
    const map = new RecentMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    expect(map.get("a")).toBe(3);
    expect(map.size).toBe(2);
    map.delete("a");
    expect(map.get("a")).toBeUndefined();
    map.clear();
    expect(map.size).toBe(0);
  });
});

describe("Backoff", () => {
  test("doubles its bound up to the longest, and draws from the upper half", () => {
    const backoff = new Backoff({ baseDelay: 100, maxDelay: 1000 }, seededRandom(3));
    const bounds = [100, 200, 400, 800, 1000, 1000];
    const waits = bounds.map(() => backoff.next() ?? Number.NaN);
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual(bounds[i]! / 2);
      expect(wait).toBeLessThan(bounds[i]!);
    });
    expect(new Set(waits).size).toBe(waits.length);
    backoff.reset();
    expect(backoff.next()).toBeLessThan(100);
  });
  test("gives up after so many attempts", () => {
    const backoff = new Backoff({ attempts: 2 }, seededRandom(1));
    expect([backoff.next(), backoff.next()]).not.toContain(undefined);
    expect(backoff.next()).toBeUndefined();
  });
});

describe("SendQueue", () => {
  test("is bounded in number and age", async () => {
    const clock = new VirtualClock();
    const queue = new SendQueue({ limit: 2, maxAge: 1000, clock });
    const failures: string[] = [];
    const failed = (error: SipError): void => void failures.push(error.code);
    queue.add(message("old"), failed);
    queue.add(message("old, too"), failed);
    queue.add(message("too many"), failed);
    expect(failures).toEqual([]);
    await null;
    expect(failures).toEqual(["transport_failed"]);
    clock.advance(1001);
    // What nobody waits for any more takes no room.
    queue.add(message("new"), failed);
    await null;
    expect([failures.slice(1), queue.size]).toEqual([["timeout", "timeout"], 1]);
    clock.advance(1000);
    const sent: string[] = [];
    const flush = () => queue.flush((data) => sent.push(new TextDecoder().decode(data)));
    flush();
    expect(sent).toEqual([new TextDecoder().decode(message("new"))]);
    queue.add(message("late"), failed);
    clock.advance(1001);
    flush();
    await null;
    expect([sent.length, failures.slice(3), queue.size]).toEqual([1, ["timeout"], 0]);
  });
});

describe("HostCache", () => {
  test("asks once for a while, and again later; and a failure for no longer", async () => {
    const clock = new VirtualClock();
    const asked: string[] = [];
    let broken = false;
    const lookup = async (host: string): Promise<string> => {
      asked.push(host);
      if (broken) throw new Error("no such host");
      return "192.0.2.1";
    };
    const cache = new HostCache({ families: [4], limit: 10, ttl: 1000, clock, lookup });
    const both = await Promise.all([cache.resolve("a.example"), cache.resolve("A.example")]);
    expect(both).toEqual(["192.0.2.1", "192.0.2.1"]);
    expect(asked).toHaveLength(1);
    clock.advance(1001);
    broken = true;
    await expect(cache.resolve("a.example")).rejects.toThrow("no such host");
    broken = false;
    clock.advance(999);
    await expect(cache.resolve("a.example")).rejects.toThrow("no such host");
    expect(asked).toHaveLength(2);
    clock.advance(1);
    await expect(cache.resolve("a.example")).resolves.toBe("192.0.2.1");
    expect(asked).toHaveLength(3);
  });

  test("asks a name that was not found again after five seconds", async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const lookup = async (): Promise<string> => {
      asked++;
      throw new Error("no such host");
    };
    const cache = new HostCache({ families: [4], limit: 10, ttl: 30_000, clock, lookup });
    for (const wait of [4999, 1, 0]) {
      await expect(cache.resolve("a.example")).rejects.toThrow("no such host");
      clock.advance(wait);
    }
    expect(asked).toBe(2);
  });

  test("keeps nothing of what is too long for a name", async () => {
    const asked: number[] = [];
    const lookup = async (host: string): Promise<string> => {
      asked.push(host.length);
      throw new Error("no such host");
    };
    const cache = new HostCache({ families: [4], limit: 10, ttl: 30_000, clock: new VirtualClock(), lookup });
    for (const length of [255, 255, 256, 256]) {
      await expect(cache.resolve("a".repeat(length))).rejects.toThrow("no such host");
    }
    expect(asked).toEqual([255, 256, 256]);
  });

  test("takes an IPv4 address on an IPv6 socket, where the name has no other", async () => {
    const asked: number[] = [];
    const lookup = async (host: string, family: 4 | 6): Promise<string> => {
      asked.push(family);
      if (family === 4 && host === "four.example") return "192.0.2.1";
      throw new Error(`no IPv${family}`);
    };
    const cache = new HostCache({
      families: [6, 4],
      limit: 10,
      ttl: 1000,
      clock: new VirtualClock(),
      lookup,
    });
    await expect(cache.resolve("four.example")).resolves.toBe("192.0.2.1");
    await expect(cache.resolve("none.example")).rejects.toThrow("no IPv6");
    expect(asked).toEqual([6, 4, 6, 4]);
  });

  test.each([undefined, "", "other.example", { address: "192.0.2.1" }])(
    "rejects where the lookup gives %j, which is no address",
    async (answer) => {
      const lookup = async (): Promise<string> => answer as string;
      const cache = new HostCache({ families: [4], limit: 10, ttl: 1000, clock: new VirtualClock(), lookup });
      await expect(cache.resolve("a.example")).rejects.toThrow("no address");
    },
  );

  test("rejects where the lookup throws: who sends must not", async () => {
    const lookup = (): Promise<string> => {
      throw new TypeError("not a name");
    };
    const cache = new HostCache({ families: [4], limit: 10, ttl: 1000, clock: new VirtualClock(), lookup });
    await expect(cache.resolve("a.example")).rejects.toThrow("not a name");
  });
});

describe("seededRandom", () => {
  test("repeats itself for a seed, and not for another", () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 200 }, () => random.fraction());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const mean = draw(7).reduce((sum, value) => sum + value, 0) / 200;
    expect(mean).toBeGreaterThan(0.4);
    expect(mean).toBeLessThan(0.6);
  });
});
