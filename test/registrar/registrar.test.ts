// The registrar: RFC 3261 §10.3, RFC 3327, RFC 5626 §6.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { Uri } from "../../src/message/uri.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import type { RegistrarOptions } from "../../src/registrar/registrar-options.ts";
import { SipWorld } from "../support/sip-world.ts";

async function world(options: Partial<RegistrarOptions> = {}, limit = 10, protocol = "UDP") {
  const world = new SipWorld();
  const server = { aliases: ["example.com"] };
  const transports = [world.network.transport({ protocol, ...(protocol === "WS" && { port: 80 }) })];
  const registrarPhone = await world.phone("server", protocol, { ...server, transports });
  const client = await world.phone("bob", protocol);
  const location = new MemoryLocation({ clock: world.clock, limit });
  const registrar = new Registrar({ stack: registrarPhone.stack, location, ...options });
  registrarPhone.answer = async (request, transaction) =>
    transaction?.respond(await registrar.register(request));
  let cseq = 0;
  /** Registers, and gives the response. */
  const register = async (contact: string, more: Record<string, string> = {}) => {
    const { user = "bob", callId = "one", at, ...headers } = more;
    const request = client.request("REGISTER", "sip:example.com", {
      to: `<sip:${user}@example.com>`,
      callId,
      cseq: at ? Number(at) : ++cseq,
      headers,
    });
    request.headers.delete("Contact");
    if (contact) request.headers.set("Contact", contact);
    const { final } = client.send(request, registrarPhone);
    await world.pass(100);
    return final;
  };
  const contacts = async (contact = "", more: Record<string, string> = {}) => {
    const response = await register(contact, more);
    return [response.status, ...response.headers.get("Contact").map(String)];
  };
  const located = async (user = "bob") =>
    (await registrar.locate(Uri.parse(`sip:${user}@EXAMPLE.com`)))?.map(({ uri }) => String(uri));
  return { world, register, contacts, located, registrar, location, client, server: registrarPhone };
}

