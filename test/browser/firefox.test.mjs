// Firefox: the library's browser build in a page, over Firefox's own WebSocket, and the softphone page with its
// WebRTC. It needs no change for Firefox; what it does by the wire is Chromium's tests' matter.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRelay } from "../runtime/relay.mjs";
import { PHONE } from "../runtime/websockets.mjs";
import { Firefox } from "./firefox.mjs";
import { startSwitchboard } from "./switchboard.mjs";

const source = (name) => readFileSync(fileURLToPath(new URL(`../runtime/${name}`, import.meta.url)), "utf8");
const [LIBRARY, WEB_SOCKETS] = [source("library.mjs"), source("websockets.mjs")];

let switchboard;
let relay;
let firefox;

beforeAll(async () => {
  switchboard = await startSwitchboard("--t1", 100);
  relay = await startRelay();
  firefox = await Firefox.start();
}, 120_000);

afterAll(async () => {
  await firefox?.close();
  await relay?.close();
  await switchboard?.program.kill();
});

async function open(path) {
  const page = await firefox.open(`http://${switchboard.http}/${path}`);
  onTestFinished(() => page.close());
  return page;
}

/** As text: the test runner would write its own `import` into a function. */
const CALL = `async (text, wanted, rest) => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const [module, sippet, testing] = await Promise.all(
    [url, "/sippet/index.js", "/sippet/testing.js"].map((each) => import(each)),
  );
  return module[wanted](sippet, ...rest.map((each) => (each === "testing" ? testing : each)));
}`;

/** Runs an export of a module of the runtime tests in the page, with the library and what it has for tests. */
async function inPage(module, name, ...args) {
  const page = await open("?user=");
  return page.run(CALL, module, name, args);
}

test("parses, and writes back what was not touched", async () => {
  expect(await inPage(LIBRARY, "parse")).toMatchObject({ method: "INVITE", untouched: true, edited: true });
});

test("runs transactions over a network that loses", async () => {
  const report = await inPage(LIBRARY, "transactions", "testing");
  expect(report).toEqual({ refused: 20, answered: 20, lost: true, left: [0, 0] });
});

test("its WebSocket holds the contract of transports", async () => {
  expect(await inPage(WEB_SOCKETS, "contract", "testing", relay.address)).toEqual({ checks: 14, failed: [] });
});

test("registers, is called, calls, and goes", async () => {
  expect(await inPage(WEB_SOCKETS, "phone", { http: switchboard.http, sip: switchboard.sip })).toEqual(PHONE);
});

/** A softphone page, registered. */
async function softphone(user) {
  const page = await open(`?user=${user}`);
  await page.until(() => window.phone?.registration?.state === "registered");
  const reaches = (state) => page.until((wanted) => window.phone.call?.state === wanted, state);
  const click = (id) => page.run((name) => document.getElementById(name).click(), id);
  const dial = async (address) => {
    await page.run((text) => {
      document.getElementById("address").value = text;
    }, address);
    await click("dial-button");
  };
  const hears = () => page.until(async () => (await window.phone.call.media.stats()).received > 0);
  return { reaches, click, dial, hears };
}

test("two softphone pages hear each other by WebRTC", async () => {
  const [alice, carol] = [await softphone("alice"), await softphone("carol")];
  await alice.dial("carol");
  await carol.reaches("ringing");
  await carol.click("answer");
  for (const each of [alice, carol]) {
    await each.reaches("connected");
    await each.hears();
  }
  await carol.click("hang-up");
  await alice.reaches("ended");
  await carol.reaches("ended");
});
