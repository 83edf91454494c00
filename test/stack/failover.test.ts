// Several targets: who is tried after whom, what the user sees of it, who is remembered as dead; and requests
// that are too large for a datagram.

import { describe, expect, it, vi } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import { type ResolverOptions, resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns } from "../../src/transport/dns.ts";
import type { Tap } from "../../src/transport/tap.ts";
import type { Target } from "../../src/transport/transport.ts";
import { elapse, pool } from "./pool.ts";
import { to, World } from "./support.ts";

describe("a request to a name", () => {
  it("goes to the first that it leads to", async () => {
    const { world, caller, send, got } = await pool([200, 200]);
    const sent = send();
    expect(sent.state).toBe("resolving");
    await elapse(world);
    expect((await sent.final).status).toBe(200);
    expect(got()).toEqual([1, 0]);
    expect(caller.responses).toHaveLength(1);
  });

  it.each(["OPTIONS", "INVITE"])(
    "goes on to the next after a 503, and the user sees one answer (%s)",
    async (method) => {
      const { world, caller, send, got } = await pool([503, 503, 486]);
      const sent = send(method, { branch: "z9hG4bK-mine" });
      const seen: number[] = [];
      const reading = (async () => {
        for await (const { status } of sent) seen.push(status);
      })();
      await elapse(world, 1000);
      expect((await sent.final).status).toBe(486);
      await reading;
      expect(seen.filter((status) => status > 199)).toEqual([486]);
      expect(got()).toEqual([1, 1, 1]);
      expect(caller.responses.map(({ status }) => status).filter((status) => status > 199)).toEqual([486]);
      expect(sent.branch).toBe("z9hG4bK-mine-3");
      expect(caller.errors).toEqual([]);
    },
  );

  it("ends with the last 503 where all say so", async () => {
    const { world, caller, send, got } = await pool([503, 503]);
    const sent = send();
    await elapse(world);
    expect([(await sent.final).status, got()]).toEqual([503, [1, 1]]);
    expect(caller.responses.map(({ status }) => status)).toEqual([503]);
  });

  it("goes on where a connection cannot be opened, and fails where none can", async () => {
    const { world, send, got, caller } = await pool(["absent", 200], "TCP");
    const sent = send();
    await elapse(world);
    expect([(await sent.final).status, got()]).toEqual([200, [0, 1]]);
    expect(caller.errors).toEqual([]);
    const lost = await pool(["absent", "absent"], "TCP");
    const failing = lost.send();
    await elapse(lost.world);
    await expect(failing.final).rejects.toMatchObject({ code: "transport_failed" });
    expect(lost.caller.errors).toMatchObject([{ code: "transport_failed" }]);
  });

  it("goes on after a timeout, and never twice to the same", async () => {
    const { world, send, got } = await pool(["absent", 200]);
    const sent = send();
    await elapse(world, 31_000);
    expect(got()).toEqual([0, 0]);
    await elapse(world, 2000);
    expect((await sent.final).status).toBe(200);
  });

  it.each(["OPTIONS", "INVITE"])(
    "gives who is silent no more than its time where that is asked for, but the last all of it (%s)",
    async (method) => {
      const { world, caller, send } = await pool(["absent", "absent"], "UDP", { attemptTimeout: 2000 });
      const sent = send(method);
      await elapse(world);
      const first = sent.flow?.remote.host;
      await elapse(world, 1900);
      expect(sent.flow?.remote.host).toBe(first);
      await elapse(world, 200);
      expect(sent.flow?.remote.host).not.toBe(first);
      // An INVITE has to be cancelled yet, should he live.
      expect(caller.stack.stats.transactions.client).toBe(method === "INVITE" ? 2 : 1);
      await elapse(world, 31_000);
      expect(caller.errors).toEqual([]);
      await elapse(world, 2000);
      await expect(sent.final).rejects.toMatchObject({ code: "timeout" });
      expect(caller.errors).toMatchObject([{ code: "timeout" }]);
      expect(caller.stack.stats.transactions.timers).toBe(0);
    },
  );

  it.each(["rings", "accepts"])("has who was given up cancelled when he %s after all", async (what) => {
    const { world, caller, servers, send, got, held } = await pool(["silent", "silent"], "UDP", {
      attemptTimeout: 150,
    });
    const seen: number[] = [];
    const sent = send("INVITE", { onResponse: ({ status }) => void seen.push(status) });
    await elapse(world);
    await elapse(world, 150);
    expect(got()).toEqual([1, 1]);
    held[1]!.respond(180);
    await elapse(world, 10);
    held[0]!.respond(what === "rings" ? 183 : 200);
    await elapse(world, 10);
    // The one that is under way is the one that counts; a call that stands is the core's, to be ended.
    expect([seen, sent.state]).toEqual([[180], "proceeding"]);
    const told = servers[0]!.stack.stats.traffic.UDP!.received;
    if (what === "rings") expect([told.CANCEL, held[0]!.state]).toEqual([1, "confirmed"]);
    else expect([told.CANCEL, caller.responses.map(({ status }) => status)]).toEqual([undefined, [200]]);
    held[1]!.respond(200);
    expect((await Promise.all([sent.final, elapse(world, 10)]))[0].status).toBe(200);
    expect(seen).toEqual([180, 200]);
  });

  it("waits for who has said 100 as long as it takes, and for nobody once it was cancelled", async () => {
    const { world, send, got, held } = await pool(["silent", 200], "UDP", { attemptTimeout: 2000 });
    const sent = send("INVITE");
    await elapse(world);
    held[0]!.respond(100);
    await elapse(world, 20_000);
    expect(got()).toEqual([1, 0]);
    sent.terminate();
    held[0]!.terminate();
    const other = await pool(["silent", 200], "UDP", { attemptTimeout: 2000 });
    const cancelled = other.send("INVITE");
    await elapse(other.world);
    cancelled.cancel();
    await elapse(other.world, 20_000);
    expect(other.got()).toEqual([1, 0]);
    cancelled.terminate();
    other.held[0]!.terminate();
  });

  it("goes on to nobody after a timeout of who has said 100, and does not take him for dead", async () => {
    const { world, send, got, held } = await pool(["silent", 200]);
    const sent = send();
    await elapse(world, 10_000);
    held[0]!.respond(100);
    await elapse(world, 30_000);
    await expect(sent.final).rejects.toMatchObject({ code: "timeout" });
    expect(got()).toEqual([1, 0]);
    const again = send();
    await elapse(world);
    expect(got()).toEqual([2, 0]);
    again.terminate();
    for (const each of held) each.terminate();
  });

  it("stays with who has begun to answer", async () => {
    const { world, servers, send, got, caller, held } = await pool(["silent", 200], "TCP");
    const sent = send("INVITE");
    await elapse(world);
    held[0]!.respond(180);
    await elapse(world);
    world.network.cut(caller.stack.transports[0]!, servers[0]!.stack.transports[0]!);
    await elapse(world);
    await expect(sent.final).rejects.toMatchObject({ code: "connection_closed" });
    expect(got()).toEqual([1, 0]);
    held[0]!.terminate();
  });

  it("is not tried again once it was cancelled or dropped", async () => {
    const { world, send, got, caller } = await pool(["silent", 200]);
    const early = send("INVITE");
    early.cancel();
    await expect(early.final).rejects.toMatchObject({ code: "aborted" });
    const dropped = send();
    await elapse(world);
    dropped.terminate();
    await expect(dropped.final).rejects.toMatchObject({ code: "terminated" });
    const late = send("INVITE");
    await elapse(world, 100);
    late.cancel();
    await elapse(world, 40_000);
    expect(await late.final).toMatchObject({ status: 487 });
    expect(got()[1]).toBe(0);
    expect(caller.errors.map(({ code }) => code)).toEqual(["aborted"]);
  });

  it("lets nothing leave where its signal was aborted before, or is while names are looked up", async () => {
    const { world, send, got } = await pool([200, 200], "UDP", { attemptTimeout: 5000 });
    const told: string[] = [];
    const onError = ({ code }: { code: string }) => void told.push(code);
    const controller = new AbortController();
    for (const signal of [AbortSignal.abort(), controller.signal]) {
      for (const method of ["OPTIONS", "INVITE"]) send(method, { signal, onError });
    }
    expect(told).toEqual([]);
    controller.abort();
    await elapse(world);
    expect([told.length, new Set(told), got()]).toEqual([4, new Set(["aborted"]), [0, 0]]);
    // Not even the timer that would have given the first target up.
    expect(world.clock.size).toBe(0);
  });

  it("lets nothing leave to an address either, where its signal was aborted before", async () => {
    const world = new World();
    const bob = await world.started();
    const found = resolver({ dns: false, clock: world.clock });
    const alice = await world.started({}, { resolver: found });
    const sent = alice.stack.send(to(bob, "INVITE"), { signal: AbortSignal.abort() });
    await world.pass(10);
    await expect(sent.final).rejects.toMatchObject({ code: "aborted" });
    expect(bob.requests).toEqual([]);
  });

  it("calls the handlers that were given, and not the core", async () => {
    const { world, send, caller } = await pool([503, 200]);
    const seen: number[] = [];
    send("OPTIONS", { onResponse: ({ status }) => void seen.push(status), onError: () => {} });
    await elapse(world);
    expect([seen, caller.responses]).toEqual([[200], []]);
  });

  it("that nobody knows fails later, with what the user is told", async () => {
    const { world, caller } = await pool([200]);
    const sent = caller.stack.send(createRequest("OPTIONS", "tel:123", { from: "<sip:a@b>" }));
    await elapse(world);
    await expect(sent.final).rejects.toMatchObject({ code: "no_target", status: 416 });
    expect(caller.errors).toMatchObject([{ code: "no_target" }]);
  });

  it("that cannot be sent at all leaves no rejection behind that nobody can handle", async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", hear);
    try {
      const nonsense = async () => undefined as never;
      const strange = await pool([200], "UDP", {
        dns: { naptr: nonsense, srv: nonsense, address: nonsense },
      });
      const lost = strange.send();
      await elapse(strange.world);
      await expect(lost.final).rejects.toMatchObject({ code: "no_target" });
      const { world, caller } = await pool(["silent"]);
      await caller.stack.close();
      for (const uri of ["tel:+123", "sip:nowhere.example.com"]) {
        const request = createRequest("OPTIONS", uri, { from: "<sip:a@b>;tag=1" });
        expect(() => caller.stack.send(request)).toThrow("closed");
      }
      await elapse(world);
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", hear);
    }
  });

  it("that DNS is silent about ends with a timeout, and the name is asked for anew", async () => {
    let asked = 0;
    const silent = () => new Promise<never>(() => void asked++);
    const dns: Dns = { naptr: silent, srv: silent, address: silent };
    const { world, caller, send } = await pool([200], "UDP", { dns });
    const sent = send();
    await elapse(world, 31_000);
    expect(caller.stack.stats.transactions).toMatchObject({ client: 1 });
    await elapse(world, 1000);
    await expect(sent.final).rejects.toMatchObject({ code: "timeout" });
    expect(caller.errors).toMatchObject([{ code: "timeout" }]);
    expect(caller.stack.stats.transactions).toMatchObject({ client: 0 });
    const again = send();
    await elapse(world);
    expect(asked).toBe(2);
    await caller.stack.close();
    await expect(again.final).rejects.toMatchObject({ code: "closed" });
    expect(world.clock.size).toBe(0);
  });

  it("ends with the stack", async () => {
    const { world, send, caller } = await pool(["silent", 200]);
    const sent = send();
    await elapse(world);
    await caller.stack.close();
    await expect(sent.final).rejects.toMatchObject({ code: "closed" });
    expect(() => send()).toThrow(expect.objectContaining({ code: "closed" }));
  });

  it("without a transaction goes to the first as well", async () => {
    const { world, servers, caller } = await pool([200, 200]);
    const request = createRequest("OPTIONS", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" });
    caller.stack.sendStateless(request);
    // Whoever sent it may go on with it at once.
    request.headers.set("Subject", "another");
    await elapse(world);
    expect(servers.map((server) => server?.requests.length)).toEqual([1, 0]);
    expect(servers[0]!.requests[0]!.headers.has("Subject")).toBe(false);
    expect(request.headers.has("Via")).toBe(false);
    caller.stack.sendStateless(
      createRequest("OPTIONS", "sip:h.example.com;transport=ws", { from: "<sip:a@b>;tag=1" }),
    );
    await elapse(world);
    expect(caller.errors).toMatchObject([{ code: "no_target" }]);
  });
});

