// Where responses over UDP go: the topmost Via says it (RFC 3261 §18.2.2, RFC 3581 §4).

import { describe, expect, it } from "vitest";
import type { Core } from "../../src/stack/core.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import { type Station, statuses, text, World } from "./support.ts";

const OTHER = "10.2.2.3";

/** Sends a request with that Via from a port of its own; `came` has what comes there, at 5060 of that host, and at another's. */
async function ask(via: string, options: Partial<StackOptions> = {}, core: Partial<Core> = {}) {
  const world = new World();
  const bob = await world.started(core, options);
  const source = await world.wire({ host: "10.2.2.2", port: 40_000 });
  const listener = await world.wire({ host: "10.2.2.2", port: 5060 });
  const other = await world.wire({ host: OTHER, port: 5060 });
  const send = () => source.send(text("OPTIONS", via), bob.stack.transports[0]!);
  send();
  await world.pass();
  return { world, bob, send, came: () => [source, listener, other].map(({ got }) => statuses(got)) };
}

describe("a response over UDP goes to", () => {
  it.each([
    ["the sent-by's port", "10.2.2.2:5060", [[], [200], []]],
    ["5060, where that has none", "10.2.2.2", [[], [200], []]],
    ["the address that it came from, whatever the sent-by's host", "host.example.com", [[], [200], []]],
    ["where it came from, where rport asks for that", "10.2.2.2:5060;rport", [[200], [], []]],
    ["where it came from, whatever port rport says", "host.example.com;rport=5060", [[200], [], []]],
    ["maddr, and the sent-by's port", `10.2.2.2:5060;maddr=${OTHER}`, [[], [], [200]]],
    [
      "the sent-by's port, for a maddr in quotes of another",
      `10.2.2.2:5060;x=";maddr=${OTHER}"`,
      [[], [200], []],
    ],
    ["maddr, with rport too, in any case", `10.2.2.2;rport;MAddr=${OTHER}`, [[], [], [200]]],
    [
      "where it came from, for a maddr that is to be looked up",
      "10.2.2.2;rport;maddr=a.example.com",
      [[200], [], []],
    ],
  ])("%s", async (_what, via, expected) => {
    const { came } = await ask(via);
    expect(came()).toEqual(expected);
  });

  it("the same place when its request comes again", async () => {
    const { world, send, came } = await ask("10.2.2.2:5060");
    send();
    await world.pass();
    expect(came()).toEqual([[], [200, 200], []]);
  });

  it("the same place where the stack refuses the request", async () => {
    const no = { code: "value_invalid", status: 400, reason: "No" } as const;
    const { came } = await ask("10.2.2.2:5060", { validate: () => [no] });
    expect(came()).toEqual([[], [400], []]);
  });

  it("the same place without a transaction", async () => {
    const stations: Station[] = [];
    const { world, bob, send, came } = await ask(
      "10.2.2.2:5060",
      { stateless: true },
      {
        onRequest: (request) => stations[0]?.stack.sendStateless(request.createResponse(202)),
      },
    );
    stations.push(bob);
    send();
    await world.pass();
    expect(came()).toEqual([[], [202], []]);
  });
});

it("the flow of such a request is the one that it came in on", async () => {
  const { bob } = await ask("10.2.2.2:5060");
  expect(bob.requests[0]?.flow?.remote).toEqual({ host: "10.2.2.2", port: 40_000 });
});
