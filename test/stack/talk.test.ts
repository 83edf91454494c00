// Stacks that talk to each other: requests, responses, ACK and CANCEL; cores that throw; messages without a
// transaction.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { createAck } from "../../src/message/create-ack.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { lines, statuses, text, to, World } from "./support.ts";

const PROTOCOLS = ["UDP", "TCP", "TLS"];

describe("two stacks", () => {
  it.each(PROTOCOLS)("ask and answer over %s", async (protocol) => {
    const world = new World();
    const transport = () => ({ transports: [world.network.transport({ protocol })] });
    const alice = await world.started({}, transport());
    const bob = await world.started({}, transport());
    const sent = alice.stack.send(to(bob));
    await world.pass();
    expect(await sent.final).toMatchObject({ status: 200 });
    expect(alice.responses.map(({ status }) => status)).toEqual([200]);
    expect(bob.requests.map(({ method }) => method)).toEqual(["OPTIONS"]);
    expect(alice.stack.stats).toMatchObject({ sent: 1, received: 1, bad: {}, failed: 0 });
  });

  it.each(PROTOCOLS)("call each other over %s: the ACK to the 2xx reaches the core", async (protocol) => {
    const world = new World();
    const transport = () => ({ transports: [world.network.transport({ protocol })] });
    const alice = await world.started({}, transport());
    const bob = await world.started(
      {
        onRequest(_request, transaction) {
          transaction?.respond(180);
          transaction?.respond(200);
        },
      },
      transport(),
    );
    const invite = alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    const ok = await invite.final;
    const ack = createAck(invite.request, ok);
    alice.stack.sendStateless(ack);
    expect(ack.headers.has("Via")).toBe(false);
    await world.pass();
    expect(alice.responses.map(({ status }) => status)).toEqual([180, 200]);
    expect(bob.requests.map(({ method }) => method)).toEqual(["INVITE", "ACK"]);
    expect(bob.requests[1]!.headers.get("To")?.tag).toBe(ok.headers.get("To")?.tag);
    expect(bob.requests[1]!.headers.get("Via")).toHaveLength(1);
  });

  it("cancel a call: the core hears of it, and the INVITE ends with 487", async () => {
    const world = new World();
    const alice = await world.started();
    const bob = await world.started({
      onRequest: (_request, transaction) => transaction?.respond(180),
      onCancel: (_cancel, transaction) => transaction.respond(487),
    });
    const invite = alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    invite.cancel();
    await world.pass();
    expect(await invite.final).toMatchObject({ status: 487 });
    expect(bob.cancels.map(({ method }) => method)).toEqual(["CANCEL"]);
    expect(bob.requests.map(({ method }) => method)).toEqual(["INVITE"]);
    expect(alice.errors).toEqual([]);
  });

  it("get through a network that loses, doubles and reorders", async () => {
    const world = new World();
    world.network.set({ loss: 0.3, duplicate: 0.2, reorder: 0.2, delay: [1, 40] });
    const alice = await world.started();
    const bob = await world.started();
    const finals = Array.from({ length: 20 }, () => alice.stack.send(to(bob)).final);
    await world.pass(32_000);
    const all = await Promise.allSettled(finals);
    expect(all.map((each) => each.status === "fulfilled" && each.value.status)).toEqual(Array(20).fill(200));
    expect(bob.requests).toHaveLength(20);
  });

  it("use one connection both ways, and for all that follows", async () => {
    const world = new World();
    const tcp = () => ({ transports: [world.network.transport({ protocol: "TCP" })] });
    const alice = await world.started({}, tcp());
    const bob = await world.started({}, tcp());
    for (let i = 0; i < 3; i++) {
      alice.stack.send(to(bob));
      await world.pass();
    }
    expect(new Set(bob.requests.map(({ flow }) => flow)).size).toBe(1);
    expect(new Set(alice.responses.map(({ flow }) => flow)).size).toBe(1);
    // And back on the flow that the requests came in on, where a proxy keeps it for a peer behind NAT.
    bob.stack.send(to(alice), { flow: bob.requests[0]!.flow! });
    await world.pass();
    expect(alice.requests[0]!.flow).toBe(alice.responses[0]!.flow);
    expect(bob.responses.map(({ status }) => status)).toEqual([200]);
  });
});

