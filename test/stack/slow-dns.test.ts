// A DNS that answers some questions late or never: what the others found is not held up by them for long.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns, DnsAnswer } from "../../src/transport/dns.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Target } from "../../src/transport/transport.ts";

const SERVERS = [
  { priority: 10, weight: 0, port: 5060, target: "one.example.com" },
  { priority: 20, weight: 0, port: 5060, target: "two.example.com" },
  { priority: 30, weight: 0, port: 5060, target: "three.example.com" },
];

/** A DNS in which each question waits until it is told its answer. */
class SlowDns implements Dns {
  readonly #open = new Map<string, (answer: readonly never[]) => void>();

  /** Answers a question: its kind and name. */
  tell(question: string, ...records: readonly unknown[]): void {
    const open = this.#open.get(question);
    if (open === undefined) throw new Error(`nobody asks ${question}`);
    open(records as readonly never[]);
  }

  get asked(): readonly string[] {
    return [...this.#open.keys()];
  }

  naptr = (name: string) => this.#ask<never>(`naptr ${name}`);
  srv = (name: string) => this.#ask<never>(`srv ${name}`);
  address = (name: string, family: 4 | 6) => this.#ask<never>(`${family} ${name}`);

  #ask<R>(question: string): Promise<DnsAnswer<R>> {
    return new Promise((resolve) => {
      this.#open.set(question, (records) => resolve({ records, ttl: 60_000 }));
    });
  }
}

/** Lets what was answered go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function search(uri: string) {
  const clock = new VirtualClock();
  const dns = new SlowDns();
  const request = createRequest("OPTIONS", uri, { from: "<sip:a@example.com>" });
  const here = resolver({ dns, clock, random: seededRandom(1) });
  const ask = () => Promise.resolve(here.targets(request, ["UDP", "TCP"]));
  const found: { hosts?: string[]; error?: unknown } = {};
  ask().then(
    (targets: readonly Target[]) => {
      found.hosts = targets.map(({ host }) => host);
    },
    (error: unknown) => {
      found.error = error;
    },
  );
  return { clock, dns, found, ask };
}

describe("a search in a DNS that is slow", () => {
  it("goes on without the names that take half a second longer than the first", async () => {
    const { clock, dns, found, ask } = search("sip:example.com;transport=udp");
    await settle();
    dns.tell("srv _sip._udp.example.com", ...SERVERS);
    await settle();
    dns.tell("4 one.example.com");
    dns.tell("6 one.example.com");
    dns.tell("4 three.example.com", "192.0.2.3");
    dns.tell("6 three.example.com");
    await settle();
    clock.advance(499);
    await settle();
    expect(found).toEqual({});
    clock.advance(1);
    await settle();
    expect(found.hosts).toEqual(["192.0.2.3"]);
    // What comes later is for the next search.
    dns.tell("4 two.example.com", "192.0.2.2");
    dns.tell("6 two.example.com");
    await settle();
    expect((await ask()).map(({ host }) => host)).toEqual(["192.0.2.2", "192.0.2.3"]);
    expect(found.hosts).toEqual(["192.0.2.3"]);
    expect(clock.size).toBe(0);
  });

  it("waits for no family whose question nobody answers", async () => {
    const { clock, dns, found } = search("sip:one.example.com:5060");
    await settle();
    dns.tell("4 one.example.com", "192.0.2.1");
    await settle();
    clock.advance(500);
    await settle();
    expect(found.hosts).toEqual(["192.0.2.1"]);
    expect(clock.size).toBe(0);
  });

  it("waits for no protocol whose records nobody gives", async () => {
    const { clock, dns, found } = search("sip:example.com");
    await settle();
    dns.tell("naptr example.com");
    await settle();
    expect(dns.asked).toContain("srv _sip._udp.example.com");
    dns.tell("srv _sip._tcp.example.com", SERVERS[0]);
    await settle();
    clock.advance(500);
    await settle();
    dns.tell("4 one.example.com", "192.0.2.1");
    dns.tell("6 one.example.com");
    await settle();
    expect(found.hosts).toEqual(["192.0.2.1"]);
    expect(clock.size).toBe(0);
  });

  it("takes all that is there at once in their order, and leaves no timer", async () => {
    const { clock, dns, found } = search("sip:example.com;transport=udp");
    await settle();
    dns.tell("srv _sip._udp.example.com", ...SERVERS);
    await settle();
    for (const [at, name] of ["three", "two", "one"].entries()) {
      dns.tell(`6 ${name}.example.com`);
      dns.tell(`4 ${name}.example.com`, `192.0.2.${3 - at}`);
    }
    await settle();
    expect(found.hosts).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    expect(clock.size).toBe(0);
  });

  it("waits where nothing was found yet, and fails when all are answered with nothing", async () => {
    const { clock, dns, found } = search("sip:one.example.com:5060");
    await settle();
    dns.tell("4 one.example.com");
    await settle();
    clock.advance(5000);
    await settle();
    expect(found).toEqual({});
    dns.tell("6 one.example.com");
    await settle();
    expect(found.error).toBeInstanceOf(SipError);
    expect(found.error).toMatchObject({ code: "no_target" });
    expect(clock.size).toBe(0);
  });
});
