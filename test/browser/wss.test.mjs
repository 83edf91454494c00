// Secure WebSocket: the library's browser build in Chromium at a WebSocket server of the library's with a certificate that
// Chromium was told to trust, and at one with another.

import { createHash, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRequest, Stack } from "../../dist/index.js";
import { webSocketServer } from "../../dist/node.js";
import { Authority } from "../transport/certificate.ts";
import { startChromium } from "./chromium.mjs";
import { startSwitchboard } from "./switchboard.mjs";

const authority = new Authority();
const trusted = authority.issue({ dns: ["localhost"] });
const other = authority.issue({ dns: ["localhost"] });

let switchboard;
let browser;
let page;

beforeAll(async () => {
  switchboard = await startSwitchboard();
  const key = new X509Certificate(trusted.cert).publicKey.export({ type: "spki", format: "der" });
  const hash = createHash("sha256").update(key).digest("base64");
  browser = await startChromium(`--ignore-certificate-errors-spki-list=${hash}`);
  page = await browser.newPage();
  // It serves the library's browser build.
  await page.goto(`http://${switchboard.http}/?user=`);
});

afterAll(async () => {
  await browser?.close();
  await switchboard?.program.kill();
});

/** A server that answers, and keeps what it was asked. */
async function serve(tls) {
  const transport = webSocketServer({ host: "127.0.0.1", port: 0, tls });
  const requests = [];
  const onRequest = (request, transaction) => {
    requests.push(request);
    transaction?.respond(200);
  };
  const stack = new Stack({ transports: [transport], core: { onRequest, onResponse() {}, onError() {} } });
  await stack.start();
  return { stack, transport, requests };
}

/** As text: the test runner would write its own `import` into a function. */
const ASK = `async (url) => {
  const { createRequest, Stack, webSocket } = await import("/sippet/index.js");
  let asked;
  const called = new Promise((resolve) => { asked = resolve; });
  const transport = webSocket({ url, reconnect: false });
  const core = {
    onRequest(request, transaction) {
      transaction?.respond(200);
      asked(request.uri.scheme);
    },
    onResponse() {},
    onError() {},
  };
  const stack = new Stack({ transports: [transport], core });
  try {
    await stack.start();
  } catch (error) {
    return { code: error.code };
  }
  const request = createRequest("OPTIONS", "sips:office.test", { from: "<sips:page@office.test>" });
  const { status } = await stack.send(request).final;
  const scheme = await called;
  await stack.close({ drain: 1000 });
  return { status, scheme };
}`;

const ask = (transport) => page.evaluate(`(${ASK})("wss://localhost:${transport.local.port}")`);

test("a page asks by SIPS URIs, and is asked by the connection that it has made", async () => {
  const { stack, transport, requests } = await serve(trusted);
  const answer = ask(transport);
  await expect.poll(() => requests.length).toBe(1);
  const [{ flow, headers, uri }] = requests;
  expect([flow.transport.protocol, headers.first("Via").transport, uri.scheme]).toEqual([
    "WSS",
    "WSS",
    "sips",
  ]);
  const back = createRequest("OPTIONS", "sips:page@page.invalid", { from: "<sips:office.test>" });
  expect((await stack.send(back, { flow }).final).status).toBe(200);
  expect(await answer).toEqual({ status: 200, scheme: "sips" });
  await expect.poll(() => transport.connections).toBe(0);
  await stack.close();
});

test("a page does not get to a server whose certificate the browser does not trust", async () => {
  const { stack, transport, requests } = await serve(other);
  expect(await ask(transport)).toEqual({ code: "transport_failed" });
  expect([requests.length, transport.counts.accepted]).toEqual([0, 0]);
  await stack.close();
});