describe("several stacks and transports in one process", () => {
  it("keep to themselves", async () => {
    const world = new World();
    const many = () => ({
      transports: ["UDP", "TCP"].map((protocol) => world.network.transport({ protocol })),
    });
    const stations = [
      await world.started({}, many()),
      await world.started({}, many()),
      await world.started({}, many()),
    ];
    const [alice, bob, carol] = stations as [
      (typeof stations)[0],
      (typeof stations)[0],
      (typeof stations)[0],
    ];
    for (const peer of [bob, carol]) {
      for (const transport of peer.stack.transports) alice.stack.send(to(peer, "OPTIONS", transport));
    }
    carol.stack.send(to(bob));
    await world.pass();
    const protocols = (requests: typeof bob.requests) =>
      requests.map(({ flow, headers }) => [flow!.transport.protocol, headers.get("Via")[0]!.transport]);
    expect(protocols(carol.requests).sort()).toEqual([
      ["TCP", "TCP"],
      ["UDP", "UDP"],
    ]);
    expect(bob.requests).toHaveLength(3);
    expect(alice.responses).toHaveLength(4);
    expect(carol.responses).toHaveLength(1);
    expect(bob.responses).toHaveLength(0);
    await bob.stack.close();
    alice.stack.send(to(carol));
    await world.pass();
    expect(alice.responses).toHaveLength(5);
  });

  it("serve WebSocket clients, which can only be called back on their flow", async () => {
    const world = new World();
    const server = await world.started(
      {},
      { transports: [world.network.transport({ protocol: "WS", port: 80 })] },
    );
    const page = await world.started({}, { transports: [world.network.transport({ protocol: "WS" })] });
    page.stack.send(to(server));
    await world.pass();
    const { flow } = server.requests[0]!;
    expect(page.responses.map(({ status }) => status)).toEqual([200]);
    const lost = server.stack.send(to(page));
    server.stack.send(to(page), { flow: flow! });
    await world.pass();
    await expect(lost.final).rejects.toMatchObject({ code: "no_target" });
    expect(page.requests).toHaveLength(1);
    expect(server.responses.map(({ status }) => status)).toEqual([200]);
  });
});

describe("a core that throws or rejects", () => {
  const throwing = {
    sync: (error: Error) => {
      throw error;
    },
    async: (error: Error) => Promise.reject(error),
  };

  it.each(["sync", "async"] as const)("in onRequest is answered for (%s)", async (how) => {
    const world = new World();
    const errors = [new Error("oops"), new SipError("uri_invalid", "no such", { status: 404 })];
    const bob = await world.started({ onRequest: () => throwing[how](errors.shift()!) });
    const alice = await world.started();
    for (let i = 0; i < 2; i++) {
      alice.stack.send(to(bob));
      await world.pass();
    }
    expect(alice.responses.map(({ status }) => status)).toEqual([500, 404]);
    expect(bob.errors.map(({ code }) => code)).toEqual(["core_failed", "core_failed"]);
  });

  it.each(["sync", "async"] as const)("in every callback, lets all else go on (%s)", async (how) => {
    const world = new World();
    const fail = () => throwing[how](new Error("oops"));
    const bob = await world.started({ onRequest: fail, onCancel: fail, onError: fail });
    const alice = await world.started({ onResponse: fail, onError: fail });
    alice.stack.send(to(bob));
    alice.stack.send(to(bob), { onResponse: fail, onError: fail });
    const invite = alice.stack.send(to(bob, "INVITE"), { target: { protocol: "SCTP", host: "h", port: 1 } });
    bob.stack.receive(parseMessage(text("ACK", "10.9.9.9")), bob.stack.route(to(alice)));
    await world.pass();
    await expect(invite.final).rejects.toMatchObject({ code: "no_transport" });
    expect(alice.errors.map(({ code }) => code).sort()).toEqual([
      "core_failed",
      "core_failed",
      "no_transport",
    ]);
    expect(bob.errors.map(({ code }) => code)).toEqual(["core_failed", "core_failed", "core_failed"]);
    const after = alice.stack.send(to(bob));
    await world.pass();
    expect(await after.final).toMatchObject({ status: 500 });
  });

  it.each(["sync", "async"] as const)("in onCancel ends the INVITE all the same (%s)", async (how) => {
    const world = new World();
    const bob = await world.started({
      onRequest: (_request, transaction) => transaction?.respond(180),
      onCancel: () => throwing[how](new Error("oops")),
    });
    const alice = await world.started();
    const invite = alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    invite.cancel();
    await world.pass();
    expect(await invite.final).toMatchObject({ status: 487 });
    expect(bob.errors.map(({ code }) => code)).toEqual(["core_failed"]);
  });
});

