// GRUUs, from the registrar to the client that asks for them, and the calls to them through a proxy (RFC 5627).

import { expect, it } from "vitest";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { Registration } from "../../src/registration/registration.ts";
import { agent } from "../dialog/support.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";

const SECRET = "for the tests";

/** A registrar and proxy of example.com. */
async function world(gruuSecret: string | undefined = SECRET, aliases = ["example.com"]) {
  const world = new SipWorld();
  const server = await world.phone(
    "server",
    "UDP",
    { aliases },
    {
      async onRequest(request, transaction) {
        if (request.method === "REGISTER") return transaction?.respond(await registrar.register(request));
        await proxy.forward(request, transaction, async ({ request: { uri }, inDialog, gruu }) =>
          inDialog && !gruu ? [{ uri }] : ((await registrar.locate(uri)) ?? 404),
        );
      },
    },
  );
  const location = new MemoryLocation({ clock: world.clock });
  const registrar: Registrar = new Registrar({
    stack: server.stack,
    location,
    ...(gruuSecret === "" ? {} : { gruuSecret }),
  });
  const proxy = new SipProxy({ stack: server.stack, clock: world.clock, secret: SECRET });
  const target = { protocol: "UDP", ...server.transport.local };
  const register = async (phone: Phone, instance: number, more: Record<string, string> = {}) => {
    const { callId = phone.name, cseq = "1", contact = `<${phone.uri}>`, ...headers } = more;
    const request = phone.request("REGISTER", "sip:example.com", {
      to: "<sip:bob@example.com>",
      contact: `${contact};+sip.instance="<urn:uuid:${instance}>"`,
      callId,
      cseq: Number(cseq),
      headers: { Supported: "gruu", ...headers },
    });
    const { final } = phone.send(request, server);
    await world.pass(10);
    const response = await final;
    const bound = response.headers.get("Contact").filter(({ params }) => params.has("pub-gruu"));
    const read = (name: string) => bound.map(({ params }) => params.get(name)!);
    return { status: response.status, response, shown: read("pub-gruu"), hidden: read("temp-gruu") };
  };
  const located = async (uri: string) => (await registrar.locate(uri))?.map((each) => String(each.uri));
  return { world, server, registrar, target, register, located };
}

it("a registrar gives them for each instance to who asks, and leads each to its own", async () => {
  const { world: all, register, located } = await world();
  const [desk, mobile] = [await all.phone("desk"), await all.phone("mobile")];
  const first = await register(desk, 1);
  expect(first.shown).toEqual(["sip:bob@example.com;gr=urn:uuid:1"]);
  expect(first.hidden[0]).toMatch(/^sip:tgruu\.[\w.-]+@example\.com;gr$/);
  expect(first.hidden[0]).not.toContain("bob");
  const second = await register(mobile, 2);
  expect(second.shown).toHaveLength(2);
  expect(await located("sip:bob@example.com")).toEqual([desk.uri, mobile.uri]);
  for (const [index, { uri }] of [desk, mobile].entries()) {
    expect(await located(second.shown[index]!)).toEqual([uri]);
    expect(await located(second.hidden[index]!)).toEqual([uri]);
  }
  // One that never registered is not here; whoever does not ask gets none.
  expect(await located("sip:bob@example.com;gr=urn:uuid:3")).toEqual([]);
  expect(await located("sip:eve@example.com;gr=urn:uuid:1")).toBeUndefined();
  const silent = await register(desk, 1, { cseq: "2", Supported: "path" });
  expect([silent.status, silent.shown]).toEqual([200, []]);
  // The newest Contact of an instance is the one.
  await register(desk, 1, { cseq: "3", contact: "<sip:bob@10.1.1.9>" });
  expect(await located(first.shown[0]!)).toEqual(["sip:bob@10.1.1.9"]);
});

