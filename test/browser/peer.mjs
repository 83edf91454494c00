// Peer: a phone of JsSIP, SIP.js or the library itself, in a page of its own.

import { setTimeout as sleep } from "node:timers/promises";
import { DOMAIN, passwordOf } from "./office.mjs";

/** A phone of one kind: "jssip", "sipjs" or "sippet". */
export class Peer {
  kind;
  user;
  /** What its page threw. */
  errors = [];
  #page;

  /** Opens its page, and has it register. @param options the library's own, see peers/ */
  static async open(browser, office, kind, user, options = {}) {
    const peer = new Peer();
    const context = await browser.newContext();
    const page = await context.newPage();
    Object.assign(peer, { kind, user });
    peer.#page = page;
    page.on("pageerror", (error) => peer.errors.push(error.stack));
    // For `passes`; until that is called it runs as any other clock.
    await page.clock.install();
    await page.goto(`http://${office.http}/peers/`);
    await page.waitForFunction(() => window.begin);
    const given = {
      user,
      password: passwordOf(user),
      domain: DOMAIN,
      url: `ws://${office.http}`,
      ...options,
    };
    await page.evaluate(([which, wanted]) => window.begin(which, wanted), [kind, given]);
    return peer;
  }

  /** Calls a method of the phone; what it gives. */
  do(name, ...args) {
    return this.#page.evaluate(([method, rest]) => window.phone[method](...rest), [name, args]);
  }

  /** Calls a method of its newest call; what it gives. */
  call(name, ...args) {
    return this.callAt(-1, name, ...args);
  }

  /** The same of an older one: -2 and so on. */
  callAt(index, name, ...args) {
    const run = ([at, method, rest]) => window.phone.calls.at(at)[method](...rest);
    return this.#page.evaluate(run, [index, name, args]);
  }

  /** Has the peer of its last call but one call that of the last one. */
  connectPeers() {
    return this.#page.evaluate(() => window.phone.calls.at(-2).connectTo(window.phone.calls.at(-1)));
  }

  /** A property of the phone. */
  get(name) {
    return this.#page.evaluate((property) => window.phone[property], name);
  }

  set(name, value) {
    return this.#page.evaluate(
      ([property, given]) => {
        window.phone[property] = given;
      },
      [name, value],
    );
  }

  /** Has its page's clock go on by so many seconds at once. */
  passes(seconds) {
    return this.#page.clock.fastForward(seconds * 1000);
  }

  /** Waits for something that happens to the phone, so many times in all. */
  async has(event, times = 1) {
    const happened = ([wanted, count]) =>
      window.phone.events.filter((each) => each === wanted).length >= count;
    await this.#page.waitForFunction(happened, [event, times], { timeout: 15_000 });
  }

  /** Waits for a call's state; what is to be known of the call then. */
  async reaches(state, index = -1) {
    const is = ([wanted, at]) => window.phone.calls.at(at)?.state === wanted;
    try {
      await this.#page.waitForFunction(is, [state, index], { timeout: 15_000 });
    } catch (cause) {
      const looks = JSON.stringify(await this.looks(index));
      throw new Error(`${this.kind} is not ${state}: ${looks}`, { cause });
    }
    return this.looks(index);
  }

  /** What is to be known of a call. */
  looks(index = -1) {
    return this.#page.evaluate((at) => {
      const call = window.phone.calls.at(at);
      if (!call) return undefined;
      const { state, status, reason, tones, held, told, provisional, replaces } = call;
      return { state, status, reason, tones, held, told, provisional, replaces };
    }, index);
  }

  /** Waits until a call looks so. */
  async until(check, index = -1) {
    for (const end = Date.now() + 15_000; ; await sleep(20)) {
      const looks = await this.looks(index);
      if (looks && check(looks)) return;
      if (Date.now() > end) throw new Error(`${this.kind} does not come so far: ${JSON.stringify(looks)}`);
    }
  }

  /** Waits until the newest call's audio has come; how many packets. */
  async hears() {
    for (const end = Date.now() + 15_000; ; await sleep(50)) {
      const received = await this.#page.evaluate(async () => {
        const reports = [...(await window.phone.calls.at(-1).connection.getStats()).values()];
        const inbound = reports.filter(({ type }) => type === "inbound-rtp");
        return inbound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0);
      });
      if (received > 0 || Date.now() > end) return received;
    }
  }

  close() {
    return this.#page.context().close();
  }
}

/** Has one call the other, which answers. */
export async function connect(caller, callee) {
  await caller.do("call", callee.user);
  await callee.reaches("ringing");
  await callee.call("answer");
  await Promise.all([caller.reaches("connected"), callee.reaches("connected")]);
}
