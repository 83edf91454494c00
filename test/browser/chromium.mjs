// Starts Chromium, and opens softphones in it.

import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  // Host candidates by address, not by mDNS name: there is no mDNS on a loopback interface.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];

/** A Chromium without a window. @param more   flags beside the usual ones */
export function startChromium(...more) {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: [...FLAGS, ...more] });
}

/** A softphone page for one user, who is registered when this resolves. */
export class Softphone {
  #page;

  static async open(browser, origin, user, { audio = true } = {}) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const softphone = new Softphone();
    softphone.#page = page;
    softphone.errors = [];
    page.on("pageerror", (error) => softphone.errors.push(error.message));
    await page.goto(`http://${origin}/?user=${user}${audio ? "" : "&audio=none"}`);
    await softphone.#isRegistered();
    return softphone;
  }

  #isRegistered() {
    return this.#page.waitForFunction(() => window.phone.registration?.state === "registered");
  }

  /** Dials as a user does. */
  async dial(address) {
    await this.#page.fill("#address", address);
    await this.#page.click("#dial-button");
  }

  answer() {
    return this.#page.click("#answer");
  }

  hangUp() {
    return this.#page.click("#hang-up");
  }

  /** Waits for the call's state; what the page knows of the call then. */
  async reaches(state) {
    await this.#page.waitForFunction((wanted) => window.phone.call?.state === wanted, state, {
      timeout: 20_000,
    });
    return this.#page.evaluate(() => {
      const { state, status, reason } = window.phone.call;
      return { state, status, reason, shown: document.getElementById("progress").textContent };
    });
  }

  /** Waits until audio has gone both ways, 20 seconds at most; the media's state then. */
  async hears() {
    // Asked from here: a predicate's promise is no answer to waitForFunction, which takes it for true.
    for (const end = Date.now() + 20_000; ; await sleep(100)) {
      const stats = await this.#page.evaluate(() => window.phone.call.media.stats());
      if ((stats.received > 0 && stats.sent > 0) || Date.now() > end) return stats;
    }
  }

  /** What it advises, and where its link leads; undefined where it has no advice. */
  hint() {
    return this.#page.evaluate(() => {
      const hint = document.getElementById("hint");
      return hint.hidden ? undefined : `${hint.innerText} ${hint.querySelector("a").href}`;
    });
  }

  /** What a user without a mouse, or in another tab, knows of the page: the focus, the title, and how often a screen reader is told of changes. */
  async tells() {
    return this.#page.evaluate(async () => {
      let told = 0;
      const observer = new MutationObserver((changes) => {
        for (const { target } of changes) {
          const region = target.parentElement?.closest("[aria-live]");
          const live = target.nodeType === 1 ? target.closest("[aria-live]") : region;
          if (live?.getAttribute("aria-live") === "polite") told++;
        }
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      observer.disconnect();
      return { focus: document.activeElement.id, title: document.title, told };
    });
  }

  press(key) {
    return this.#page.keyboard.press(key);
  }

  /** Loads the page anew; it is registered when this resolves. */
  async reload() {
    await this.#page.reload();
    await this.#isRegistered();
  }

  close() {
    return this.#page.context().close();
  }
}
