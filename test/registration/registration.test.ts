// The registration client, with a registrar on the other side.

import { expect, it } from "vitest";
import { UserAgent } from "../../src/dialog/user-agent.ts";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { ownContact } from "../../src/registration/contact.ts";
import type { RegistrationOptions } from "../../src/registration/options.ts";
import { Registration } from "../../src/registration/registration.ts";
import { SipWorld } from "../support/sip-world.ts";

async function world(options: Partial<RegistrationOptions> = {}, minExpires = 60) {
  const world = new SipWorld();
  const [server, bob] = [
    await world.phone("server", "UDP", { aliases: ["example.com"] }),
    await world.phone("bob"),
  ];
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({ stack: server.stack, location, minExpires });
  server.answer = async (request, transaction) => transaction?.respond(await registrar.register(request));
  const log: (number | string | undefined)[] = [];
  const registration = new Registration({
    stack: bob.stack,
    registrar: "sip:example.com",
    aor: "<sip:bob@example.com>",
    contact: `<${bob.uri}>`,
    send: { target: { protocol: "UDP", ...server.transport.local } },
    onRegistered: ({ status }) => void log.push(status),
    onFailed: (cause, retry) => void log.push("code" in cause ? cause.code : cause.status, retry && "again"),
    ...options,
  });
  await world.pass(100);
  const found = async () => (await registrar.locate(Uri.parse("sip:bob@example.com")))?.length;
  return { world, server, bob, registration, log, found };
}

it("registers, refreshes in time with the same Call-ID, and takes the binding back", async () => {
  const { world: all, server, registration, log, found } = await world({ expires: 600 });
  expect([registration.state, await found()]).toEqual(["registered", 1]);
  await all.pass(1_700_000);
  expect(log).toEqual([200, 200, 200, 200]);
  expect(await found()).toBe(1);
  const done = registration.unregister();
  await all.pass(100);
  await done;
  expect([registration.state, await found()]).toEqual(["ended", 0]);
  expect(new Set(server.requests.map(({ headers }) => headers.get("Call-ID"))).size).toBe(1);
  expect(server.requests.map(({ headers }) => headers.get("CSeq")?.number)).toEqual([1, 2, 3, 4, 5]);
  await all.pass(2_000_000);
  expect(server.requests.length).toBe(5);
});

it("binds its own address on the transport that it registers by, unless it is told another", async () => {
  const { bob, server, registration } = await world({ contact: undefined });
  const [contact] = server.requests[0]!.headers.get("Contact");
  expect(`${contact!.uri}`).toBe(`sip:bob@${bob.transport.sentBy};transport=udp`);
  expect(registration.state).toBe("registered");
  registration.close();

  const all = new SipWorld();
  const [udp, ws] = [all.network.transport(), all.network.transport({ protocol: "WS" })];
  const { stack } = await all.phone("page", "UDP", { transports: [udp, ws] });
  const [registrar, aor] = ["sip:10.0.0.77;transport=udp", '"Bob" <sip:bob%20b@example.com>'];
  const register = createRequest("REGISTER", registrar, { from: aor, to: aor });
  const own = (send?: RegistrationOptions["send"], request = register) =>
    `${ownContact({ stack, registrar, aor, ...(send && { send }) }, request)}`;
  const [byUdp, byWs] = [
    `<sip:bob%20b@${udp.sentBy};transport=udp>`,
    `<sip:bob%20b@${ws.sentBy};transport=ws>`,
  ];
  const there = { host: "10.0.0.77", port: 80 };
  expect(own()).toBe(byUdp);
  expect([own({ target: { protocol: "WS", ...there } }), own({ flow: ws.flow(there)! })]).toEqual([
    byWs,
    byWs,
  ]);
  // RFC 3261 §8.1.1.8: who is asked by a SIPS URI is told one.
  const secure = createRequest("REGISTER", "sips:10.0.0.77", { from: aor, to: aor });
  expect(own({ flow: ws.flow(there)! }, secure)).toBe(`<sips:bob%20b@${ws.sentBy};transport=ws>`);
  // There is no way: the REGISTER will tell.
  const nowhere = createRequest("REGISTER", "sip:10.0.0.77;transport=sctp", { from: aor, to: aor });
  expect(own(undefined, nowhere)).toBe(byUdp);
});

