// Strict routers where a resolver finds the way: they are the next hop, whatever stands in the Routes behind them
// (RFC 3261 §8.1.2, §16.6 step 7, RFC 3263 §4).

import { expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import { World } from "./support.ts";

/** A caller whose resolver asks nobody, a strict router, and a loose one behind it. */
async function routers() {
  const world = new World();
  const found = resolver({ dns: false, clock: world.clock });
  const [caller, strict, loose] = [
    await world.started({}, { resolver: found }),
    await world.started(),
    await world.started(),
  ];
  const route = (station: typeof strict, lr: string) => `<sip:${station.stack.transports[0]!.sentBy}${lr}>`;
  const request = (method: string) =>
    createRequest(method, "sip:bob@192.0.2.99", {
      from: "<sip:a@b>;tag=1",
      headers: { Route: [route(strict, ""), route(loose, ";lr")] },
    });
  return { world, found, caller, strict, loose, route, request };
}

it.each(["send", "sendStateless"] as const)("%s goes to them", async (how) => {
  const { world, caller, strict, loose, route, request } = await routers();
  const options = request("OPTIONS");
  caller.stack[how](options);
  await world.pass();
  expect([strict.requests.length, loose.requests.length]).toEqual([1, 0]);
  const { uri, headers } = strict.requests[0]!;
  expect([`<${uri}>`, headers.get("Route").map(String)]).toEqual([
    route(strict, ""),
    [route(loose, ";lr"), "<sip:bob@192.0.2.99>"],
  ]);
  expect(`${options.uri}`).toBe("sip:bob@192.0.2.99");
});

it.each(["OPTIONS", "ACK"])("a proxy's %s goes to them", async (method) => {
  const { world, found, caller, strict, loose, request } = await routers();
  const station = await world.started(
    { onRequest: (each, transaction) => void proxy.forward(each, transaction) },
    { resolver: found },
  );
  const proxy = new SipProxy({ stack: station.stack });
  const sent = request(method);
  sent.headers.prepend("Route", `<sip:${station.stack.transports[0]!.sentBy};lr>`);
  if (method === "ACK") caller.stack.sendStateless(sent);
  else caller.stack.send(sent);
  for (let turn = 0; turn < 4; turn++) await world.pass();
  expect([strict.requests.length, loose.requests.length]).toEqual([1, 0]);
});
