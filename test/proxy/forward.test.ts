// A stateful proxy: what it refuses, what it forwards, and how many targets become one answer (RFC 3261 §16).

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { createAck } from "../../src/message/create-ack.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { SipWorld } from "../support/sip-world.ts";
import { proxied, unmarked } from "./support.ts";

const BOB = "sip:bob@example.com";
/** Nobody is there. */
const far = { protocol: "UDP", host: "10.6.6.6", port: 5060 };

describe("what is not forwarded", () => {
  it.each([
    ["no hops left", { maxForwards: 0 }, 483],
    ["an extension", { headers: { "Proxy-Require": "sec-agree" } }, 420],
    ["no breadth left", { headers: { "Max-Breadth": 0 } }, 440],
  ])("%s", async (_name, init, status) => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const { phone, proxy, finals } = await proxied(world);
    const sent = alice.send(alice.request("OPTIONS", BOB, init), phone);
    await world.pass();
    const final = await sent.final;
    expect(final.status).toBe(status);
    expect(finals).toEqual([status]);
    if (status === 420) expect(final.headers.get("Unsupported")).toEqual(["sec-agree"]);
    expect(proxy.stats).toMatchObject({ taken: 1, refused: 1, branches: 0 });
  });

  it("a scheme that leads nowhere", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const { phone } = await proxied(world);
    const sent = alice.send(alice.request("OPTIONS", "urn:service:sos"), phone);
    await world.pass();
    expect((await sent.final).status).toBe(416);
  });

  it.each([[404], [[]]])("what the targets say: %j", async (targets) => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = targets as number | [];
    const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(targets === 404 ? 404 : 480);
  });

  it("is shown to onResponse before it leaves", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = 404;
    proxy.forward = { onResponse: (response) => void response.headers.set("Server", "proxy") };
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).headers.raw("Server")).toEqual(["proxy"]);
  });

  it("targets that throw: the stack answers, the core hears", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = () => Promise.reject(new Error("no database"));
    const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(500);
    expect(proxy.phone.errors).toMatchObject([{ code: "core_failed" }]);
  });

  it("targets that throw a status: the stack answers it", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = () => Promise.reject(new SipError("value_invalid", "no such user", { status: 404 }));
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(404);
    expect([proxy.failed.length, proxy.proxy.stats.refused]).toEqual([1, 0]);
  });

  it.each([
    ["nothing", () => undefined],
    ["nothing, later", async () => undefined],
    ["a URI", () => "sip:bob@example.com"],
  ])("is answered 500 where its core finds %s, and nothing is left of it", async (_what, targets) => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = targets as unknown as typeof proxy.targets;
    const { final } = alice.send(alice.request("INVITE", "sip:bob@example.com"), proxy.phone);
    await world.pass(100);
    expect((await final).status).toBe(500);
    expect([proxy.failed.length, proxy.proxy.stats.live]).toEqual([1, 0]);
  });

  it.each([{ noAnswer: Number.NaN }, { noAnswer: "5000" }, { hopTimeout: -1 }])(
    "for a time that is none, and nobody is called: %j",
    async (forward) => {
      const world = new SipWorld();
      const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
      const proxy = await proxied(world);
      proxy.targets = [{ uri: bob.uri }];
      proxy.forward = forward as unknown as typeof proxy.forward;
      const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
      await world.pass(100);
      expect([(await final).status, bob.methods]).toEqual([500, []]);
      expect(proxy.failed).toMatchObject([{ code: "value_invalid" }]);
    },
  );

  it("targets that cannot be looked up now: 503, with the time to try again", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = () => Promise.reject(new SipError("transport_failed", "down", { status: 503 }));
    for (const method of ["INVITE", "OPTIONS"]) {
      const { final } = alice.send(alice.request(method, BOB), proxy.phone);
      await world.pass();
      const response = await final;
      expect([response.status, response.headers.raw("Retry-After")]).toEqual([503, ["5"]]);
    }
    expect([proxy.failed, proxy.finals]).toEqual([[], [503, 503]]);
  });

  it("a request that comes back unchanged; one with another Request-URI is no loop", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    let spirals = 0;
    proxy.targets = ({ request }) => [
      { uri: spirals++ < 2 ? `${request.uri};n=${spirals}` : bob.uri, hops: [self] },
    ];
    const self = { protocol: "UDP", host: "10.9.0.1", port: 5060 };
    const spiral = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    // Two spirals through itself; the third sends to itself what bob's URI names, and then it is a loop.
    expect((await spiral.final).status).toBe(482);
    expect(spirals).toBe(4);
  });
});