describe("sending what cannot be sent", () => {
  it("is told later, to the handlers or the core, and not thrown", async () => {
    const world = new World();
    const alice = await world.started({}, { transports: [world.network.transport({ protocol: "TCP" })] });
    const heard: unknown[] = [];
    const onError = (error: SipError) => void heard.push(error.code);
    const nowhere = { protocol: "TCP", host: "10.9.9.9", port: 5060 };
    const request = () => to(alice);
    const sent = [
      alice.stack.send(request(), { target: nowhere, onError }),
      alice.stack.send(request(), { target: { ...nowhere, protocol: "UDP" }, onError }),
    ];
    const mail = request();
    mail.uri = "mailto:bob@example.com";
    sent.push(alice.stack.send(mail));
    expect([heard, alice.errors]).toEqual([[], []]);
    await world.pass();
    expect(heard.sort()).toEqual(["no_transport", "transport_failed"]);
    expect(alice.errors).toMatchObject([{ code: "no_target", status: 416 }]);
    for (const { final } of sent) await expect(final).rejects.toBeInstanceOf(SipError);
    expect(alice.stack.stats.failed).toBe(1);
  });

  it("send a request itself where they are told to, and get none of it back", async () => {
    const world = new World();
    const alice = await world.started();
    const bob = await world.started({ onRequest: (_request, transaction) => transaction?.respond(200) });
    const [own, alone] = [to(bob), to(bob)];
    const sent = alice.stack.send(own, { uncopied: true });
    expect(sent.request).toBe(own);
    alice.stack.sendStateless(alone, { branch: "z9hG4bK-own", uncopied: true });
    expect(alone.headers.first("Via")?.branch).toBe("z9hG4bK-own");
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(bob.requests).toHaveLength(2);
  });

  it("throws for an ACK, a branch in use, and a closed stack", async () => {
    const world = new World();
    const alice = await world.started();
    const bob = await world.started();
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => alice.stack.send(to(bob, "ACK"))).toThrow(code("unsupported"));
    alice.stack.send(to(bob), { branch: "z9hG4bK-x" });
    expect(() => alice.stack.send(to(bob), { branch: "z9hG4bK-x" })).toThrow(code("transaction_exists"));
    await alice.stack.close();
    expect(() => alice.stack.send(to(bob))).toThrow(code("closed"));
    expect(() => alice.stack.sendStateless(to(bob))).toThrow(code("closed"));
  });
});