describe("bindings", () => {
  it("are granted whole seconds, whatever fractions the clock has", async () => {
    const { world: all, contacts } = await world();
    await all.pass(20_000.14285714286 - 100);
    const [, contact] = await contacts("<sip:bob@10.1.1.1>;expires=120");
    expect(contact).toBe("<sip:bob@10.1.1.1>;expires=120");
  });

  it("of a request with thousands of Contacts are not compared with each other", async () => {
    let asked = 0;
    const acceptContact = () => ++asked > 0;
    const { contacts } = await world({ acceptContact });
    expect(await contacts(Array.from({ length: 2000 }, (_, i) => `<sip:${i}@a>`).join())).toEqual([403]);
    expect(asked).toBe(0);
    // As many as may be, and those that were there before taken back with them.
    const ten = (name: string, more = "") =>
      Array.from({ length: 10 }, (_, i) => `<sip:${name}${i}@a>${more}`);
    expect(await contacts(ten("x").join())).toHaveLength(11);
    expect(await contacts([...ten("y"), ...ten("x", ";expires=0")].join())).toHaveLength(11);
  });

  it("are added, listed, refreshed, taken away, by the URI's rules of equality", async () => {
    const { world: all, contacts, located } = await world();
    expect(await located()).toBeUndefined();
    expect(await contacts("<sip:bob@10.1.1.1>;expires=100")).toEqual([200, "<sip:bob@10.1.1.1>;expires=100"]);
    await all.pass(9_900);
    expect(await contacts("<sip:bob@10.1.1.2>;q=0.5", { Expires: "200" })).toEqual([
      200,
      "<sip:bob@10.1.1.1>;expires=90",
      "<sip:bob@10.1.1.2>;expires=200;q=0.5",
    ]);
    expect(await located()).toEqual(["sip:bob@10.1.1.1", "sip:bob@10.1.1.2"]);
    expect((await contacts("<SIP:bob@10.1.1.1>;expires=0")).length).toBe(2);
    expect(await contacts()).toEqual([200, "<sip:bob@10.1.1.2>;expires=200;q=0.5"]);
    await all.pass(200_000);
    expect(await contacts()).toEqual([200]);
    expect(await located()).toEqual([]);
  });

  it("go all at once by a star, which stands alone", async () => {
    const { register, located } = await world();
    await register("<sip:a@10.1.1.1>, <sip:b@10.1.1.1>;q=1.0");
    expect(await located()).toEqual(["sip:a@10.1.1.1", "sip:b@10.1.1.1"]);
    for (const [contact, expires] of [
      ["*", "60"],
      ["*, <sip:a@10.1.1.1>", "0"],
    ] as const)
      expect((await register(contact, { Expires: expires })).status).toBe(400);
    expect((await located())?.length).toBe(2);
    expect((await register("*", { Expires: "0" })).status).toBe(200);
    expect(await located()).toEqual([]);
  });

  it("are not changed by what was overtaken, nor in part", async () => {
    const { contacts, located } = await world();
    await contacts("<sip:a@10.1.1.1>", { at: "10" });
    expect(await contacts("<sip:a@10.1.1.1>;expires=0", { at: "9" })).toEqual([500]);
    expect(await contacts("<sip:b@10.1.1.1>, <sip:a@10.1.1.1>", { at: "10" })).toEqual([500]);
    expect(await contacts("*", { at: "10", Expires: "0" })).toEqual([500]);
    expect(await located()).toEqual(["sip:a@10.1.1.1"]);
    // Another Call-ID is a client that was started anew.
    expect(await contacts("<sip:a@10.1.1.1>;expires=0", { at: "1", callId: "two" })).toEqual([200]);
  });

  it("of one instance are overtaken, too, beside a new one of it that a GRUU goes with", async () => {
    const { contacts } = await world({ gruuSecret: "x" });
    const phone = (host: string) => `<sip:bob@${host}>;+sip.instance="<urn:uuid:1>"`;
    expect(await contacts(phone("10.1.1.1"), { at: "9" })).toHaveLength(2);
    expect(await contacts([phone("10.1.1.2"), phone("10.1.1.1")].join(), { at: "8" })).toEqual([500]);
  });

  it("have limits: time, number, size, users, and no way back to ourselves", async () => {
    const { register, contacts, location, located } = await world({ maxBindings: 2, maxExpires: 300 }, 2);
    const brief = await register("<sip:a@10.1.1.1>;expires=59");
    expect([brief.status, brief.headers.get("Min-Expires")]).toEqual([423, 60]);
    expect((await contacts("<sip:a@10.1.1.1>;expires=4294967295"))[1]).toContain("expires=300");
    expect(await contacts("<sip:b@10.1.1.1>, <sip:c@10.1.1.1>")).toEqual([403]);
    expect(await contacts(`<sip:${"b".repeat(5000)}@10.1.1.1>`)).toEqual([403]);
    expect(await contacts("<sip:bob@example.com>")).toEqual([403]);
    expect(await contacts("<mailto:bob@example.org>")).toEqual([403]);
    expect(await located()).toEqual(["sip:a@10.1.1.1"]);

    const user = (name: string) => contacts("<sip:x@10.1.1.1>", { user: name });
    expect((await user("eve"))[0]).toBe(200);
    expect((await user("dan"))[0]).toBe(503);
    expect(location.size).toBe(2);
  });

  it("of those who have gone make room", async () => {
    const { world: all, contacts, location } = await world({}, 1);
    await contacts("<sip:a@10.1.1.1>;expires=60");
    await all.pass(61_000);
    expect((await contacts("<sip:x@10.1.1.1>", { user: "dan" }))[0]).toBe(200);
    expect(location.size).toBe(1);
  });
});