it("binds a SIPS URI to a SIPS address-of-record, where its transport has TLS (RFC 3261 §10.2.1)", async () => {
  const world = new SipWorld();
  const { stack } = await world.phone("bob", "TLS");
  const own = (registrar: string, aor: string) => {
    const register = createRequest("REGISTER", registrar, { from: aor, to: aor });
    return `${ownContact({ stack, registrar, aor }, register)}`;
  };
  const { sentBy } = stack.transports[0]!;
  expect(own("sip:10.0.0.9;transport=tls", "sips:bob@example.com")).toBe(
    `<sips:bob@${sentBy};transport=tcp>`,
  );
  expect(own("sip:10.0.0.9;transport=tls", "sip:bob@example.com")).toBe(`<sip:bob@${sentBy};transport=tls>`);
  const plain = await world.phone("carol");
  const aor = "sips:carol@example.com";
  const register = createRequest("REGISTER", "sip:10.0.0.9", { from: aor, to: aor });
  expect(`${ownContact({ stack: plain.stack, registrar: "sip:10.0.0.9", aor }, register)}`).toBe(
    `<sip:carol@${plain.transport.sentBy};transport=udp>`,
  );
});

it("takes the expires of a Contact for its wish, and the binding back all the same (RFC 3261 §10.2.2)", async () => {
  const contact = "<sip:bob@10.0.0.2>;q=0.5;expires=600";
  const { world: all, server, registration, found } = await world({ contact });
  expect([registration.state, await found()]).toEqual(["registered", 1]);
  const done = registration.unregister();
  await all.pass(100);
  await done;
  expect(await found()).toBe(0);
  const fields = server.requests.map(({ headers }) => [headers.raw("Contact")[0], headers.get("Expires")]);
  expect(fields).toEqual([
    ["<sip:bob@10.0.0.2>;q=0.5", 600],
    ["<sip:bob@10.0.0.2>;q=0.5", 0],
  ]);

  const told = await world({ contact: "<sip:bob@10.0.0.2>;expires=soon", expires: 700 });
  const other = await world({ contact: "<sip:bob@10.0.0.2>;expires=soon" });
  expect(told.server.requests[0]!.headers.get("Expires")).toBe(700);
  expect(other.server.requests[0]!.headers.get("Expires")).toBe(3600);
  told.registration.close();
  other.registration.close();
});

it.each([
  [{ expires: 600.9 }, 600],
  [{ expires: Number.POSITIVE_INFINITY }, 4_294_967_295],
  [{ contact: "<sip:bob@10.0.0.2>;expires=99999999999" }, 4_294_967_295],
])("asks for whole seconds, as many as Expires can have: %j", async (options, expected) => {
  const { server, registration } = await world(options);
  expect([registration.state, server.requests[0]!.headers.get("Expires")]).toEqual(["registered", expected]);
  registration.close();
});

it.each([1.5, 2 ** 31, Number.POSITIVE_INFINITY])("has no reg-id of %s", async (regId) => {
  const instance = "urn:uuid:1";
  await expect(world({ regId, instance })).rejects.toMatchObject({ code: "value_invalid" });
});

it.each([{ registrar: "sip:bob@example.com" }, { aor: "tel:+123" }])(
  "asks no registrar with a user, and for no other address-of-record than a SIP URI (RFC 3261 §10.2): %j",
  async (options) => {
    await expect(world(options)).rejects.toThrow(expect.objectContaining({ code: "value_invalid" }));
  },
);

