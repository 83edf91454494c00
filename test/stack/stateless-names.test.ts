// Messages without a transaction, where a resolver finds the way: who is asked, and what is sent.

import { expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Resolver } from "../../src/stack/resolver.ts";
import type { Target } from "../../src/transport/transport.ts";
import { lines, statuses, text, World } from "./support.ts";

/** A stack whose resolver finds these targets, at once or later, and what it was asked about. */
async function sender(find: (wire: Target) => readonly Target[], later = false) {
  const world = new World();
  const wire = await world.wire();
  const asked: string[] = [];
  const resolver: Resolver = {
    targets(message) {
      asked.push(message.kind === "request" ? message.method : `${message.status}`);
      const targets = find({ protocol: "UDP", ...wire.transport.local });
      return later ? Promise.resolve(targets) : targets;
    },
    send: () => {
      throw new Error("not asked for");
    },
  };
  const { stack, errors } = await world.started({}, { resolver });
  return { world, wire, asked, stack, errors };
}

const request = () => createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });

it.each([false, true])("a request keeps the branch that it is given; found later: %s", async (later) => {
  const { world, wire, stack } = await sender((target) => [target], later);
  const original = request();
  stack.sendStateless(original, { branch: "z9hG4bK-mine" });
  await world.pass();
  expect(lines(wire.got[0]!, "Via")[0]).toContain(";branch=z9hG4bK-mine;");
  expect(original.headers.has("Via")).toBe(false);
});

it("a request that came by a flow goes where its URI says", async () => {
  const { world, wire, asked, stack } = await sender((target) => [target]);
  const other = await world.wire();
  const forwarded = request();
  forwarded.flow = stack.transports[0]!.flow(other.transport.local);
  stack.sendStateless(forwarded);
  await world.pass();
  expect([asked, wire.got.length, other.got.length]).toEqual([["OPTIONS"], 1, 0]);
});

it("a response that has a flow takes it, and nobody is asked", async () => {
  const { world, wire, asked, stack } = await sender(() => []);
  const response = (parseMessage(text("OPTIONS", "h.example.com")) as Request).createResponse(404);
  response.flow = stack.transports[0]!.flow(wire.transport.local);
  stack.sendStateless(response);
  await world.pass();
  expect([asked, statuses(wire.got)]).toEqual([[], [404]]);
});

it("a request is formed as its strict router wants it (RFC 3261 §16.6 step 6)", async () => {
  const { world, wire, stack } = await sender((target) => [target]);
  const strict = request();
  strict.headers.set("Route", "<sip:router.example.com>");
  stack.sendStateless(strict);
  await world.pass();
  expect(wire.got[0]).toMatch(/^OPTIONS sip:router\.example\.com SIP\/2\.0\r\n/);
  expect(lines(wire.got[0]!, "Route")).toEqual(["Route: <sip:bob@example.com>"]);
});

it("where no target has a way the last one's reason is told, and no_target where there is none", async () => {
  const nowhere = await sender((target) => [
    { ...target, protocol: "TCP" },
    { ...target, protocol: "SCTP" },
  ]);
  expect(() => nowhere.stack.sendStateless(request())).toThrow(/no transport for SCTP/);
  const nobody = await sender(() => []);
  expect(() => nobody.stack.sendStateless(request())).toThrow(expect.objectContaining({ code: "no_target" }));
  const later = await sender(() => [], true);
  later.stack.sendStateless(request());
  await later.world.pass();
  expect(later.errors).toMatchObject([{ code: "no_target" }]);
});