it.each([
  [undefined, 482],
  [(request: Request) => `${request.flow?.remote.host}`, 200],
])(
  "what a server sends back as it got it is no loop where its source counts: %s, %i",
  async (loopKey, status) => {
    const world = new SipWorld();
    const [alice, server, bob] = [
      await world.phone("alice"),
      await world.phone("server"),
      await world.phone("bob"),
    ];
    const proxy = await proxied(world, loopKey && { loopKey });
    const back = { protocol: "UDP", host: "10.9.0.1", port: 5060 };
    const other = new SipProxy({ stack: server.stack, clock: world.clock });
    server.answer = (request, transaction) => {
      other.forward(request, transaction, [{ uri: request.uri, hops: [back] }]).catch(() => {});
    };
    const { protocol, local } = server.transport;
    // By its source: to the application server first, and to bob when it comes from there.
    proxy.targets = ({ request }) =>
      proxy.phone.lastFlow.remote.host === local.host
        ? [{ uri: bob.uri }]
        : [{ uri: request.uri, hops: [{ protocol, ...local }] }];
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(status);
  },
);

describe("one target", () => {
  it("gets a copy with our Via, one hop less, and a Record-Route; the answer comes back as it was", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: `${bob.uri};method=BYE?Subject=x` }];
    const invite = alice.request("INVITE", BOB, { headers: { "X-Mine": "as it is" } });
    const sent = alice.send(invite, proxy.phone);
    await world.pass();
    const final = await sent.final;
    const [got] = bob.requests;
    expect(got!.uri.toString()).toBe(bob.uri);
    expect(got!.headers.get("Via").map(({ sentBy }) => sentBy)).toEqual([
      "10.9.0.1:5060",
      alice.transport.sentBy,
    ]);
    expect(got!.headers.get("Max-Forwards")).toBe(69);
    expect(got!.headers.raw("Max-Breadth")).toEqual(["60"]);
    expect(got!.headers.raw("X-Mine")).toEqual(["as it is"]);
    expect(unmarked(got!.headers.get("Record-Route"))).toEqual(["<sip:10.9.0.1:5060;transport=udp;lr>"]);
    expect(final.headers.get("Via")).toHaveLength(1);
    expect(alice.statuses).toEqual([100, 200]);
    alice.stack.sendStateless(createAck(sent.request, final), {
      target: { protocol: "UDP", ...proxy.phone.transport.local },
    });
    await world.pass();
    expect(bob.methods).toEqual(["INVITE", "ACK"]);
    expect(bob.requests[1]!.headers.get("Route")).toEqual([]);
  });

  it("whatever stands in the Vias of others: its refusal is acknowledged, its CANCEL made", async () => {
    for (const cancels of [false, true]) {
      const world = new SipWorld();
      const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
      const proxy = await proxied(world);
      bob.answer = (_request, transaction) => transaction?.respond(cancels ? 180 : 486);
      const request = alice.request("INVITE", bob.uri);
      request.headers.append("Via", "((@");
      const invite = alice.send(request, proxy.phone);
      await world.pass(100);
      if (cancels) invite.cancel();
      await world.pass(5_000);
      expect((await invite.final).status).toBe(cancels ? 487 : 486);
      expect(world.wire("ACK ")).toBe(2);
      expect([alice.errors, proxy.errors, bob.canceled]).toEqual([[], [], cancels ? 1 : 0]);
    }
  });

  it("by loss, too: every call is answered once", async () => {
    const world = new SipWorld({ loss: 0.25, duplicate: 0.1, delay: [1, 30], seed: 3 });
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: bob.uri }];
    bob.answer = (_request, transaction) => transaction?.respond(486);
    const finals = Array.from(
      { length: 10 },
      () => alice.send(alice.request("INVITE", BOB), proxy.phone).final,
    );
    await world.pass(40_000);
    expect((await Promise.all(finals)).map(({ status }) => status)).toEqual(Array(10).fill(486));
    expect(bob.requests).toHaveLength(10);
  });

  it("that is silent is a 408 to an INVITE, and nothing to another request", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: "sip:bob@10.7.7.7" }];
    const invite = alice.send(alice.request("INVITE", BOB), proxy.phone);
    const options = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass(40_000);
    expect((await invite.final).status).toBe(408);
    await expect(options.final).rejects.toMatchObject({ code: "timeout" });
    expect(proxy.finals).toContain(408);
  });

  it("that rings for longer than Timer C is cancelled", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: bob.uri }];
    bob.answer = (_request, transaction) => transaction?.respond(180);
    const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass(179_000);
    expect(bob.canceled).toBe(0);
    await world.pass(2_000);
    expect(bob.canceled).toBe(1);
    expect((await sent.final).status).toBe(487);
  });

  it("with hops: the next is tried after 503, after silence, and where there is no way", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const [busy, good] = [await world.phone("busy"), await world.phone("good")];
    const proxy = await proxied(world);
    busy.answer = (_request, transaction) => transaction?.respond(503);
    const hop = (host: string, protocol = "UDP") => ({ protocol, host, port: 5060 });
    proxy.targets = [
      {
        uri: BOB,
        hops: [hop("10.1.1.1", "SCTP"), hop(busy.transport.local.host), hop(good.transport.local.host)],
      },
    ];
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect([busy.methods, good.methods]).toEqual([["OPTIONS"], ["OPTIONS"]]);
    proxy.targets = [{ uri: BOB, hops: [hop("10.7.7.7"), hop(good.transport.local.host)] }];
    const again = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass(33_000);
    expect((await again.final).status).toBe(200);
    const branches = good.requests.map(({ headers }) => headers.first("Via")!.branch);
    expect(new Set(branches).size).toBe(2);
  });

  it("whose hook edits copies and responses; one that throws does not keep the caller waiting", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: bob.uri }];
    proxy.forward = {
      prepare: (copy) => void copy.headers.set("X-By", "proxy"),
      onResponse: (response) => void response.headers.set("Server", "proxy"),
    };
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).headers.get("Server")).toBe("proxy");
    expect(bob.requests[0]!.headers.raw("X-By")).toEqual(["proxy"]);
    proxy.forward = {
      onResponse: () => {
        throw new Error("oops");
      },
    };
    const again = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await again.final).status).toBe(200);
    expect(proxy.failed).toHaveLength(1);
  });
});

