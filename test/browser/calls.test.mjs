// Calls across: UDP and TCP phones (SIPp) and browsers (the softphone page in Chromium, with the library's own
// browser build) call each other through the switchboard. Each side checks its own half of the signalling.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Agent } from "./agent.mjs";
import { Softphone, startChromium } from "./chromium.mjs";
import { freePort } from "./free-port.mjs";
import { startSipp } from "./sipp.mjs";
import { startSwitchboard } from "./switchboard.mjs";

// A fifth of the RFC's T1: the last transactions have ended a fifth of 32 s after the last call.
const T1 = 100;
const DRAIN = 20_000;

let switchboard;
let browser;
const programs = [];

async function sipp(scenario, options) {
  const { protocol = "UDP" } = options;
  const target = protocol === "TCP" ? switchboard.tcp : switchboard.sip;
  const more = protocol === "TCP" ? ["-t", "t1"] : [];
  const run = await startSipp(scenario, { target, port: await freePort(), ...options, options: more });
  programs.push(run.program);
  return run;
}

/** Registers `user` with SIPp; the port where its phone is to be. */
async function registerBySipp(user, protocol = "UDP") {
  const phone = await freePort();
  const keys = { phone: protocol === "TCP" ? `${phone};transport=tcp` : phone };
  await (await sipp("register", { user, protocol, keys })).finish();
  return phone;
}

async function open(user, options) {
  const softphone = await Softphone.open(browser, switchboard.http, user, options);
  onTestFinished(async () => {
    expect(softphone.errors).toEqual([]);
    await softphone.close();
  });
  return softphone;
}

beforeAll(async () => {
  switchboard = await startSwitchboard("--t1", T1, "--drain", DRAIN);
  programs.push(switchboard.program);
  browser = await startChromium();
});

afterAll(async () => {
  await browser?.close();
  for (const program of programs) await program.kill();
});

describe("SIPp calls the browser", () => {
  test.each(["UDP", "TCP"])("over %s: INVITE, 100, 180, 200, ACK, BYE, 200", async (protocol) => {
    const alice = await open("alice", { audio: false });
    const caller = await sipp("uac", { user: "alice", protocol });
    await alice.reaches("ringing");
    await alice.answer();
    await alice.reaches("connected");
    await caller.finish();
    expect(await alice.reaches("ended")).toMatchObject({ reason: "the other side hung up" });

    // The ACK and the BYE took the way that Record-Route named: in by UDP or TCP, out by the browser's connection.
    const routes = (await caller.messages()).match(/^Route: .*$/gm);
    expect(routes.length).toBeGreaterThanOrEqual(2);
    for (const route of routes) {
      expect(route.toLowerCase()).toMatch(new RegExp(`transport=${protocol.toLowerCase()}.*@.*transport=ws`));
    }
    for (const method of ["INVITE", "ACK", "BYE"]) {
      expect(switchboard.program.output).toMatch(new RegExp(`→ ${method} .* ${protocol}$`, "m"));
    }
  });

  test("a CANCEL before the answer gives 487", async () => {
    const alice = await open("alice", { audio: false });
    const caller = await sipp("uac-cancel", { user: "alice" });
    await alice.reaches("ringing");
    await caller.finish();
    expect(await alice.reaches("ended")).toMatchObject({ reason: "the caller gave up", status: 487 });
  });

  test("a declined call gives 486", async () => {
    const alice = await open("alice", { audio: false });
    const caller = await sipp("uac-declined", { user: "alice" });
    await alice.reaches("ringing");
    await alice.hangUp();
    await caller.finish();
    await alice.reaches("ended");
  });
});

describe("the browser calls SIPp", () => {
  test.each(["UDP", "TCP"])("over %s: INVITE, 180, 200, ACK, BYE, 200", async (protocol) => {
    const user = `bob-${protocol.toLowerCase()}`;
    const port = await registerBySipp(user, protocol);
    const bob = await sipp("uas", { user, protocol, target: undefined, port });
    const alice = await open("alice", { audio: false });
    await alice.dial(user);
    await alice.reaches("connected");
    await alice.hangUp();
    await alice.reaches("ended");
    await bob.finish();
  });

  test("a CANCEL before the answer gives 487", async () => {
    const bob = await sipp("uas-cancel", {
      user: "bob",
      target: undefined,
      port: await registerBySipp("bob"),
    });
    const alice = await open("alice", { audio: false });
    await alice.dial("bob");
    await alice.reaches("ringing");
    await alice.hangUp();
    expect(await alice.reaches("ended")).toMatchObject({ status: 487, shown: "Request Terminated (487)" });
    await bob.finish();
  });

  test("a user who never registered is answered 404", async () => {
    const alice = await open("alice", { audio: false });
    await alice.dial("nobody");
    expect(await alice.reaches("ended")).toMatchObject({ status: 404 });
  });
});