describe("requests", () => {
  it("for others' names and with strange extensions are refused", async () => {
    const { register, client, server, world: all } = await world();
    const strange = await register("<sip:a@10.1.1.1>", { Require: "path, gruu" });
    expect([strange.status, strange.headers.get("Unsupported")]).toEqual([420, ["gruu"]]);
    const { final } = client.send(client.request("REGISTER", "sip:example.org"), server);
    await all.pass(100);
    expect((await final).status).toBe(404);
  });

  it("are answered 503 with Retry-After where the location service is down", async () => {
    const down = () => Promise.reject(new SipError("transport_failed", "down", { status: 503 }));
    const { register } = await world({ location: { now: () => 0, find: down, update: down } });
    const response = await register("<sip:a@10.1.1.1>");
    expect([response.status, response.headers.raw("Retry-After")]).toEqual([503, ["5"]]);
  });

  it("may be planned again, where another writer was faster", async () => {
    const memory = new MemoryLocation();
    const { contacts } = await world({
      location: {
        now: () => memory.now(),
        find: (aor) => memory.find(aor),
        update: async (aor, change) => {
          change([]);
          return memory.update(aor, change);
        },
      },
    });
    expect((await contacts("<sip:a@10.1.1.1>")).length).toBe(2);
  });
});

describe("ways", () => {
  it("a Path is kept and given back", async () => {
    const { register, registrar } = await world();
    const path = "<sip:edge1.example.com;lr>, <sip:edge2.example.com;lr;ob>";
    const response = await register("<sip:bob@10.1.1.1>", { Path: path, Supported: "path" });
    expect(response.headers.get("Path").map(String).join(", ")).toBe(path);
    const [target] = (await registrar.locate(Uri.parse("sip:bob@example.com"))) ?? [];
    expect(target?.path.map(String).join(", ")).toBe(path);
    expect(target?.flow).toBeUndefined();
  });

  it("a Service-Route is given, the same to all or to each its own (RFC 3608)", async () => {
    const route = ["<sip:a.example.com;lr>", "<sip:b.example.com;lr>"];
    const one = await world({ serviceRoute: route });
    expect((await one.register("")).headers.get("Service-Route").map(String)).toEqual(route);
    const two = await world({
      serviceRoute: ({ headers }) => [`<sip:${headers.get("To")!.uri.user}.example.com;lr>`],
    });
    const response = await two.register("<sip:bob@10.1.1.1>");
    expect(response.headers.raw("Service-Route")).toEqual(["<sip:bob.example.com;lr>"]);
    expect((await (await world()).register("")).headers.has("Service-Route")).toBe(false);
  });

  it("a connection is the way to its client, as long as it stands", async () => {
    const { register, registrar, client, located, server, world: all } = await world({}, 10, "WS");
    expect((await register("<sip:bob@abc.invalid;transport=ws>")).status).toBe(200);
    const [target] = (await registrar.locate(Uri.parse("sip:bob@example.com"))) ?? [];
    expect(target?.flow).toBe(server.lastFlow);
    await client.stack.close();
    await all.pass(100);
    expect(await located()).toEqual([]);
  });

  it("a client that is gone with its connection makes room for others, and no other does", async () => {
    const all = await world({ maxBindings: 2 }, 10, "WS");
    const { server, registrar, located } = all;
    const page = async (user: string) => {
      const phone = await all.world.phone(user, "WS");
      const request = phone.request("REGISTER", "sip:example.com", {
        to: "<sip:bob@example.com>",
        contact: `<sip:${user}@x.invalid;transport=ws>`,
      });
      const { final } = phone.send(request, server);
      await all.world.pass(100);
      return { phone, status: (await final).status };
    };
    const [one, two] = [await page("one"), await page("two")];
    expect((await page("three")).status).toBe(403);
    await two.phone.stack.close();
    await all.world.pass(100);
    expect((await page("four")).status).toBe(200);
    expect(await located()).toEqual(["one", "four"].map((user) => `sip:${user}@x.invalid;transport=ws`));
    await one.phone.stack.close();
    await all.world.pass(100);
    expect((await page("five")).status).toBe(200);
    expect((await registrar.locate("sip:bob@example.com"))?.length).toBe(2);
    expect((await page("six")).status).toBe(403);
  });

  it("over UDP an outbound client is reached where it was seen, another by its Contact (RFC 5626 §6, §7)", async () => {
    const { register, registrar, client, location, server } = await world();
    const contact = '<sip:bob@192.168.1.7:5060>;+sip.instance="<urn:uuid:1>"';
    const supported = { Supported: "path, outbound" };
    await register(contact, supported);
    const ways = () => registrar.locate("sip:bob@example.com");
    expect((await ways())?.map(({ flow }) => flow)).toEqual([undefined]);
    await register(`${contact};expires=0`, supported);
    expect((await register(`${contact};reg-id=1`, supported)).headers.get("Require")).toEqual(["outbound"]);
    expect((await ways())?.map(({ flow }) => flow)).toEqual([server.lastFlow]);
    expect(server.lastFlow.remote).toEqual(client.transport.local);
    // Neither reg-id nor instance are of use where a proxy is between, or an edge proxy keeps the flow.
    await register(`${contact};reg-id=1`, { ...supported, Path: "<sip:edge;lr;ob>" });
    expect((await ways())?.map(({ flow, path }) => [flow, path.length])).toEqual([[undefined, 1]]);
    // One that another machine has written, which has no such transport here, is reached by its Contact.
    await register(`${contact};reg-id=1`, supported);
    location.update("sip:bob@example.com", (bindings) =>
      bindings.map((each) => ({ ...each, flow: each.flow!.replace(/^0/, "7") })),
    );
    expect((await ways())?.map(({ flow, uri }) => [flow, `${uri}`])).toEqual([
      [undefined, "sip:bob@192.168.1.7:5060"],
    ]);
  });

  it("a flow that is registered here is told how long it may be silent (RFC 5626 §6)", async () => {
    const { register } = await world({ flowTimer: 120 });
    const contact = '<sip:bob@10.1.1.1>;+sip.instance="<urn:uuid:1>";reg-id=1';
    const timer = async (headers: Record<string, string>) =>
      (await register(contact, headers)).headers.get("Flow-Timer");
    expect(await timer({ Supported: "path, outbound" })).toBe(120);
    expect(await timer({})).toBeUndefined();
    // An edge proxy's flow is the edge proxy's matter.
    expect(
      await timer({ Supported: "path, outbound", Path: "<sip:edge.example.com;lr;ob>" }),
    ).toBeUndefined();
    const silent = await world();
    const { headers } = await silent.register(contact, { Supported: "path, outbound" });
    expect(headers.has("Flow-Timer")).toBe(false);
  });

  it("flows are told apart by instance and reg-id; the newest of an instance is taken", async () => {
    const { register, contacts, located } = await world();
    const flow = (user: string, id: number) =>
      `<sip:${user}@10.1.1.1>;+sip.instance="<urn:uuid:1>";reg-id=${id}`;
    const supported = { Supported: "path, outbound" };
    expect((await register(flow("a", 1), supported)).headers.get("Require")).toEqual(["outbound"]);
    expect((await contacts(flow("b", 2), supported)).length).toBe(3);
    expect(await located()).toEqual(["sip:b@10.1.1.1"]);
    // The same flow with another address takes the place of the first.
    expect((await contacts(flow("c", 1), supported)).length).toBe(3);
    expect(await located()).toEqual(["sip:c@10.1.1.1"]);
    expect(await contacts(`${flow("a", 1)}, ${flow("b", 2)}`, supported)).toEqual([400]);
    const through = { ...supported, Via: "SIP/2.0/UDP 10.1.1.9;branch=z9hG4bKx" };
    expect(await contacts(flow("d", 3), { ...through, Path: "<sip:edge;lr>" })).toEqual([439]);
    expect((await contacts(flow("d", 3), { ...through, Path: "<sip:edge;lr;ob>" }))[0]).toBe(200);
  });
});

