// JsSIP and SIP.js, the stacks that browsers have today, and the library's own user agent, in Chromium: each calls each
// through the switchboard, which asks for passwords, by SHA-256 or MD5.

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startChromium } from "./chromium.mjs";
import { Office } from "./office.mjs";
import { connect, Peer } from "./peer.mjs";

const KINDS = ["jssip", "sipjs", "sippet"];
const PAIRS = KINDS.flatMap((one) => KINDS.filter((other) => other !== one).map((other) => [one, other]));
const TRIPLES = PAIRS.map(([one, other]) => [one, other, KINDS.find((each) => ![one, other].includes(each))]);
/** With an instance a client is given GRUUs. JsSIP has one by itself. */
const OPTIONS = {
  sipjs: { registerer: { instanceId: "a22b4ef0-04f1-4e5c-a4f5-5f3c2b4d5e6f" } },
  sippet: { instance: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6" },
};

let office;
let browser;
/** One phone of each kind, whose user has its name; then those of one test. */
let phones;
let passing = [];

async function open(kind, user, options) {
  const peer = await Peer.open(browser, office, kind, user, { ...OPTIONS[kind], ...options });
  passing.push(peer);
  await peer.has("registered");
  return peer;
}

const openAll = (user) => Promise.all(KINDS.map((kind) => open(kind, user ?? kind)));

async function openPhones() {
  phones = Object.fromEntries((await openAll()).map((peer) => [peer.kind, peer]));
  passing = [];
}

beforeAll(async () => {
  office = await Office.open(["--t1", "50", "--min-expires", "20"], { asksForPasswords: true });
  browser = await startChromium();
  await openPhones();
});

afterEach(async ({ task }) => {
  const wire = office.forget();
  const all = [...Object.values(phones), ...passing];
  if (task.result?.state === "fail") {
    console.log(wire.join("\n\n"));
    await Promise.all(all.map((peer) => peer.close()));
    return openPhones();
  }
  for (const peer of all) expect(peer.errors).toEqual([]);
  for (const peer of all.filter(({ kind }) => kind === "sippet")) {
    // A call that has forked waits for who else accepts it, 64 × T1 long.
    const none = { dialogs: 0, usages: 0, pending: 0 };
    await expect.poll(() => peer.get("left"), { timeout: 10_000 }).toEqual(none);
    const errors = await peer.get("errors");
    expect(errors.filter((each) => !each.startsWith("connection_closed"))).toEqual([]);
  }
  await Promise.all(passing.splice(0).map((peer) => peer.close()));
});

afterAll(async () => {
  const none = { client: 0, server: 0, timers: 0 };
  expect(await office?.idle()).toEqual(none);
  expect(await phones?.sippet.get("transactions")).toEqual(none);
  await browser?.close();
  await office?.close();
});

describe.each(PAIRS)("%s and %s", (one, other) => {
  test("call, hear each other, hold, send digits and hang up", async () => {
    const [caller, callee] = [phones[one], phones[other]];
    await connect(caller, callee);
    for (const each of [caller, callee]) expect(await each.hears()).toBeGreaterThan(0);
    for (const [mine, peer] of [
      [caller, callee],
      [callee, caller],
    ]) {
      await mine.call("hold");
      await peer.until(({ held }) => held);
      await mine.call("resume");
      await peer.until(({ held }) => !held);
      await mine.call("dtmf", "5");
      await peer.until(({ tones }) => tones.join() === "5");
    }
    await callee.call("hangUp");
    await Promise.all([caller.reaches("ended"), callee.reaches("ended")]);
  });

  test("cancel, decline, and do not answer", async () => {
    const [caller, callee] = [phones[one], phones[other]];
    const ring = async () => {
      await caller.do("call", other);
      await Promise.all([callee.reaches("ringing"), caller.reaches("ringing")]);
    };
    await ring();
    await caller.call("hangUp");
    await Promise.all([caller.reaches("ended"), callee.reaches("ended")]);
    await ring();
    await callee.call("decline", 486);
    expect(await caller.reaches("ended")).toMatchObject({ status: 486 });
    if (other === "sippet") return;
    await ring();
    await callee.passes(61);
    expect(await caller.reaches("ended")).toMatchObject({ status: other === "jssip" ? 408 : 480 });
  });

  test("send messages, and ask what the other can do", async () => {
    const [mine, peer] = [phones[one], phones[other]];
    expect(await mine.do("message", other, `hello from ${one}`)).toBe(200);
    expect(await peer.get("messages")).toContain(`hello from ${one}`);
    expect(await mine.do("options", other)).toBe(200);
    expect(await mine.do("message", "nobody", "hello")).toBe(404);
  });
});

describe.each(TRIPLES)("%s has %s call %s", (...kinds) => {
  let transferor;
  let transferee;
  let target;

  beforeAll(() => {
    [transferor, transferee, target] = kinds.map((kind) => phones[kind]);
  });

  async function hangUp() {
    expect(await target.hears()).toBeGreaterThan(0);
    await transferee.call("hangUp");
    await Promise.all([target.reaches("ended"), transferee.reaches("ended")]);
  }

  test("and hears what comes of it", async () => {
    await connect(transferor, transferee);
    await transferor.call("refer", target.user);
    await target.reaches("ringing");
    await target.call("answer");
    await Promise.all([transferee.reaches("connected"), target.reaches("connected")]);
    await transferor.until(({ told }) => told.some((each) => / 200 OK$|^accepted 200$/.test(each)));
    await transferor.call("hangUp");
    await Promise.all([transferor.reaches("ended"), transferee.reaches("ended", -2)]);
    await hangUp();
  });

  test("in its own place, which it has asked before", async () => {
    await connect(transferor, transferee);
    await connect(transferor, target);
    await transferor.connectPeers();
    await target.until(({ replaces }) => replaces);
    await target.call("answer");
    await Promise.all([transferee.reaches("connected"), target.reaches("connected")]);
    await Promise.all([transferor.reaches("ended"), target.reaches("ended", -2)]);
    await transferor.callAt(-2, "hangUp");
    await Promise.all([transferor.reaches("ended", -2), transferee.reaches("ended", -2)]);
    await hangUp();
  });
});

test("of one user's phones all ring, one answers, and the others hear that", async () => {
  const answering = await openAll("many");
  for (const [index, caller] of Object.values(phones).entries()) {
    await caller.do("call", "many");
    for (const each of answering) await each.reaches("ringing");
    const taken = answering[index];
    await taken.call("answer");
    await caller.reaches("connected");
    for (const each of answering) {
      if (each === taken) continue;
      expect((await each.reaches("ended")).reason).toBe('SIP;cause=200;text="Call completed elsewhere"');
    }
    await caller.call("hangUp");
    await taken.reaches("ended");
  }
});

test.each(["jssip", "sipjs"])("%s calls anonymously, and is reached all the same", async (kind) => {
  const [caller, callee] = [phones[kind], phones.sippet];
  await caller.do("call", callee.user, { anonymous: true });
  await callee.reaches("ringing");
  expect(office.count(/^INVITE .*^From: "Anonymous" <sip:anonymous@anonymous.invalid>/ms, "out")).toBe(1);
  expect(office.count(new RegExp(`^INVITE .*${kind}`, "s"), "out")).toBe(0);
  await callee.call("answer");
  await Promise.all([caller.reaches("connected"), callee.reaches("connected")]);
  await callee.call("hold");
  await caller.until(({ held }) => held);
  // By its temporary GRUU (RFC 5627 §3.1.2), which says nothing of who it is.
  expect(office.count(/^INVITE sip:tgruu\./)).toBe(1);
  await callee.call("hangUp");
  await caller.reaches("ended");
});

describe("early media", () => {
  test.each([
    ["sipjs", "sippet"],
    ["sippet", "sipjs"],
  ])("from %s to %s, which acknowledges it", async (one, other) => {
    const [callee, caller] = [phones[one], phones[other]];
    await caller.do("call", one, other === "sipjs" ? { earlyMedia: true } : {});
    await callee.reaches("ringing");
    await callee.call("progress", true);
    expect(await caller.hears()).toBeGreaterThan(0);
    expect(await caller.reaches("ringing")).toMatchObject({ provisional: [180, 183] });
    await expect.poll(() => office.count(/^PRACK /), { timeout: 10_000 }).toBe(1);
    await callee.call("answer");
    await Promise.all([caller.reaches("connected"), callee.reaches("connected")]);
    await caller.call("hangUp");
    await callee.reaches("ended");
  });

  test.each(["sipjs", "sippet"])("from %s to jssip", async (kind) => {
    const [callee, caller] = [phones[kind], phones.jssip];
    await caller.do("call", kind);
    await callee.reaches("ringing");
    await callee.call("progress", false);
    expect(await caller.hears()).toBeGreaterThan(0);
    await callee.call("answer");
    await Promise.all([caller.reaches("connected"), callee.reaches("connected")]);
    await caller.call("hangUp");
    await callee.reaches("ended");
  });
});

describe("session timers", () => {
  afterEach(() => phones.sippet.set("timer", undefined));

  test.each([
    ["jssip", "sippet", undefined, "jssip", "UPDATE"],
    ["sippet", "jssip", { expires: 90 }, "jssip", "UPDATE"],
    ["jssip", "sippet", { expires: 90, refresher: "us" }, "sippet", "UPDATE"],
    // JsSIP's 2xx has no Allow: nobody can know that it takes UPDATE.
    ["sippet", "jssip", { expires: 90, refresher: "us" }, "sippet", "INVITE"],
  ])("%s calls %s, with %j: %s refreshes by %s", async (one, other, timer, refresher, method) => {
    await phones.sippet.set("timer", timer);
    const [caller, callee] = [phones[one], phones[other]];
    await connect(caller, callee);
    office.forget();
    const answer = new RegExp(`^SIP/2.0 200 .*^CSeq: \\d+ ${method}\r$`, "ms");
    for (const round of [1, 2, 3]) {
      // Who waits for the refresh first: afterwards it would have waited for longer.
      await phones[refresher === one ? other : one].passes(46);
      await phones[refresher].passes(46);
      await expect.poll(() => office.count(answer, "out"), { timeout: 10_000 }).toBe(round);
      // It has to arrive, too.
      await sleep(100);
    }
    for (const each of [caller, callee]) await each.reaches("connected");
    await caller.call("hangUp");
    await callee.reaches("ended");
  });
});

test.each(KINDS)("%s loses its connection, and goes on by a new one", async (kind) => {
  const mover = await open(kind, "mover");
  const stayer = phones[kind === "jssip" ? "sippet" : "jssip"];
  for (const [who, other] of [
    [mover, stayer],
    [stayer, mover],
  ]) {
    await connect(mover, stayer);
    const registered = (await mover.get("events")).filter((event) => event === "registered").length;
    await mover.do("cut");
    // JsSIP waits for some seconds before it tries again.
    if (kind === "jssip") await mover.passes(5);
    await mover.has("registered", registered + 1);
    for (const [mine, peer] of [
      [stayer, mover],
      [mover, stayer],
    ]) {
      await mine.call("hold");
      await peer.until(({ held }) => held);
      await mine.call("resume");
      await peer.until(({ held }) => !held);
    }
    await who.call("hangUp");
    await other.reaches("ended");
  }
});

describe.each(KINDS)("%s", (kind) => {
  test("takes what the registrar asks for, refreshes, and unregisters, while its call goes on", async () => {
    const brief = { jssip: { register_expires: 10 }, sippet: { expires: 10 } }[kind];
    const registerer = { ...OPTIONS.sipjs.registerer, expires: 10 };
    const peer = await open(kind, "brief", kind === "sipjs" ? { registerer } : brief);
    const other = phones[kind === "jssip" ? "sippet" : "jssip"];
    await connect(other, peer);
    const answered = () => office.count(/^SIP\/2.0 200 .*^CSeq: \d+ REGISTER\r$/ms, "out");
    const times = answered();
    await peer.passes(20);
    await expect.poll(answered, { timeout: 10_000 }).toBeGreaterThan(times);
    await sleep(100);
    await peer.do("unregister");
    await peer.has("unregistered");
    await other.call("dtmf", "7");
    await peer.until(({ tones }) => tones.join() === "7");
    await other.call("hangUp");
    await peer.reaches("ended");
  });

  test("is not let in without the password", async () => {
    const peer = await Peer.open(browser, office, kind, "somebody", { password: "another's" });
    passing.push(peer);
    await peer.has("401");
  });
});
