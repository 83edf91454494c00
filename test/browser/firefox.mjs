// Starts Firefox without a window, and drives it by WebDriver BiDi, the W3C's remote protocol: JSON over a WebSocket.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { Program } from "./program.mjs";

/** Microphones that need neither hardware nor leave, and host candidates by address: no mDNS on loopback. */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
  "app.update.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:1/",
};

export class Firefox {
  #program;
  #profile;
  #socket;
  #commands = new Map();
  #next = 0;

  static async start() {
    const firefox = new Firefox();
    firefox.#profile = mkdtempSync(join(tmpdir(), "firefox-"));
    const lines = Object.entries(PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    writeFileSync(join(firefox.#profile, "user.js"), lines.join(""));
    const args = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", firefox.#profile];
    // As root, whose home another user may own, it would not start.
    const env = { ...process.env, HOME: firefox.#profile };
    firefox.#program = new Program("firefox-esr", args, { env });
    try {
      const [, url] = await firefox.#program.prints(/WebDriver BiDi listening on (\S+)/, 50_000);
      await firefox.#connect(`${url}/session`);
      await firefox.#ask("session.new", { capabilities: {} });
    } catch (error) {
      await firefox.close();
      throw error;
    }
    return firefox;
  }

  /** Opens a page in a tab of its own, once it has loaded. */
  async open(url) {
    const { context } = await this.#ask("browsingContext.create", { type: "tab" });
    await this.#ask("browsingContext.navigate", { context, url, wait: "complete" });
    return new Page((method, params) => this.#ask(method, params), context);
  }

  async close() {
    this.#socket?.terminate();
    await this.#program?.kill();
    // Its children write there until they have noticed.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #connect(url) {
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.on("message", (data) => {
      const { id, result, error, message } = JSON.parse(data);
      const command = this.#commands.get(id);
      this.#commands.delete(id);
      if (error) command?.reject(new Error(`${error}: ${message}`));
      else command?.resolve(result);
    });
    socket.on("close", () => {
      for (const { reject } of this.#commands.values()) reject(new Error("Firefox has gone"));
    });
    return new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
    });
  }

  #ask(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#commands.set(id, { resolve, reject }));
  }
}

/** A tab with a page. */
class Page {
  #ask;
  #context;

  constructor(ask, context) {
    this.#ask = ask;
    this.#context = context;
  }

  /** What the function, which runs in the page, returns or resolves with, by way of JSON. */
  async run(body, ...args) {
    const code = `async () => JSON.stringify((await (${body})(...${JSON.stringify(args)})) ?? null)`;
    const { type, result, exceptionDetails } = await this.#ask("script.callFunction", {
      functionDeclaration: code,
      awaitPromise: true,
      target: { context: this.#context },
    });
    if (type === "exception") throw new Error(`in the page: ${exceptionDetails.text}`);
    return JSON.parse(result.value);
  }

  /** Asks the page until the function returns what is true. */
  async until(body, ...args) {
    for (const end = Date.now() + 20_000; ; ) {
      const value = await this.run(body, ...args);
      if (value) return value;
      if (Date.now() > end) throw new Error(`never came to be in the page: ${body}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  close() {
    return this.#ask("browsingContext.close", { context: this.#context });
  }
}