it("answers challenges, does as a 423 asks, and names its instance and flow", async () => {
  const credentials = new DigestClient({ credentials: { username: "bob", password: "zanzibar" } });
  const {
    world: all,
    server,
    registration,
    log,
    found,
    bob,
  } = await world({ expires: 30, credentials, instance: "urn:uuid:1", regId: 1 }, 90);
  expect([log, await found()]).toEqual([[200], 1]);
  expect(server.requests.at(-1)?.headers.raw("Contact")[0]).toBe(
    `<${bob.uri}>;+sip.instance="<urn:uuid:1>";reg-id=1`,
  );
  const digest = new DigestServer({ realm: "example.com", lookup: () => ({ password: "zanzibar" }) });
  const answer = server.answer;
  server.answer = async (request, transaction) => {
    const verdict = await digest.check(request);
    if (verdict.ok) answer(request, transaction);
    else transaction?.respond(digest.challenge(request, verdict));
  };
  registration.refresh();
  await all.pass(100);
  expect(log).toEqual([200, 200]);
  expect(server.requests.map(({ headers }) => headers.get("CSeq")?.number)).toEqual([1, 2, 3, 4]);
  registration.close();
  await all.pass(200_000);
  expect(server.requests.length).toBe(4);
});

it("keeps the Service-Route of the last answer; its user agent goes by it (RFC 3608)", async () => {
  const { world: all, server, bob, registration } = await world();
  const answer = server.answer;
  const give = async (...route: string[]) => {
    server.answer = (request, transaction) => {
      const response = request.createResponse(200);
      if (route.length > 0) response.headers.set("Service-Route", route);
      transaction?.respond(response);
    };
    registration.refresh();
    await all.pass(100);
    server.requests.length = 0;
    server.answer = (_request, transaction) => transaction?.respond(486);
  };
  const ua = new UserAgent({ stack: bob.stack, clock: all.clock, route: () => registration.serviceRoute });
  const call = async (headers = {}) => {
    const { session } = ua.invite("sip:carol@example.org", { from: "<sip:bob@example.com>", headers });
    await all.pass(100);
    const status = await session.catch(({ status }) => status);
    return [status, ...(server.requests[0]?.headers.raw("Route") ?? [])];
  };
  const first = `<sip:${server.transport.sentBy};lr>`;
  await give(first, "<sip:core.example.com;lr>");
  expect(await call()).toEqual([486, first, "<sip:core.example.com;lr>"]);
  await give(first);
  expect(await call()).toEqual([486, first]);
  const own = `<sip:${server.transport.sentBy};lr;own>`;
  server.requests.length = 0;
  expect(await call({ Route: own })).toEqual([486, own]);
  await give("nonsense");
  expect([registration.state, registration.serviceRoute]).toEqual(["registered", []]);
  await give();
  expect(registration.serviceRoute).toEqual([]);
  // It stays over what may pass, and goes with a refusal for good (§6.1).
  await give(first);
  for (const [status, left] of [
    [503, 1],
    [403, 0],
  ] as const) {
    server.answer = (_request, transaction) => transaction?.respond(status);
    registration.refresh();
    await all.pass(100);
    expect([registration.state, registration.serviceRoute.length]).toEqual(["failed", left]);
  }
  server.answer = answer;
  registration.close();
});

it("is registered whatever else the answer says of the server", async () => {
  const credentials = new DigestClient({ credentials: { username: "bob", password: "zanzibar" } });
  const { world: all, server, registration, log } = await world({ credentials });
  server.answer = (request, transaction) => {
    const response = request.createResponse(200);
    response.headers.append("Authentication-Info", "nextnonce");
    transaction?.respond(response);
  };
  registration.refresh();
  await all.pass(100);
  expect([registration.state, log]).toEqual(["registered", [200, 200]]);
  registration.close();
});

it("is not tried again on a stack that was closed", async () => {
  const { world: all, bob, registration, log } = await world({ expires: 100 });
  await bob.stack.close();
  await all.pass(100_000);
  expect([registration.state, log]).toEqual(["failed", [200, "closed", undefined]]);
  expect(all.clock.size).toBe(0);
});

