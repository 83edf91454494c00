// JsSIP and SIP.js call the switchboard's softphone page, which answers no challenge, and are called by it.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Softphone, startChromium } from "./chromium.mjs";
import { Office } from "./office.mjs";
import { Peer } from "./peer.mjs";

let office;
let browser;
let page;
let phones;

beforeAll(async () => {
  office = await Office.open(["--t1", "50"], { asksForPasswords: false });
  browser = await startChromium();
  const [alice, ...others] = await Promise.all([
    Softphone.open(browser, office.http, "alice"),
    Peer.open(browser, office, "jssip", "jssip"),
    Peer.open(browser, office, "sipjs", "sipjs"),
  ]);
  page = alice;
  phones = Object.fromEntries(others.map((peer) => [peer.kind, peer]));
  for (const peer of others) await peer.has("registered");
});

afterEach(() => {
  office.forget();
  for (const each of [page, ...Object.values(phones)]) expect(each.errors).toEqual([]);
});

afterAll(async () => {
  expect(await office?.idle()).toEqual({ client: 0, server: 0, timers: 0 });
  await browser?.close();
  await office?.close();
});

describe.each(["jssip", "sipjs"])("%s", (kind) => {
  let peer;

  beforeAll(() => {
    peer = phones[kind];
  });

  test("calls the page, holds the call, refreshes it, and hangs up", async () => {
    await peer.do("call", "alice");
    await page.reaches("ringing");
    await page.answer();
    await Promise.all([peer.reaches("connected"), page.reaches("connected")]);
    expect(await peer.hears()).toBeGreaterThan(0);
    expect((await page.hears()).received).toBeGreaterThan(0);
    await peer.call("hold");
    await peer.call("resume");
    if (kind === "jssip") {
      // JsSIP refreshes a session even where its peer has agreed on nothing.
      await peer.passes(46);
      await expect
        .poll(() => office.count(/^SIP\/2.0 200 .*^CSeq: \d+ UPDATE\r$/ms), { timeout: 10_000 })
        .toBe(1);
    }
    await peer.call("dtmf", "5");
    await peer.reaches("connected");
    await peer.call("hangUp");
    await page.reaches("ended");
  });

  test("is called by the page, holds the call, and is hung up", async () => {
    await page.dial(kind);
    await peer.reaches("ringing");
    await peer.call("answer");
    await Promise.all([peer.reaches("connected"), page.reaches("connected")]);
    expect(await peer.hears()).toBeGreaterThan(0);
    await peer.call("hold");
    await peer.call("resume");
    await peer.reaches("connected");
    await page.hangUp();
    await peer.reaches("ended");
  });

  test("is cancelled and declines, cancels and is declined", async () => {
    await page.dial(kind);
    await Promise.all([peer.reaches("ringing"), page.reaches("ringing")]);
    await page.hangUp();
    await peer.reaches("ended");
    expect(await page.reaches("ended")).toMatchObject({ status: 487 });
    await page.dial(kind);
    await peer.reaches("ringing");
    await peer.call("decline", 486);
    expect(await page.reaches("ended")).toMatchObject({ status: 486 });
    await peer.do("call", "alice");
    await Promise.all([peer.reaches("ringing"), page.reaches("ringing")]);
    await peer.call("hangUp");
    await Promise.all([peer.reaches("ended"), page.reaches("ended")]);
    await peer.do("call", "alice");
    await page.reaches("ringing");
    await page.hangUp();
    expect(await peer.reaches("ended")).toMatchObject({ status: 486 });
    expect(await peer.do("options", "alice")).toBe(200);
    expect(await peer.do("message", "alice", "hello")).toBe(405);
  });
});