describe("a message without a transaction whose name is looked up", () => {
  it("is for nobody where the stack is closed meanwhile, found or not", async () => {
    for (const name of ["pool.example.com", "nowhere.example.com"]) {
      const { world, caller, got } = await pool([200]);
      caller.stack.sendStateless(createRequest("OPTIONS", `sip:${name}`, { from: "<sip:a@b>;tag=1" }));
      await caller.stack.close();
      await elapse(world);
      expect([got(), caller.errors]).toEqual([[0], []]);
    }
  });
});

describe("a target that failed", () => {
  it("is tried last for a while", async () => {
    const { world, send, got, caller } = await pool(["absent", 200], "TCP", { deadTime: 5000 });
    // The flows that were asked for: one to the dead, one to the living, which is used again.
    const [transport] = caller.stack.transports;
    const flows = new Set<unknown>();
    const flow = transport!.flow.bind(transport);
    transport!.flow = (remote) => {
      const found = flow(remote);
      flows.add(found);
      return found;
    };
    const opened = () => flows.size;
    for (const _ of [1, 2, 3]) {
      const sent = send();
      await elapse(world);
      expect((await sent.final).status).toBe(200);
    }
    expect(got()).toEqual([0, 3]);
    expect(opened()).toBe(2);
    await elapse(world, 5001);
    const sent = send();
    await elapse(world);
    expect([(await sent.final).status, opened()]).toEqual([200, 3]);
  });

  it("is left alone as long as its Retry-After says", async () => {
    const { world, servers, send, got } = await pool(["silent", 200], "UDP", { deadTime: 1 });
    const first = servers[0]!;
    const answer = (status: number) => {
      const request = first.requests.at(-1)!;
      const response = request.createResponse(status);
      if (status === 503) response.headers.set("Retry-After", "60" as never);
      first.stack.sendStateless(response, { flow: request.flow! });
    };
    const one = send();
    await elapse(world);
    answer(503);
    await elapse(world);
    expect([(await one.final).status, got()]).toEqual([200, [1, 1]]);
    await elapse(world, 59_000);
    const two = send();
    await elapse(world);
    expect([(await two.final).status, got()]).toEqual([200, [1, 2]]);
    await elapse(world, 2000);
    const three = send();
    await elapse(world);
    expect(got()).toEqual([2, 2]);
    answer(200);
    await elapse(world);
    expect((await three.final).status).toBe(200);
  });
});

