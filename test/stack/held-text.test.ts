// What outlives a message holds on to what it needs of it, and not to all of its text: a part that was cut out of a
// text keeps that whole. Peers decide how long their messages are.

import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { Nonces } from "../../src/digest/nonces.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import { defaultRandom } from "../../src/random.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { DeadTargets } from "../../src/stack/resolve/dead-targets.ts";
import { DnsCache } from "../../src/stack/resolve/dns-cache.ts";
import { TrafficCounter } from "../../src/stack/traffic.ts";
import { DatagramTransport } from "../../src/transport/datagram.ts";
import { HostCache } from "../../src/transport/host-cache.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import { BEFORE, cut, growth, TIMES, WHOLE } from "../support/memory.ts";
import { SipWorld } from "../support/sip-world.ts";
import { Recorder } from "../transport/contract.ts";

/** Another one each time: what is the same is kept once. */
let number = 100;
const next = (text: string): string => cut(text.replace("#", `${++number}`));

/** What is asked for again, a second time out of another text: that is not kept either. */
const twice = (text: string, ask: (text: string) => unknown): unknown => {
  const once = next(text);
  ask(once);
  return ask(cut(once));
};

const expectNothingHeld = async (work: () => unknown): Promise<void> =>
  expect(await growth(work)).toBeLessThan(2 * WHOLE);

describe("no message is held on to by", () => {
  it("a datagram flow", async () => {
    const socket = { local: { host: "192.0.2.9", port: 5060 }, send() {}, close: async () => {} };
    const runtime = {
      open: async () => socket,
      lookup: async () => "192.0.2.7",
      dropped: () => undefined,
      sentBy: () => "192.0.2.9",
    };
    const transport = new DatagramTransport(runtime, { host: "192.0.2.9", flowLimit: 16 });
    await transport.start(new Recorder());
    await expectNothingHeld(() =>
      twice("192.100.100.#", (host) => transport.flow({ host, port: 5060 + (number & 7) })),
    );
    await transport.close();
  });

  it("a connection", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    const { port } = await new Promise<{ port: number }>((resolve) =>
      server.once("listening", () => resolve(server.address() as { port: number })),
    );
    const lookup = (_host: string, _options: unknown, done: (...found: unknown[]) => void) =>
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    const transport = tcp({ host: "127.0.0.1", listen: false, lookup: lookup as never });
    await transport.start(new Recorder());
    await expectNothingHeld(() => twice("name-#.example.com", (host) => transport.flow({ host, port })));
    expect(transport.counts?.connections).toBe(BEFORE + TIMES);
    await transport.close();
    server.close();
  });

  it("what is known of names and targets", async () => {
    const clock = new VirtualClock();
    const none = async () => ({ records: [], ttl: undefined });
    const times = { ttl: 60_000, maxTtl: 60_000, negativeTtl: 60_000, failureTtl: 5000 };
    const dns = new DnsCache({ naptr: none, srv: none, address: none }, clock, { ...times, limit: 8 });
    await expectNothingHeld(() => twice("name-#.example.com", (name) => dns.srv(name)));
    const lookup = async () => "192.0.2.1";
    const hosts = new HostCache({ families: [4], limit: 8, ttl: 60_000, clock, lookup });
    await expectNothingHeld(() => twice("name-#.example.com", (name) => hosts.resolve(name)));
    const dead = new DeadTargets(clock, 8);
    await expectNothingHeld(() =>
      twice("192.100.100.#", (host) => {
        const target = { protocol: "UDP", host, port: 5060 };
        dead.isDead(target);
        dead.mark(target, 60_000);
      }),
    );
  });

  it("the counts of methods", async () => {
    const traffic = new TrafficCounter();
    await expectNothingHeld(() =>
      traffic.received({ kind: "request", method: next("A-METHOD-OF-NO-#") } as Request, "UDP"),
    );
  });

  it("bindings", async () => {
    const world = new SipWorld();
    const { stack } = await world.phone("server", "UDP", { aliases: ["example.com"] });
    const location = new MemoryLocation({ clock: world.clock });
    const registrar = new Registrar({ stack, location, gruuSecret: "secret" });
    await expectNothingHeld(async () => {
      const id = ++number;
      const head = `REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK${id}
From: <sip:user-number-${id}@example.com>;tag=one
To: <sip:user-number-${id}@example.com>
Call-ID: a-call-id-of-a-register-${id}
CSeq: 1 REGISTER
Contact: <sip:user-number-${id}@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-0000-0000-000000000${id}>"
Path: <sip:an-edge-proxy.example.com;lr>
Supported: path, gruu
Content-Length: ${WHOLE}

`;
      const { status } = await registrar.register(
        parseMessage(head.replaceAll("\n", "\r\n") + "x".repeat(WHOLE)) as Request,
      );
      expect(status).toBe(200);
    });
    await world.end();
  });

  it("the counts of nonces", async () => {
    const nonces = new Nonces("secret", defaultRandom, Date.now, 60_000, 100);
    await expectNothingHeld(() => expect(nonces.use(cut(nonces.make("realm")), "realm")).toBe("good"));
  });
});