describe("several targets", () => {
  /** Phones that answer with these statuses, and an INVITE to all of them. */
  async function fork(world: SipWorld, answers: readonly number[], forward = {}, q = (_index: number) => 1) {
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    const phones = [];
    for (const status of answers) {
      const phone = await world.phone(`p${phones.length}`);
      phone.answer = (request, transaction) => {
        const response = request.method === "ACK" ? undefined : request.createResponse(status);
        if (status === 401) response?.headers.set("WWW-Authenticate", `Digest realm="${phone.name}"`);
        if (status === 407) response?.headers.set("Proxy-Authenticate", `Digest realm="${phone.name}"`);
        if (response) transaction?.respond(response);
      };
      phones.push(phone);
    }
    proxy.targets = phones.map(({ uri }, index) => ({ uri, q: q(index) }));
    proxy.forward = forward;
    const seen: Response[] = [];
    const { protocol, local } = proxy.phone.transport;
    const invite = alice.stack.send(alice.request("INVITE", BOB), {
      target: { protocol, ...local },
      onResponse: (response) => void seen.push(response),
    });
    await world.pass();
    return { alice, proxy, phones, invite, seen };
  }

  it.each([
    [[486, 480], 486],
    [[404, 503], 404],
    [[503, 503], 500],
    [[486, 603, 302], 603],
    [[302, 486], 302],
    [[486, 407], 407],
    [[503, 404, 484], 484],
    [[500, 480], 480],
  ])("of %j the caller gets %i", async (answers, status) => {
    const { invite, proxy } = await fork(new SipWorld(), answers);
    expect((await invite.final).status).toBe(status);
    expect(proxy.finals).toEqual([status]);
  });

  it("the first to accept has the call, the others are cancelled", async () => {
    const world = new SipWorld();
    const { invite, phones, seen } = await fork(world, [180, 200, 183]);
    await world.pass(1_000);
    expect((await invite.final).status).toBe(200);
    expect(phones.map(({ canceled }) => canceled)).toEqual([1, 0, 1]);
    expect(seen.filter(({ status }) => status > 199)).toHaveLength(1);
    expect(phones[0]!.requests[0]!.headers.raw("Max-Breadth")).toEqual(["20"]);
  });

  it.each([
    [[180, 200], 'SIP;cause=200;text="Call completed elsewhere"'],
    [[180, 603], "SIP;cause=603"],
  ])("of %j the one that is cancelled hears why (RFC 3326)", async (answers, reason) => {
    const world = new SipWorld();
    const { phones } = await fork(world, answers);
    await world.pass(1_000);
    expect(phones[0]!.canceled).toBe(1);
    const cancels = world.network.trace.filter(({ text }) => text.startsWith("CANCEL"));
    expect(cancels.map(({ text }) => parseMessage(text).headers.raw("Reason"))).toEqual([[reason]]);
  });

  it.each([['SIP;cause=200;text="Elsewhere"', "Q.850;cause=16"], ["no reason at all!", "SIP;cause=200"], []])(
    "a caller who cancels says why himself, if at all: %j",
    async (...reasons) => {
      const world = new SipWorld();
      const { invite, phones } = await fork(world, [180]);
      invite.cancel(reasons.join(", ") || undefined);
      await world.pass(1_000);
      expect(phones[0]!.canceled).toBe(1);
      const [own, ours] = world.network.trace
        .filter(({ text }) => text.startsWith("CANCEL"))
        .map(({ text }) => parseMessage(text).headers.raw("Reason"));
      expect([own, ours]).toEqual(reasons[0]?.startsWith("no") ? [[reasons.join(", ")], []] : [own, own]);
      expect(await invite.final).toMatchObject({ status: 487 });
    },
  );

  it("every 2xx goes to the caller", async () => {
    const { seen } = await fork(new SipWorld(), [200, 200]);
    expect(seen.map(({ status }) => status)).toEqual([100, 200, 200]);
    expect(new Set(seen.slice(1).map(({ headers }) => headers.get("To")?.tag)).size).toBe(2);
  });

  it("a 2xx that comes again when all is over goes to the caller, one that lacks his Via does not", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    proxy.targets = [{ uri: bob.uri }];
    let again: () => void = () => {};
    bob.answer = (request, transaction) => {
      if (request.method !== "INVITE") return;
      transaction?.respond(200);
      again = () => {
        transaction?.repeat();
        const other = request.createResponse(200);
        other.headers.pop("Via");
        transaction?.respond(other);
        transaction?.repeat();
      };
    };
    const { protocol, local } = proxy.phone.transport;
    const seen: number[] = [];
    alice.stack.send(alice.request("INVITE", BOB), {
      target: { protocol, ...local },
      onResponse: ({ status }) => void seen.push(status),
    });
    await world.pass();
    expect(proxy.finals).toEqual([200]);
    await world.pass(1_000);
    again();
    await world.pass();
    expect(seen).toEqual([100, 200, 200]);
    expect(proxy.finals).toEqual([200]);
    expect(proxy.errors).toEqual([]);
  });

  it("a 6xx ends all, and is what the caller gets", async () => {
    const world = new SipWorld();
    const { invite, phones } = await fork(world, [180, 603]);
    expect(phones[0]!.canceled).toBe(1);
    expect((await invite.final).status).toBe(603);
  });

  it("the challenges of all branches come together (§16.7 step 7)", async () => {
    const { invite } = await fork(new SipWorld(), [401, 407, 404]);
    const { headers, status } = await invite.final;
    expect(status).toBe(401);
    expect(headers.raw("WWW-Authenticate")).toEqual(['Digest realm="p0"']);
    expect(headers.raw("Proxy-Authenticate")).toEqual(['Digest realm="p1"']);
  });

  it("a CANCEL goes down all branches, and 487 comes back", async () => {
    const world = new SipWorld();
    const { invite, phones } = await fork(world, [180, 183]);
    invite.cancel();
    await world.pass(1_000);
    expect(phones.map(({ canceled }) => canceled)).toEqual([1, 1]);
    expect((await invite.final).status).toBe(487);
  });

  it("a CANCEL is told to whom the transaction had told before, too", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
    const edge = await world.phone("edge");
    const proxy = new SipProxy({ stack: edge.stack, clock: world.clock });
    let told = 0;
    edge.answer = (request, transaction) => {
      if (transaction) transaction.onCancel = () => void told++;
      void proxy.forward(request, transaction, [{ uri: bob.uri }]);
    };
    bob.answer = (_request, transaction) => transaction?.respond(180);
    const invite = alice.send(alice.request("INVITE", BOB), edge);
    await world.pass(100);
    invite.cancel();
    await world.pass(1_000);
    expect([(await invite.final).status, told, bob.canceled]).toEqual([487, 1, 1]);
  });

  it("a CANCEL while the targets are looked up leaves nothing to do", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    let found: (targets: readonly { uri: string }[]) => void = () => {};
    proxy.targets = () => new Promise<readonly { uri: string }[]>((resolve) => (found = resolve));
    const invite = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass();
    invite.cancel();
    await world.pass();
    expect((await invite.final).status).toBe(487);
    found([{ uri: bob.uri }]);
    await world.pass();
    expect(bob.methods).toEqual([]);
    expect(proxy.finals).toEqual([undefined]);
  });

  it("a CANCEL when the look-up has failed is the core's again", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const edge = await world.phone(
      "edge",
      "UDP",
      {},
      {
        async onRequest(request, transaction) {
          const down = () => Promise.reject(new Error("down"));
          await proxy.forward(request, transaction, down).catch(() => {});
          // It has another way to answer, which takes its time.
        },
      },
    );
    const proxy = new SipProxy({ stack: edge.stack, clock: world.clock });
    const invite = alice.send(alice.request("INVITE", BOB), edge);
    await world.pass(300);
    invite.cancel();
    await world.pass();
    expect([(await invite.final).status, edge.canceled]).toEqual([487, 1]);
  });

  it("a CANCEL before the core forwards it leaves nothing to do either", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
    const edge = await world.phone("edge");
    edge.answer = () => {};
    const proxy = new SipProxy({ stack: edge.stack, clock: world.clock });
    const invite = alice.send(alice.request("INVITE", bob.uri), edge);
    await world.pass(300);
    invite.cancel();
    await world.pass();
    expect((await invite.final).status).toBe(487);
    expect(await proxy.forward(edge.requests[0]!, edge.transactions[0])).toBeUndefined();
    await world.pass();
    expect([proxy.stats.live, bob.methods]).toEqual([0, []]);
  });

  it("by q, one group after the other, until one accepts", async () => {
    const world = new SipWorld();
    const { invite, phones } = await fork(
      world,
      [480, 486, 200, 200],
      {},
      (index) => [1, 1, 0.5, 0.1][index]!,
    );
    expect((await invite.final).status).toBe(200);
    expect(phones.map(({ methods }) => methods.includes("INVITE"))).toEqual([true, true, true, false]);
  });

  it("one at a time, the next after `noAnswer`", async () => {
    const world = new SipWorld();
    const { invite, phones, proxy } = await fork(world, [180, 100, 200], {
      sequential: true,
      noAnswer: 10_000,
    });
    expect(phones.map(({ methods }) => methods.length)).toEqual([1, 0, 0]);
    await world.pass(10_000);
    expect(phones.map(({ methods, canceled }) => [methods.length, canceled])).toEqual([
      [1, 1],
      [1, 0],
      [0, 0],
    ]);
    await world.pass(10_000);
    expect((await invite.final).status).toBe(200);
    expect(proxy.finals).toEqual([200]);
    await world.pass(1_000);
    expect(phones[1]!.canceled).toBe(1);
  });

  it("nobody answers: 408 after the last group's time", async () => {
    const world = new SipWorld();
    const { invite } = await fork(world, [180, 180], { sequential: true, noAnswer: 5_000 });
    await world.pass(11_000);
    expect((await invite.final).status).toBe(408);
  });

  it("more than the breadth allows wait for their turn (RFC 5393)", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    const phones = [];
    for (let i = 0; i < 5; i++) phones.push(await world.phone(`p${i}`));
    for (const phone of phones) phone.answer = (_request, transaction) => transaction?.respond(480);
    proxy.targets = phones.map(({ uri }) => ({ uri }));
    const invite = alice.send(alice.request("INVITE", BOB, { headers: { "Max-Breadth": 2 } }), proxy.phone);
    await world.pass();
    expect((await invite.final).status).toBe(480);
    expect(phones.map(({ requests }) => requests[0]!.headers.raw("Max-Breadth")[0])).toEqual([
      "1",
      "1",
      "1",
      "1",
      "2",
    ]);
  });

  it("one that was given up takes breadth as long as it may ring, and none where nobody answered", async () => {
    for (const rings of [true, false]) {
      const world = new SipWorld({ drop: ({ text }) => text.startsWith("CANCEL") });
      const [alice, first, second] = [
        await world.phone("alice"),
        await world.phone("first"),
        await world.phone("second"),
      ];
      const proxy = await proxied(world);
      first.answer = (_request, transaction) =>
        rings ? transaction?.respond(180) : transaction?.terminate();
      proxy.targets = [{ uri: first.uri }, { uri: second.uri }];
      proxy.forward = { sequential: true, noAnswer: 5_000 };
      const headers = { "Max-Breadth": 1 };
      const invite = alice.send(alice.request("INVITE", BOB, { headers }), proxy.phone);
      await world.pass(6_000);
      expect([rings, second.methods]).toEqual([rings, rings ? [] : ["INVITE"]]);
      world.network.set({ drop: () => false });
      await world.pass(30_000);
      expect([(await invite.final).status, second.methods]).toEqual([200, ["INVITE"]]);
    }
  });

  it("a redirection is followed where it is asked for, and to nobody twice", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const [moved, bob] = [await world.phone("moved"), await world.phone("bob")];
    const proxy = await proxied(world);
    moved.answer = (request, transaction) => {
      const response = request.createResponse(302);
      response.headers.set("Contact", [`<${bob.uri}>`, `<${moved.uri}>`]);
      transaction?.respond(response);
    };
    proxy.targets = [{ uri: moved.uri }];
    proxy.forward = { recurse: true };
    const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(moved.methods).toEqual(["OPTIONS"]);
  });

  it.each([305, 380])(
    "a %i, whose Contacts are no other targets, is the caller's (RFC 3261 §21.3)",
    async (status) => {
      const world = new SipWorld();
      const proxy = await proxied(world);
      const [alice, moved, other] = [
        await world.phone("alice"),
        await world.phone("moved"),
        await world.phone("other"),
      ];
      moved.answer = (request, transaction) => {
        const response = request.createResponse(status);
        response.headers.set("Contact", `<${other.uri}>`);
        transaction?.respond(response);
      };
      proxy.targets = [{ uri: moved.uri }];
      proxy.forward = { recurse: true };
      const sent = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
      await world.pass();
      const final = await sent.final;
      expect([final.status, final.headers.get("Contact").map(({ uri }) => `${uri}`)]).toEqual([
        status,
        [other.uri],
      ]);
      expect(other.methods).toEqual([]);
    },
  );

  it("a caller whose connection breaks is given up", async () => {
    const world = new SipWorld();
    const proxy = await proxied(world, {}, ["UDP", "WS"]);
    const page = await world.phone("page", "WS");
    const bob = await world.phone("bob");
    bob.answer = (_request, transaction) => transaction?.respond(180);
    proxy.targets = [{ uri: bob.uri }];
    page.stack.send(page.request("INVITE", BOB), { target: { protocol: "WS", host: "10.9.0.1", port: 80 } });
    await world.pass();
    expect(page.statuses).toEqual([100, 180]);
    world.network.cut(page.transport, proxy.phone.stack.transports[1]!);
    await world.pass(1_000);
    expect(bob.canceled).toBe(1);
  });
});