it("tries again after what may pass, and not after what will not", async () => {
  const { world: all, server, registration, log, found } = await world();
  const answer = server.answer;
  server.answer = (request, transaction) => {
    const broken = request.createResponse(200);
    broken.headers.set("Expires", "soon");
    transaction?.respond(broken);
  };
  registration.refresh();
  await all.pass(100);
  expect(log.splice(1)).toEqual(["value_invalid", "again"]);
  server.answer = (_request, transaction) => transaction?.respond(503);
  registration.refresh();
  await all.pass(100);
  expect([registration.state, log]).toEqual(["failed", [200, 503, "again"]]);
  server.answer = answer;
  await all.pass(61_000);
  expect([registration.state, await found()]).toEqual(["registered", 1]);
  server.answer = (_request, transaction) => transaction?.respond(403);
  registration.refresh();
  await all.pass(10_000_000);
  expect(log).toEqual([200, 503, "again", 200, 403, undefined]);
});

it("waits as long as Retry-After says, where that is longer than its own time", async () => {
  const waits: (number | undefined)[] = [];
  const {
    world: all,
    server,
    registration,
  } = await world({
    onFailed: (_cause, retry) => void waits.push(retry),
  });
  server.answer = (request, transaction) => {
    const response = request.createResponse(503);
    response.headers.set("Retry-After", "7200" as never);
    transaction?.respond(response);
  };
  registration.refresh();
  await all.pass(100);
  expect(waits).toEqual([7_200_000]);
  registration.close();
});

it("takes no longer time than a day from a 423", async () => {
  const { world: all, server, registration, log } = await world();
  server.answer = (request, transaction) => {
    const response = request.createResponse(423);
    response.headers.set("Min-Expires", "86401");
    transaction?.respond(response);
  };
  registration.refresh();
  await all.pass(100);
  expect([log, server.requests.length]).toEqual([[200, 423, undefined], 2]);
});

it("answers so many challenges and no more, and none once it is closed", async () => {
  let answer: () => void = () => {};
  let wait: Promise<void> | undefined;
  const credentials = {
    answer: async (request: Request) => {
      await wait;
      return request.clone();
    },
    learn: () => {},
  };
  const { world: all, server, registration, log } = await world({ credentials });
  server.answer = (_request, transaction) => transaction?.respond(401);
  registration.refresh();
  await all.pass(100);
  expect([log, server.requests.length]).toEqual([[200, 401, undefined], 6]);
  wait = new Promise((resolve) => (answer = resolve));
  registration.refresh();
  await all.pass(100);
  registration.close();
  answer();
  await all.pass(100);
  expect([registration.state, server.requests.length]).toEqual(["ended", 7]);
});

it("asks again, or takes the binding back, when the answer has come that it waits for", async () => {
  for (const ends of [false, true]) {
    const { world: all, server, registration } = await world();
    const answer = server.answer;
    const held: (() => void)[] = [];
    server.answer = (request, transaction) => void held.push(() => answer(request, transaction));
    registration.refresh();
    await all.pass(100);
    if (ends) void registration.unregister();
    else registration.refresh();
    await all.pass(100);
    expect([held.length, server.requests.length]).toEqual([1, 2]);
    for (let i = 0; i < 2; i++) {
      held.shift()?.();
      await all.pass(100);
    }
    expect(server.requests.map(({ headers }) => headers.get("Expires"))).toEqual([
      3600,
      3600,
      ends ? 0 : 3600,
    ]);
    expect(registration.state).toBe(ends ? "ended" : "registered");
    registration.close();
  }
});

it("has no GRUU and no Service-Route any more when it has ended", async () => {
  const { world: all, server, registration } = await world();
  const answer = server.answer;
  server.answer = (request, transaction) => {
    const response = request.createResponse(200);
    response.headers.set("Service-Route", "<sip:a;lr>");
    transaction?.respond(response);
  };
  registration.refresh();
  await all.pass(100);
  expect(registration.serviceRoute).toHaveLength(1);
  server.answer = answer;
  void registration.unregister();
  await all.pass(100);
  expect([registration.state, registration.serviceRoute, registration.gruus]).toEqual(["ended", [], {}]);
});