describe("a connection that is gone", () => {
  it.each([
    ["is called where its Contact says", "BOB:5060;transport=tcp", "", true],
    ["is called there though others share the location", "BOB:5060;transport=tcp", "", true, true],
    ["is not, behind a NAT", "192.168.1.5:5060;transport=tcp", "", false],
    ["is not, by the port of the connection itself", "", "", false],
    ["is not, where it wants its flow alone (RFC 5626 §4.3)", "BOB:5060;transport=tcp;ob", "", false],
    ["is not, by a name", "bob.example.org;transport=tcp", "", false],
    ["is not, with flows of its own (RFC 5626)", "BOB:5060;transport=tcp", ";reg-id=1", false],
  ])("of a client that %s", async (_what, contact, more, callable, shared = false) => {
    const options = shared ? { edge: "sip:10.0.0.1;transport=tcp" } : {};
    const { world: all, registrar, server } = await world(options, 10, "TCP");
    const bob = all.phones[1]!;
    const register = bob.request("REGISTER", "sip:example.com", {
      to: "<sip:bob@example.com>",
      headers: { Supported: "outbound" },
    });
    const flow = bob.stack.route(register, { target: { protocol: "TCP", ...server.transport.local } });
    const own = `${flow.local.host}:${flow.local.port};transport=tcp`;
    const host = contact === "" ? own : contact.replace("BOB", flow.local.host);
    register.headers.set("Contact", `<sip:bob@${host}>;+sip.instance="<urn:uuid:1>"${more}`);
    const { final } = bob.stack.send(register, { flow });
    await all.pass(100);
    expect((await final).status).toBe(200);
    const open = await registrar.locate("sip:bob@example.com");
    expect(open?.map((each) => each.flow?.id)).toEqual([server.lastFlow.id]);
    all.network.cut(bob.transport, server.transport);
    await all.pass();
    const gone = await registrar.locate("sip:bob@example.com");
    expect(gone?.map((each) => [`${each.uri}`, each.flow, each.path])).toEqual(
      callable ? [[`sip:bob@${host}`, undefined, []]] : [],
    );
  });
});