it("a target that asks to be left alone for ever is so for an hour", async () => {
  const { world, servers, send, got, held } = await pool(["silent", 200]);
  const one = send();
  await elapse(world);
  const response = servers[0]!.requests[0]!.createResponse(503);
  response.headers.set("Retry-After", "999999999 (closed);duration=1" as never);
  held.pop()!.respond(response);
  await elapse(world);
  expect((await one.final).status).toBe(200);
  for (const [passed, expected] of [
    [3_599_000, [1, 2]],
    [2000, [2, 2]],
  ] as const) {
    await elapse(world, passed);
    send();
    await elapse(world);
    expect(got()).toEqual(expected);
  }
  held.pop()!.respond(200);
});

it.each([
  [200, [2, 3]],
  [486, [2, 3]],
  // That is what a proxy says of a silent one behind it.
  [408, [3, 2]],
] as const)("a target that has failed is tried last until it has answered: %i", async (answer, expected) => {
  const { world, send, got, held } = await pool(["silent", "silent"]);
  for (const answers of [[503, 503], [503, answer], [200]]) {
    const sent = send("INVITE");
    for (const status of answers) {
      await elapse(world);
      held.pop()!.respond(status);
    }
    await elapse(world);
    expect((await sent.final).status).toBe(answers.at(-1));
  }
  expect(got()).toEqual(expected);
});