it("temporary ones cannot be forged, and are over with the Call-ID or the binding", async () => {
  const { world: all, register, located } = await world();
  const desk = await all.phone("desk");
  const [one] = (await register(desk, 1)).hidden;
  const [two] = (await register(desk, 1, { cseq: "2" })).hidden;
  expect(one).not.toBe(two);
  expect([await located(one!), await located(two!)]).toEqual([[desk.uri], [desk.uri]]);
  for (const at of [12, 40, one!.indexOf("@") - 2]) {
    const forged = one!.slice(0, at) + (one![at] === "a" ? "b" : "a") + one!.slice(at + 1);
    expect(await located(forged)).toBeUndefined();
  }
  for (const user of ["tgruu.", "tgruu.zz", "bob", `tgruu.${"0".repeat(20_000)}`])
    expect(await located(`sip:${user}@example.com;gr`)).toBeUndefined();

  const [three] = (await register(desk, 1, { callId: "anew" })).hidden;
  expect([await located(one!), await located(two!)]).toEqual([undefined, undefined]);
  expect(await located(three!)).toEqual([desk.uri]);
  await register(desk, 1, { callId: "anew", cseq: "2", Expires: "0" });
  expect(await located(three!)).toBeUndefined();
  await register(desk, 1, { callId: "anew", cseq: "3", Expires: "60" });
  expect(await located(three!)).toBeUndefined();
  await all.pass(61_000);
  expect(await located("sip:bob@example.com;gr=urn:uuid:1")).toEqual([]);
});

it("temporary ones outlive another flow with a Call-ID of its own, and not that of the flow itself (§5.1)", async () => {
  const { world: all, register, located } = await world();
  const desk = await all.phone("desk");
  const headers = { Supported: "gruu, path, outbound" };
  const flow = async (regId: number, callId: string, cseq: number) => {
    const contact = `<${desk.uri}>;reg-id=${regId}`;
    const { status, hidden } = await register(desk, 1, { ...headers, contact, callId, cseq: `${cseq}` });
    expect(status).toBe(200);
    return hidden[0]!;
  };
  const first = await flow(1, "one", 1);
  const second = await flow(2, "two", 1);
  expect([await located(first), await located(second)]).toEqual([[desk.uri], [desk.uri]]);
  await flow(1, "one", 2);
  await flow(2, "two", 2);
  expect(await located(first)).toEqual([desk.uri]);
  const third = await flow(2, "anew", 1);
  expect([await located(first), await located(second), await located(third)]).toEqual([
    undefined,
    undefined,
    [desk.uri],
  ]);
  // The other flow is one of the instance still.
  const fourth = await flow(1, "one", 3);
  expect([await located(third), await located(fourth)]).toEqual([[desk.uri], [desk.uri]]);
});

it("temporary ones are over where the newest binding of the instance had another Call-ID (§5.1)", async () => {
  const { world: all, register, located } = await world();
  const [desk, mobile] = [await all.phone("desk"), await all.phone("mobile")];
  const { hidden } = await register(desk, 1, { callId: "one" });
  await register(mobile, 1, { callId: "two" });
  expect(await located(hidden[0]!)).toBeUndefined();
  const { hidden: later } = await register(mobile, 1, { callId: "two", cseq: "2" });
  // The one that has gone comes again after all.
  await register(desk, 1, { callId: "one", cseq: "2" });
  expect(await located(later[0]!)).toBeUndefined();
});

it("a client's own address-of-record is no Contact, whatever the options take (§5.1)", async () => {
  const world = new SipWorld();
  const server = await world.phone("server", "UDP", { aliases: ["example.com"] });
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({ stack: server.stack, location, acceptContact: () => true });
  server.answer = async (request, transaction) => transaction?.respond(await registrar.register(request));
  const client = await world.phone("client");
  const bind = async (contact: string, cseq: number) => {
    const init = { to: "<sip:bob@example.com>", callId: "x", cseq, contact };
    const { final } = client.send(client.request("REGISTER", "sip:example.com", init), server);
    await world.pass(10);
    return (await final).status;
  };
  expect(await bind("<sip:bob@example.com>", 1)).toBe(403);
  expect(await bind("<sip:bob@EXAMPLE.com;gr=urn:uuid:1>", 2)).toBe(403);
  expect(await bind("<sip:bob@example.com:5070>", 3)).toBe(200);
});