it.each([
  { edge: "10.0.0.1:5060" },
  { edge: "tel:+1" },
  { serviceRoute: ["sip:10.0.0.1;lr"] },
  { serviceRoute: ["<sip:10.0.0.1;lr>, nonsense"] },
  { nat: "yes" as unknown as boolean },
])("a registrar is not made with %j, which nobody could read", async (options) => {
  await expect(world(options)).rejects.toMatchObject({ code: "value_invalid" });
});

describe("an edge", () => {
  it("leads other machines to the one that has the connection", async () => {
    const {
      register,
      registrar,
      location,
      client,
      server,
      located,
      world: all,
    } = await world({ edge: () => "sip:10.9.9.9:5070;transport=tcp" }, 10, "WS");
    const other = await all.phone("other");
    const elsewhere = new Registrar({
      stack: other.stack,
      location,
      aor: (uri) => `sip:${uri.user}@example.com`,
    });
    expect((await register("<sip:bob@abc.invalid;transport=ws>")).status).toBe(200);
    const id = server.lastFlow?.id;
    const [here] = (await registrar.locate(Uri.parse("sip:bob@example.com"))) ?? [];
    expect([here?.flow === server.lastFlow, here?.path]).toEqual([true, []]);
    const [there] = (await elsewhere.locate(Uri.parse("sip:bob@example.com"))) ?? [];
    expect([there?.flow, there?.path.map(String)]).toEqual([
      undefined,
      [`<sip:${id}@10.9.9.9:5070;transport=tcp;lr>`],
    ]);
    // Where the connection is gone nobody is sent there by the machine that had it.
    await client.stack.close();
    await all.pass(100);
    expect(await located()).toEqual([]);
  });
});
