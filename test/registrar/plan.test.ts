// What a REGISTER makes of the bindings, asked of the registrar directly: no stack has refused anything before.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { Uri } from "../../src/message/uri.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import type { RegistrarOptions } from "../../src/registrar/registrar-options.ts";
import { Stack } from "../../src/stack/stack.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import type { Flow } from "../../src/transport/transport.ts";

const OUTBOUND = { Supported: "path, outbound" };
const flow = (id: string) =>
  ({
    id,
    open: true,
    remote: { host: "10.1.1.1", port: 1 },
    transport: { reliable: true },
  }) as unknown as Flow;

function registrar(options: Partial<RegistrarOptions> = {}, limit = 10, before?: MemoryLocation) {
  const clock = new VirtualClock();
  const stack = new Stack({
    clock,
    transports: [new MemoryNetwork({ clock }).transport()],
    aliases: ["example.com"],
    core: { onRequest: () => {}, onResponse: () => {}, onError: () => {} },
  });
  const location = before ?? new MemoryLocation({ clock, limit });
  const made = new Registrar({ stack, location, ...options });
  let cseq = 0;
  const register = (
    contact: string | string[] | undefined,
    headers = {},
    init: { vias?: number; flow?: Flow; to?: string; callId?: string } = {},
  ) => {
    const { vias = 1, to = "<sip:bob@example.com>", callId = "one" } = init;
    const request = createRequest("REGISTER", "sip:example.com", {
      from: "<sip:bob@example.com>;tag=1",
      to,
      callId,
      cseq: ++cseq,
      headers: { Contact: contact, ...headers },
    });
    for (let i = 0; i < vias; i++) request.headers.append("Via", `SIP/2.0/TCP h${i};branch=z9hG4bK${i}`);
    request.flow = init.flow;
    return made.register(request);
  };
  const bound = () => location.find("sip:bob@example.com") ?? [];
  const locate = async (uri = "sip:bob@example.com") =>
    (await made.locate(Uri.parse(uri)))?.map((each) => String(each.uri));
  /** Each with what there is instead of it. */
  const ways = async (uri = "sip:bob@example.com") =>
    (await made.locate(uri))?.map((each) => [`${each.uri}`, each.instead?.map((other) => `${other.uri}`)]);
  return { register, bound, locate, ways, location };
}

const status = async (response: Promise<{ status: number }>) => (await response).status;