it("a call over several targets shows that it rings, and ends by Timer C where that is asked for", async () => {
  const { world, send, held } = await pool([503, "silent"]);
  const sent = send("INVITE", { timerC: true });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { status } of sent) seen.push(status);
  })();
  await elapse(world);
  held[0]!.respond(180);
  await elapse(world, 182_000);
  expect((await sent.final).status).toBe(487);
  await reading;
  expect(seen).toEqual([180, 487]);
});

it("a target that is given up at once leaves no timer", async () => {
  const { world, send, got } = await pool(["absent", 200, 200], "TCP", { attemptTimeout: 1_000_000 });
  const sent = send();
  await elapse(world);
  expect([(await sent.final).status, got()]).toEqual([200, [0, 1, 0]]);
  await elapse(world, 40_000);
  expect(world.clock.size).toBe(0);
});

describe("a request too large for a datagram (RFC 3261 §18.1.1)", () => {
  const setUp = async (options: Partial<ResolverOptions>, withTcp = true) => {
    const world = new World();
    const [udp, tcp] = ["UDP", "TCP"].map((protocol) =>
      world.network.transport({ protocol, host: "10.7.7.7" }),
    );
    const bob = await world.started({}, { transports: withTcp ? [udp!, tcp!] : [udp!] });
    const switched: [Target, Target][] = [];
    const found = resolver({
      dns: false,
      clock: world.clock,
      onSwitch: (_request, from, to) => void switched.push([from, to]),
      ...options,
    });
    const transports = ["UDP", "TCP"].map((protocol) => world.network.transport({ protocol }));
    const sizes: number[] = [];
    const tap: Tap = (data, direction) => void (direction === "out" && sizes.push(data.length));
    const alice = await world.started({}, { transports, resolver: found, tap });
    const send = async (size: number) => {
      const request = createRequest("MESSAGE", "sip:10.7.7.7", { from: "<sip:a@b>;tag=1" });
      request.body = "x".repeat(size);
      const sent = alice.stack.send(request);
      await elapse(world);
      expect((await sent.final).status).toBe(200);
      return bob.requests.at(-1)!;
    };
    return { world, send, switched, alice, sizes };
  };
  const protocolOf = (request: Request) => [
    request.flow!.transport.protocol,
    request.headers.first("Via")!.transport,
  ];

  it("goes over TCP, and its Via says so; the next small one goes over UDP again", async () => {
    const { send, switched } = await setUp({});
    expect(protocolOf(await send(10))).toEqual(["UDP", "UDP"]);
    expect(protocolOf(await send(1300))).toEqual(["TCP", "TCP"]);
    expect(protocolOf(await send(10))).toEqual(["UDP", "UDP"]);
    expect(switched).toMatchObject([
      [
        { protocol: "UDP", host: "10.7.7.7" },
        { protocol: "TCP", port: 5060 },
      ],
    ]);
  });

  it("is one of more than 1,300 octets as it is on the wire, its Via included", async () => {
    const { send, sizes } = await setUp({});
    await send(1000);
    const largest = 1000 + 1300 - sizes[0]!;
    expect(protocolOf(await send(largest))).toEqual(["UDP", "UDP"]);
    expect(sizes[1]).toBe(1300);
    expect(protocolOf(await send(largest + 1))).toEqual(["TCP", "TCP"]);
  });

  it("goes over UDP after all where there is no TCP", async () => {
    const { send, switched } = await setUp({}, false);
    expect(protocolOf(await send(2000))).toEqual(["UDP", "UDP"]);
    expect(switched).toHaveLength(1);
  });

  it.each(["tcp", "tcp-or-udp"] as const)(
    "stays on UDP where this stack has no TCP (%s)",
    async (largeRequests) => {
      const world = new World();
      const bob = await world.started();
      const onSwitch = vi.fn();
      const found = resolver({ dns: false, clock: world.clock, onSwitch, largeRequests });
      const alice = await world.started({}, { resolver: found });
      const request = to(bob, "MESSAGE");
      request.uri = `sip:${bob.stack.transports[0]!.sentBy}`;
      request.body = "x".repeat(2000);
      const sent = alice.stack.send(request);
      await elapse(world);
      expect((await sent.final).status).toBe(200);
      expect(onSwitch).not.toHaveBeenCalled();
    },
  );

  it("goes over UDP at once where TCP has failed lately", async () => {
    const { send, switched, alice } = await setUp({ deadTime: 5000 }, false);
    await send(2000);
    await send(2000);
    expect(switched).toHaveLength(1);
    expect(alice.stack.stats.traffic).toMatchObject({
      TCP: { sent: { MESSAGE: 1 } },
      UDP: { sent: { MESSAGE: 2 } },
    });
  });

  it("goes to whom DNS names for another transport, before any is guessed", () => {
    const onSwitch = vi.fn();
    const request = createRequest("MESSAGE", "sip:example.com", { from: "<sip:a@b>" });
    const target = (protocol: string, port: number) => ({ protocol, host: "192.0.2.1", port });
    const [datagram, stream, secure] = [target("UDP", 5060), target("TCP", 5080), target("TLS", 5061)];
    const found = [datagram, stream, target("UDP", 5070), secure];
    const sized = (largeRequests?: "tcp", more = 1300) =>
      resolver({ dns: false, onSwitch, ...(largeRequests && { largeRequests }) }).fit?.(
        found,
        request,
        more,
        ["UDP", "TCP", "TLS"],
      );
    expect(sized()).toEqual([stream, secure, datagram, found[2]]);
    expect(sized("tcp")).toEqual([stream, secure]);
    expect(onSwitch.mock.calls).toEqual([
      [request, datagram, stream],
      [request, datagram, stream],
    ]);
    expect(sized(undefined, 0)).toBe(found);
  });

  it("goes its way whatever onSwitch throws", async () => {
    const onSwitch = () => {
      throw new Error("mine");
    };
    const { send } = await setUp({ onSwitch });
    expect(protocolOf(await send(2000))).toEqual(["TCP", "TCP"]);
  });

  it("goes over UDP where that is asked for, and over nothing else where that is", async () => {
    const off = await setUp({ largeRequests: "off" });
    expect(protocolOf(await off.send(2000))).toEqual(["UDP", "UDP"]);
    const { world, alice } = await setUp({ largeRequests: "tcp" }, false);
    const request = createRequest("MESSAGE", "sip:10.7.7.7", { from: "<sip:a@b>;tag=1" });
    request.body = "x".repeat(2000);
    const sent = alice.stack.send(request);
    await elapse(world);
    await expect(sent.final).rejects.toMatchObject({ code: "transport_failed" });
  });
});
