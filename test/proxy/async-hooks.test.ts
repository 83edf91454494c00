// The hooks of a forwarding may be async functions: they are not waited for, and what they reject with ends no process.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

const BOB = "sip:bob@example.com";

async function setUp() {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const bob = await world.phone("bob");
  const proxy = await proxied(world);
  proxy.targets = [{ uri: bob.uri }];
  return { world, proxy, bob, invite: () => alice.send(alice.request("INVITE", BOB), proxy.phone) };
}

describe("async hooks, which are not waited for", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => void process.on("unhandledRejection", note));
  afterEach(() => void process.off("unhandledRejection", note));

  /** Node looks for rejections that nobody has taken behind each turn. */
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled.splice(0)).toEqual([]);
  };
  const oops = async (): Promise<void> => {
    throw new Error("oops");
  };

  it.each(["prepare", "onResponse"])("have forward reject as others do: %s", async (hook) => {
    const { world, proxy, bob, invite } = await setUp();
    bob.answer = (_request, transaction) => transaction?.respond(486);
    proxy.targets = [{ uri: bob.uri }];
    proxy.forward = { [hook]: oops };
    const sent = invite();
    await world.pass(100);
    await turn();
    expect((await sent.final).status).toBe(486);
    // When the last response is shown, forward has its outcome.
    expect(proxy.failed.map(String)).toEqual(hook === "prepare" ? ["Error: oops"] : []);
  });

  it("of a refusal, an ACK, a 2xx that comes late and what goes on without state end nothing", async () => {
    const { world, proxy, bob, invite } = await setUp();
    proxy.forward = { onResponse: oops, prepare: oops };
    proxy.targets = 404;
    const refused = invite();
    await world.pass(100);
    expect([(await refused.final).status, proxy.failed]).toEqual([404, []]);
    proxy.targets = [{ uri: bob.uri }];
    invite();
    await world.pass(100);
    bob.transactions[0]!.repeat();
    const ack = bob.request("ACK", BOB, { to: "<sip:bob@example.com>;tag=b" });
    await proxy.proxy.forward(ack, undefined, proxy.targets, proxy.forward);
    const options = bob.request("OPTIONS", BOB);
    options.headers.prepend("Via", "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKs");
    proxy.proxy.forwardStateless(options, { uri: bob.uri }, proxy.forward);
    await world.pass(100);
    await turn();
  });
});