describe("a REGISTER", () => {
  it("with a star beside another Contact, or without Expires: 0, is refused", async () => {
    const { register, bound } = registrar();
    await register("<sip:b@h>");
    expect(await status(register(["*", "<sip:b@h>"], { Expires: "0" }))).toBe(400);
    expect(await status(register("*"))).toBe(400);
    expect(bound()).toHaveLength(1);
    expect(await status(register("*", { Expires: "0" }))).toBe(200);
    expect(bound()).toEqual([]);
  });

  it("of which more than 4,096 characters would be kept is refused, and so is too long a name", async () => {
    const { register, bound } = registrar();
    const contact = "<sip:b@h>";
    const path = `<sip:${"p".repeat(2000)}@h;lr>`;
    const room = 4096 - contact.length - path.length;
    const ask = (length: number) => status(register(contact, { Path: path }, { callId: "c".repeat(length) }));
    expect(await ask(room + 1)).toBe(403);
    expect(bound()).toEqual([]);
    expect(await ask(room)).toBe(200);
    const user = "u".repeat(1024 - "sip:@example.com".length);
    expect(await status(register(contact, {}, { to: `<sip:${user}@example.com>` }))).toBe(200);
    expect(await status(register(contact, {}, { to: `<sip:${user}u@example.com>` }))).toBe(404);
  });

  it("may ask for the shortest time, and not for less", async () => {
    const { register } = registrar({ minExpires: 60 });
    expect(await status(register("<sip:b@h>;expires=60"))).toBe(200);
    const brief = await register("<sip:b@h>;expires=59");
    expect([brief.status, brief.headers.raw("Min-Expires")]).toEqual([423, ["60"]]);
  });

  it("is answered in whole seconds, whatever the options have", async () => {
    const { register } = registrar({ minExpires: 60.5, flowTimer: 90.5 });
    const contact = '<sip:b@h>;+sip.instance="<urn:uuid:1>";reg-id=1;expires';
    const brief = await register(`${contact}=60`, OUTBOUND);
    expect([brief.status, brief.headers.get("Min-Expires")]).toEqual([423, 61]);
    expect((await register(`${contact}=61`, OUTBOUND)).headers.get("Flow-Timer")).toBe(90);
    const silent = registrar({ flowTimer: Number.POSITIVE_INFINITY });
    expect((await silent.register(contact, OUTBOUND)).headers.get("Flow-Timer")).toBe(4_294_967_295);
  });

  it("for an hour is never too brief (RFC 3261 §10.3)", async () => {
    const { register } = registrar({ minExpires: 7200, maxExpires: 7200 });
    expect(await status(register("<sip:b@h>;expires=3600"))).toBe(200);
    const brief = await register("<sip:b@h>;expires=3599");
    expect([brief.status, brief.headers.raw("Min-Expires")]).toEqual([423, ["3600"]]);
  });

  it.each([
    ['"Thu, 01 Dec 2994 16:00:00 GMT"', 3600],
    ["abc", 3600],
    ["-1", 3600],
    // Past 2^32-1 it is that, not malformed (RFC 3261 §10.2).
    ["99999999999", 7200],
  ])(
    "with expires=%s asks for an hour, whatever its Expires says, or for all there is",
    async (value, expected) => {
      const { register } = registrar({ maxExpires: 7200 });
      const { headers } = await register(`<sip:b@h>;expires=${value}`, { Expires: "0" });
      expect(headers.get("Contact").map(({ params }) => params.get("expires"))).toEqual([`${expected}`]);
    },
  );

  it.each([
    ["Thu, 01 Dec 2994 16:00:00 GMT", "3600"],
    ["99999999999", "7200"],
  ])("with Expires: %s, as RFC 2543 had it, asks for the like (§8.3, §10.2)", async (value, expected) => {
    const { register } = registrar({ maxExpires: 7200 });
    const { headers } = await register("<sip:b@h>", { Expires: value });
    expect(headers.get("Contact").map(({ params }) => params.get("expires"))).toEqual([expected]);
  });

  it("that names a Contact twice binds it as the last one says, and still must not be overtaken", async () => {
    const { register, bound } = registrar();
    expect(await status(register(["<sip:b@h>;q=0.2", "<sip:b@H;x=1>;q=0.5"]))).toBe(200);
    expect(bound().map(({ contact, q }) => [contact, q])).toEqual([["<sip:b@H;x=1>", 0.5]]);
    expect(await status(register(["<sip:b@h>", "<sip:b@h>;expires=0"]))).toBe(200);
    expect(bound()).toEqual([]);
  });

  it("is told the time, for phones that have no clock of their own (RFC 3261 §10.2.5, §10.3)", async () => {
    const { register } = registrar();
    const { headers } = await register("<sip:b@h>");
    expect(Math.abs((headers.get("Date")?.time ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it("insists on extensions in any case", async () => {
    const { register } = registrar();
    expect(await status(register("<sip:b@h>", { Require: "Path, OUTBOUND" }))).toBe(200);
    const unknown = await register("<sip:b@h>", { Require: "path, foo" });
    expect([unknown.status, unknown.headers.raw("Unsupported")]).toEqual([420, ["foo"]]);
  });

  it("for whom there is no room is refused for a while", async () => {
    const { register } = registrar({}, 1);
    await register("<sip:b@h>");
    const full = await register("<sip:c@h>", {}, { to: "<sip:carol@example.com>" });
    expect([full.status, full.headers.raw("Retry-After")]).toEqual([503, ["60"]]);
  });

  it("may ask, and bind nothing new, where there are more bindings than may be", async () => {
    const { register, location } = registrar();
    await register("<sip:a@h>, <sip:b@h>, <sip:c@h>");
    const strict = registrar({ maxBindings: 1 }, 10, location);
    const ask = async (contact?: string) => {
      const { status, headers } = await strict.register(contact, {}, { callId: "two" });
      return [
        status,
        headers
          .get("Contact")
          .map(({ uri }) => uri.user)
          .join(""),
      ];
    };
    expect(await ask()).toEqual([200, "abc"]);
    expect(await ask("<sip:a@h>")).toEqual([200, "bca"]);
    expect(await ask("<sip:d@h>")).toEqual([403, ""]);
    expect(await ask("<sip:b@h>;expires=0")).toEqual([200, "ca"]);
    expect(await ask("<sip:c@h>;expires=0, <sip:d@h>")).toEqual([200, "ad"]);
  });

  it("binds no GRUU that its client names: others would take it for the registrar's", async () => {
    const { register } = registrar();
    const named = 'pub-gruu="sip:eve@example.com;gr=1";temp-gruu="sip:eve@example.com;gr"';
    const { headers } = await register(`<sip:b@h>;x=1;${named}`);
    expect(headers.raw("Contact")).toEqual(["<sip:b@h>;x=1;expires=3600"]);
  });

  it("binds a contact of ours only where that is told, and a GRUU of ours never", async () => {
    const own = registrar({ gruuSecret: "x" });
    expect(await status(own.register("<sip:carol@example.com>"))).toBe(403);
    const told = registrar({ gruuSecret: "x", acceptContact: () => true });
    expect(await status(told.register("<sip:carol@example.com>"))).toBe(200);
    expect(await status(told.register("<sip:carol@example.com;gr=urn:uuid:1>"))).toBe(403);
  });
});

describe("the connection that a REGISTER came on", () => {
  it.each([
    ["is bound where it is the client's", 1, {}, "c1"],
    ["is not where a proxy is between", 2, {}, undefined],
    ["nor where a Path leads to the client", 1, { Path: "<sip:edge.example.com;lr>" }, undefined],
  ])("%s", async (_what, vias, headers, expected) => {
    const { register, bound } = registrar();
    await register("<sip:b@h>", headers, { vias, flow: flow("c1") });
    expect(bound().map((each) => each.flow)).toEqual([expected]);
  });
});

describe("bindings by instance and reg-id (RFC 5626 §6)", () => {
  const contact = (instance: number, regId: string) =>
    `<sip:b@h>;+sip.instance="<urn:uuid:${instance}>";reg-id=${regId}`;

  it("are told apart by both, and from one without, whatever the URI", async () => {
    const { register, bound } = registrar();
    for (const each of [contact(1, "1"), contact(1, "2"), contact(2, "1"), "<sip:b@h>"]) {
      expect(await status(register(each, OUTBOUND))).toBe(200);
    }
    const ids = () => bound().map(({ instance, regId }) => [instance?.slice(-2, -1), regId]);
    const all = [
      ["1", 1],
      ["1", 2],
      ["2", 1],
      [undefined, undefined],
    ];
    expect(ids()).toEqual(all);
    await register("<sip:b@h>", OUTBOUND);
    expect(ids()).toEqual(all);
    await register(`${contact(2, "1")};expires=0`, OUTBOUND);
    expect(ids()).toEqual(all.filter((_each, i) => i !== 2));
  });

  it.each([
    [`${contact(1, "1")}, <sip:c@h>`, 400],
    [`<sip:c@h>, ${contact(1, "1")}`, 400],
    [`${contact(1, "1")}, ${contact(1, "2")}`, 400],
    [`<sip:c@h>, <sip:d@h>`, 200],
    [`${contact(1, "1")}, <sip:c@h>;expires=0, ${contact(1, "2")};expires=0`, 200],
  ])("are alone in a request that binds: %s is %i", async (contacts, expected) => {
    const { register, bound } = registrar();
    expect(await status(register(contacts, OUTBOUND))).toBe(expected);
    if (expected === 400) expect(bound()).toEqual([]);
  });

  it.each([
    [{ Supported: "path, Outbound" }, true],
    // Who insists on it supports it.
    [{ Require: "OUTBOUND" }, true],
    [{ Supported: "path" }, false],
    [{}, false],
  ])("are for who knows outbound: %j", async (headers, expected) => {
    const { register, bound } = registrar();
    const response = await register(contact(1, "1"), headers);
    expect([response.status, response.headers.has("Require")]).toEqual([200, expected]);
    expect(bound()[0]!.regId).toBe(expected ? 1 : undefined);
  });

  it.each(["0", "01", "x", "99999999999"])("are none with the reg-id %s", async (regId) => {
    const { register, bound } = registrar();
    const response = await register(contact(1, regId), OUTBOUND);
    expect([response.status, response.headers.has("Require")]).toEqual([200, false]);
    expect(bound()[0]!.regId).toBeUndefined();
  });

  it.each([
    ["<sip:core.example.com;lr>, <sip:edge.example.com;lr;ob>", 200],
    ["<sip:edge.example.com;lr;ob>, <sip:core.example.com;lr>", 439],
  ])("need the client's first proxy to keep its flow: Path %s is %i", async (path, expected) => {
    const { register } = registrar();
    const headers = { ...OUTBOUND, Path: path };
    expect(await status(register(contact(1, "1"), headers, { vias: 3 }))).toBe(expected);
  });
});

it.each(["1.5", "2", "-1", "x"])("a Contact of q=%s is none", async (q) => {
  const { register } = registrar();
  await expect(register(`<sip:b@h>;q=${q}`)).rejects.toMatchObject({ status: 400 });
});

describe("the ways to a user", () => {
  it("are in the order of their q, the older first of those that are alike", async () => {
    const { register, locate } = registrar();
    await register("<sip:a@h>;q=0.2, <sip:b@h>;q=0.9, <sip:c@h>, <sip:d@h>;q=0.9");
    expect(await locate()).toEqual(["sip:c@h", "sip:b@h", "sip:d@h", "sip:a@h"]);
  });

  it("are one to each client, which has its other flows instead, the newest first (RFC 5626 §7)", async () => {
    const { register, ways } = registrar({ gruuSecret: "x" });
    const flowOf = (user: string, instance: number, regId: number) =>
      register(`<sip:${user}@h>;+sip.instance="<urn:uuid:${instance}>";reg-id=${regId}`, OUTBOUND);
    for (const [index, user] of ["a", "b", "c"].entries()) await flowOf(user, 1, index + 1);
    await flowOf("d", 2, 1);
    await register("<sip:e@h>");
    await flowOf("a", 1, 1);
    const first = ["sip:a@h", ["sip:c@h", "sip:b@h"]];
    expect(await ways()).toEqual([["sip:d@h", undefined], ["sip:e@h", undefined], first]);
    expect(await ways("sip:bob@example.com;gr=urn:uuid:1")).toEqual([first]);
  });

  it("are one to each instance, whether it keeps flows or not (RFC 5626 §7)", async () => {
    const { register, ways } = registrar();
    const of = (user: string, more = "") => `<sip:${user}@h>;+sip.instance="<urn:uuid:1>"${more}`;
    await register([of("a", ";q=0.5"), of("b"), "<sip:c@h>", "<sip:d@h>"]);
    await register(of("e", ";reg-id=1"), OUTBOUND);
    expect(await ways()).toEqual([
      ["sip:c@h", undefined],
      ["sip:d@h", undefined],
      ["sip:e@h", ["sip:b@h", "sip:a@h"]],
    ]);
  });

  it("by a GRUU are found in any case of its instance; no GRUU has the password of To", async () => {
    const { register, locate } = registrar({ gruuSecret: "x" });
    const response = await register(
      '<sip:b@h>;+sip.instance="<urn:uuid:AB>"',
      { Supported: "gruu" },
      { to: "<sip:bob:secret@example.com>" },
    );
    const { params } = response.headers.get("Contact")[0]!;
    const [shown, hidden] = [params.get("pub-gruu")!, params.get("temp-gruu")!];
    expect(shown).toBe("sip:bob@example.com;gr=urn:uuid:AB");
    expect(hidden).not.toContain("secret");
    expect(await locate(shown)).toEqual(["sip:b@h"]);
    expect(await locate(shown.toLowerCase())).toEqual(["sip:b@h"]);
    expect(await locate(hidden)).toEqual(["sip:b@h"]);
    expect(await locate(shown.replace("AB", "AC"))).toEqual([]);
  });

  it("by GRUUs lead to the instance of each, also of two that one request binds anew", async () => {
    const { register, locate } = registrar({ gruuSecret: "x" });
    // The second has forgotten the angle brackets (RFC 5626 §4.1).
    const both = ['<sip:a@h>;+sip.instance="<urn:uuid:1>"', '<sip:b@h>;+sip.instance="urn:uuid:2"'];
    for (const callId of ["one", "two"]) {
      const response = await register(both, { Supported: "gruu" }, { callId });
      for (const { uri, params } of response.headers.get("Contact"))
        for (const name of ["pub-gruu", "temp-gruu"])
          expect([name, await locate(params.get(name))]).toEqual([name, [`${uri}`]]);
    }
  });
});