it("a client may insist, where there are any; a GRUU is no Contact", async () => {
  const off = await world("");
  const desk = await off.world.phone("desk");
  const refused = await off.register(desk, 1, { Require: "gruu" });
  expect([refused.status, refused.response.headers.get("Unsupported")]).toEqual([420, ["gruu"]]);
  const plain = await off.register(desk, 1, { cseq: "2" });
  expect([plain.status, plain.shown]).toEqual([200, []]);

  const on = await world();
  const mobile = await on.world.phone("mobile");
  expect((await on.register(mobile, 1, { Require: "gruu", Supported: "path" })).shown).toHaveLength(1);
  const looped = await on.register(mobile, 1, { cseq: "2", contact: "<sip:bob@example.com;gr=urn:uuid:1>" });
  expect(looped.status).toBe(403);
});

it("the machines of a cluster know each other's, by their secret", async () => {
  const { world: all, register, server } = await world();
  const desk = await all.phone("desk");
  const [hidden] = (await register(desk, 1)).hidden;
  const location = { now: () => 0, find: (aor: string) => void seen.push(aor), update: () => true };
  const seen: string[] = [];
  await new Registrar({ stack: server.stack, location, gruuSecret: SECRET }).locate(Uri.parse(hidden!));
  await new Registrar({ stack: server.stack, location, gruuSecret: "another" }).locate(Uri.parse(hidden!));
  expect(seen).toEqual(["sip:bob@example.com"]);
});

it.each(["public", "temporary"] as const)(
  "a client's %s GRUU is its Contact: calls and all within them come to it",
  async (kind) => {
    const { world: all, server, target } = await world();
    const [alice, carol] = [await agent(all, "alice"), await all.phone("carol")];
    const route = { headers: { Route: `<sip:${server.transport.sentBy};lr>` } };
    // Bob's two phones; the one that is meant has its GRUU as Contact.
    let registration: Registration | undefined;
    const bob = await agent(all, "bob", "UDP", { contact: () => registration?.gruus[kind] });
    const other = await agent(all, "other");
    const bind = (phone: Phone, instance: string) =>
      new Registration({
        stack: phone.stack,
        registrar: "sip:example.com",
        aor: "<sip:bob@example.com>",
        contact: `<${phone.uri}>`,
        instance,
        send: { target },
      });
    const second = bind(other.phone, "urn:uuid:2");
    registration = bind(bob.phone, "urn:uuid:1");
    await all.pass(10);
    expect(registration.gruus.public?.toString()).toBe("sip:bob@example.com;gr=urn:uuid:1");

    const call = alice.invite(String(registration.gruus[kind]), { body: "offer", ...route });
    await all.pass(10);
    const session = await call.session;
    expect(other.calls).toHaveLength(0);
    expect(session.dialog.target.toString()).toBe(String(registration.gruus[kind]));
    expect(call.response?.headers.get("Supported")).toContain("gruu");
    expect(bob.phone.requests[0]?.uri.toString()).toBe(bob.uri);
    const info = session.request("INFO");
    await all.pass(10);
    expect((await info).status).toBe(405);
    expect(bob.phone.requests.at(-1)?.uri.toString()).toBe(bob.uri);
    void session.bye();
    await all.pass(10);
    expect(bob.log).toEqual(["peer"]);

    const done = registration.unregister();
    await all.pass(10);
    await done;
    expect(registration.gruus).toEqual({});
    const gone: Request = carol.request("OPTIONS", session.dialog.target.toString());
    const { final } = carol.send(gone, server);
    await all.pass(10);
    expect((await final).status).toBe(kind === "public" ? 480 : 404);
    second.close();
  },
);