describe("sendStateless", () => {
  it("sends a request with a Via of its own, and lets the given one alone", async () => {
    const world = new World();
    const alice = await world.started();
    const wire = await world.wire();
    const request = parseMessage(text("OPTIONS", "10.9.9.9"));
    if (request.kind !== "request") throw new Error("not a request");
    const { protocol, local } = wire.transport;
    alice.stack.sendStateless(request, { target: { protocol, ...local }, branch: "z9hG4bK-mine" });
    await world.pass();
    const { sentBy } = alice.stack.transports[0]!;
    expect(lines(wire.got[0]!, "Via")).toEqual([
      `Via: SIP/2.0/UDP ${sentBy};branch=z9hG4bK-mine;rport`,
      "Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bK-1",
    ]);
    expect(request.headers.get("Via")).toHaveLength(1);
    expect(alice.stack.stats.transactions).toMatchObject({ client: 0 });
  });

  it("sends a response on its flow, to a target, or by its topmost Via: received and rport before sent-by", async () => {
    const world = new World();
    const alice = await world.started();
    const wire = await world.wire();
    const { host, port } = wire.transport.local;
    const response = (via: string, more = "") => {
      const request = parseMessage(text("OPTIONS", `${via}${more}`));
      return (request as Extract<typeof request, { kind: "request" }>).createResponse(404) as Response;
    };
    const onFlow = response("10.9.9.9");
    onFlow.flow = alice.stack.transports[0]!.flow({ host, port });
    alice.stack.sendStateless(onFlow);
    alice.stack.sendStateless(response(`${host}:${port}`));
    alice.stack.sendStateless(response("10.9.9.9:7", `;received=${host};rport=${port}`));
    alice.stack.sendStateless(response("10.9.9.9"), { target: { protocol: "UDP", host, port } });
    const bare = response("10.9.9.9");
    bare.headers.delete("Via");
    expect(() => alice.stack.sendStateless(bare)).toThrow(expect.objectContaining({ code: "no_target" }));
    await world.pass();
    expect(statuses(wire.got)).toEqual([404, 404, 404, 404]);
  });

  it("sends a response by the flow that is given rather than by its own", async () => {
    const world = new World();
    const alice = await world.started();
    const [own, given] = [await world.wire(), await world.wire()];
    const [transport] = alice.stack.transports;
    const request = parseMessage(text("OPTIONS", "10.9.9.9")) as Request;
    const response = request.createResponse(404);
    response.flow = transport!.flow(own.transport.local);
    alice.stack.sendStateless(response, { flow: transport!.flow(given.transport.local)! });
    await world.pass();
    expect([statuses(own.got), statuses(given.got)]).toEqual([[], [404]]);
  });

  it("forms a request as its first Route's strict router wants it (RFC 3261 §16.6 step 6)", async () => {
    const world = new World();
    const alice = await world.started();
    const wire = await world.wire();
    const router = `sip:${wire.transport.sentBy}`;
    alice.stack.sendStateless(parseMessage(text("ACK", "10.9.9.9", [`Route: <${router}>`])));
    await world.pass();
    expect(wire.got[0]).toMatch(new RegExp(`^ACK ${router} SIP/2.0\r\n`));
    expect(lines(wire.got[0]!, "Route")).not.toContain(`Route: <${router}>`);
  });

  it("reports what the transport could not send", async () => {
    const world = new World();
    const alice = await world.started({}, { transports: [world.network.transport({ protocol: "TCP" })] });
    alice.stack.sendStateless(to(alice), { target: { protocol: "TCP", host: "10.9.9.9", port: 1 } });
    await world.pass();
    expect(alice.errors).toMatchObject([{ code: "transport_failed" }]);
  });
});

describe("a server transaction's stack", () => {
  it("tells it of its connection's end", async () => {
    const world = new World();
    const held: ServerTransaction[] = [];
    const tcp = () => ({ transports: [world.network.transport({ protocol: "TCP" })] });
    const bob = await world.started({ onRequest: (_r, transaction) => void held.push(transaction!) }, tcp());
    const alice = await world.started({}, tcp());
    const sent = alice.stack.send(to(bob));
    await world.pass();
    expect(world.network.cut(alice.stack.transports[0]!, bob.stack.transports[0]!)).toBe(1);
    await world.pass();
    await expect(sent.final).rejects.toMatchObject({ code: "connection_closed" });
    expect(alice.errors).toMatchObject([{ code: "connection_closed" }]);
    expect(bob.errors).toMatchObject([{ code: "connection_closed" }]);
    held[0]!.terminate();
  });

  it.each(["throws", "rejects"])("hears of it where its onFlowClosed %s", async (how) => {
    const world = new World();
    const tcp = () => ({ transports: [world.network.transport({ protocol: "TCP" })] });
    const onFlowClosed = () => {
      if (how === "rejects") return Promise.reject(new Error("mine"));
      throw new Error("mine");
    };
    const bob = await world.started({ onFlowClosed }, tcp());
    const alice = await world.started({}, tcp());
    const sent = alice.stack.send(to(bob));
    await world.pass();
    await sent.final;
    world.network.cut(alice.stack.transports[0]!, bob.stack.transports[0]!);
    await world.pass();
    expect(bob.errors).toMatchObject([{ code: "core_failed", message: "a callback threw: mine" }]);
  });
});