test("a page whose audio a telephone cannot take says what to do", async () => {
  const agent = await Agent.open(switchboard);
  onTestFinished(() => agent.close());
  agent.answers("desk", 488);
  expect((await agent.register("desk")).status).toBe(200);
  const erin = await open("erin");
  expect(await erin.hint()).toBeUndefined();
  await erin.dial("desk");
  expect(await erin.reaches("ended")).toMatchObject({ status: 488 });
  expect(await erin.hint()).toMatch(/without WebRTC.*\?user=erin&audio=none$/);
});

describe("a page without a mouse, or in another tab", () => {
  test("keeps the focus, says in its title who calls, and does not read out each second", async () => {
    const [alice, carol] = [await open("alice"), await open("carol")];
    await alice.dial("carol");
    await carol.reaches("ringing");
    expect(await alice.tells()).toEqual({ focus: "call", title: "alice · Switchboard", told: 0 });
    expect(await carol.tells()).toMatchObject({ title: "alice calls · Switchboard", told: 0 });
    await carol.press("Tab"); // past the button to sign out
    await carol.press("Tab");
    await carol.press("Enter");
    await carol.reaches("connected");
    expect(await carol.tells()).toEqual({ focus: "call", title: "carol · Switchboard", told: 0 });
    await carol.press("Tab");
    await carol.press("Enter");
    await carol.reaches("ended");
    expect(await carol.tells()).toMatchObject({ focus: "address" });
  });
});

describe("two browsers", () => {
  test("hear each other by WebRTC, its offer and answer carried by SIP", async () => {
    const alice = await open("alice");
    const carol = await open("carol");
    await alice.dial("carol");
    await carol.reaches("ringing");
    await carol.answer();
    for (const softphone of [alice, carol]) {
      await softphone.reaches("connected");
      const { state, received, sent } = await softphone.hears();
      expect(state).toBe("connected");
      expect(received).toBeGreaterThan(0);
      expect(sent).toBeGreaterThan(0);
    }
    await carol.hangUp();
    expect(await alice.reaches("ended")).toMatchObject({ reason: "the other side hung up" });
  });

  test("a page that is loaded anew hangs up", async () => {
    const [alice, bob] = [await open("alice", { audio: false }), await open("bob", { audio: false })];
    await alice.dial("bob");
    await bob.reaches("ringing");
    await bob.answer();
    await alice.reaches("connected");
    await bob.reload();
    expect(await alice.reaches("ended")).toMatchObject({ reason: "the other side hung up" });
  });

  test("a page that is loaded anew is registered once", async () => {
    const dave = await open("dave", { audio: false });
    for (let times = 0; times < 3; times++) await dave.reload();
    const agent = await Agent.open(switchboard);
    onTestFinished(() => agent.close());
    const { headers } = await agent.register("dave", { contact: "" });
    expect(headers.get("Contact")).toHaveLength(1);
  });

  test("a page that was closed cannot be reached any more: 480", async () => {
    const carol = await Softphone.open(browser, switchboard.http, "carol", { audio: false });
    await carol.close();
    const alice = await open("alice", { audio: false });
    await alice.dial("carol");
    expect(await alice.reaches("ended")).toMatchObject({ status: 480 });
  });
});

test("Ctrl-C: the switchboard drains, has no transaction left, and exits by itself", async () => {
  await browser.close();
  // A REGISTER over UDP stays for 64 × T1, in case it comes again.
  await registerBySipp("bob");
  switchboard.program.interrupt();
  const [, pending] = await switchboard.program.prints(/^Draining (\d+) transactions/m);
  expect(Number(pending)).toBeGreaterThan(0);
  expect(await switchboard.program.exit()).toEqual({ code: 0, signal: null });
  const [, elapsed] = await switchboard.program.prints(/^Closed after (\d+) ms: 0 transactions, 0 timers$/m);
  // They ended by themselves, not because their time was up.
  expect(Number(elapsed)).toBeLessThan(DRAIN);
  expect(switchboard.program.output).not.toMatch(/ ! (core_failed|timeout)/);
});