it("says nothing more once it is closed, though it was to be taken back behind a refresh", async () => {
  const { world: all, server, registration } = await world();
  server.answer = () => {};
  registration.refresh();
  await all.pass(100);
  const done = registration.unregister();
  registration.close();
  await all.pass(100_000);
  await done;
  expect(registration.state).toBe("ended");
  expect(server.requests.map(({ headers }) => headers.get("Expires"))).toEqual([3600, 3600]);
});

it.each([400, 401, 403, 404, 405, 407, 420, 423, 439])("is not tried again after %i", async (status) => {
  const { world: all, server, registration, log } = await world();
  server.answer = (_request, transaction) => transaction?.respond(status);
  registration.refresh();
  await all.pass(4_000_000);
  expect([log, server.requests.length]).toEqual([[200, status, undefined], 2]);
});

it.each([402, 406, 408, 480, 500, 503, 600])("is tried again after %i", async (status) => {
  const { world: all, server, registration, log } = await world();
  server.answer = (_request, transaction) => transaction?.respond(status);
  registration.refresh();
  await all.pass(40_000);
  // RFC 4320 §4.2: nobody sends a 408.
  expect(log).toEqual([200, status === 408 ? "timeout" : status, "again"]);
  registration.close();
});

it("waits from 30 to 60 seconds after the first failure, for longer after the next; a refresh counts anew", async () => {
  const waits: (number | undefined)[] = [];
  const onFailed: RegistrationOptions["onFailed"] = (_cause, retry) => void waits.push(retry);
  const { world: all, server, registration } = await world({ onFailed });
  server.answer = (_request, transaction) => transaction?.respond(500);
  registration.refresh();
  await all.pass(100);
  registration.refresh();
  await all.pass(100);
  await all.pass(60_000);
  const silent = { protocol: "UDP", host: "10.9.9.9", port: 5060 };
  const never = await world({ onFailed, send: { target: silent } });
  await never.world.pass(32_000);
  const [first, again, second, other] = waits as number[];
  for (const [wait, least] of [
    [other, 30_000],
    [first, 30_000],
    [again, 30_000],
    [second, 60_000],
  ] as const) {
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(2 * least);
  }
  expect(waits).toHaveLength(4);
  registration.close();
  never.registration.close();
});

it("counts its failures anew once it was registered", async () => {
  const waits: (number | undefined)[] = [];
  const onFailed: RegistrationOptions["onFailed"] = (_cause, retry) => void waits.push(retry);
  const { world: all, server, registration } = await world({ onFailed, expires: 600 });
  const answer = server.answer;
  const down: typeof answer = (_request, transaction) => transaction?.respond(500);
  server.answer = down;
  registration.refresh();
  await all.pass(60_000);
  server.answer = answer;
  await all.pass(200_000);
  expect([registration.state, waits.length]).toEqual(["registered", 2]);
  server.answer = down;
  await all.pass(541_000);
  expect(waits.length).toBeGreaterThan(2);
  expect(waits[2]).toBeLessThanOrEqual(60_000);
  registration.close();
});

it("asks nobody when it has ended", async () => {
  const { world: all, server, registration } = await world();
  registration.close();
  registration.refresh();
  await all.pass(100_000);
  expect([registration.state, server.requests.length]).toEqual(["ended", 1]);
  const other = await world();
  const done = other.registration.unregister();
  other.registration.refresh();
  await other.world.pass(100_000);
  await done;
  expect([other.registration.state, other.server.requests.length]).toEqual(["ended", 2]);
});

it("is not bound anew by a 423 to what takes it back", async () => {
  const { world: all, server, registration } = await world();
  server.answer = (request, transaction) => {
    const response = request.createResponse(423);
    response.headers.set("Min-Expires", 60);
    transaction?.respond(response);
  };
  const done = registration.unregister();
  await all.pass(100);
  await done;
  expect(server.requests.map(({ headers }) => headers.get("Expires"))).toEqual([3600, 0]);
});