it("ends when the stack is closed: no timer is left, and nobody waits for a response", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const proxy = await proxied(world);
  proxy.forward = { noAnswer: 60_000, hopTimeout: 5_000 };
  for (const method of ["INVITE", "INFO"]) {
    proxy.targets = [{ uri: bob.uri }, { uri: "sip:nobody@10.6.6.6", hops: [far, far] }];
    alice.send(alice.request(method, BOB), proxy.phone);
  }
  await world.pass(100);
  expect(proxy.proxy.stats.live).toBe(2);
  await Promise.all(world.phones.map(({ stack }) => stack.close()));
  await world.pass();
  expect([world.clock.size, proxy.proxy.stats.live, proxy.finals]).toEqual([0, 0, [undefined, undefined]]);
});

it("cancels its branches when its caller's transaction is dropped", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const proxy = await proxied(world);
  proxy.targets = [{ uri: bob.uri }];
  const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await world.pass(100);
  proxy.phone.transactions[0]?.terminate();
  sent.terminate();
  await world.pass(100);
  expect([bob.canceled, proxy.finals]).toEqual([1, [undefined]]);
});

it("cancels its branches when another hand answers its caller", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const proxy = await proxied(world);
  proxy.targets = [{ uri: bob.uri }];
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await world.pass(100);
  proxy.phone.transactions[0]?.respond(480);
  await world.pass(100);
  expect([(await final).status, bob.canceled, proxy.finals]).toEqual([480, 1, [undefined]]);
});
