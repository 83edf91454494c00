// Gateways: which of them live. Each is asked by OPTIONS now and then (RFC 3261 §11); silence or a 503 counts against it.

import { createRequest } from "sippet";

export class Gateways {
  #all;
  #stack;
  #options;
  #timer;
  #turn = 0;

  /** `targets` are `{ protocol, host, port }`; `onChange(target, alive)` hears of each that dies or comes back. */
  constructor({ stack, targets, interval = 10_000, patience = 2_000, tries = 2, onChange = () => {} }) {
    this.#all = targets.map((target) => ({ target, failures: 0 }));
    this.#stack = stack;
    this.#options = { interval, patience, tries, onChange };
  }

  /** Begins to ask. */
  start() {
    for (const gateway of this.#all) this.#ask(gateway);
    this.#timer = this.#stack.clock.set(() => this.start(), this.#options.interval);
  }

  /** Asks no more. */
  stop() {
    this.#stack.clock.clear(this.#timer);
  }

  /** Those that live, each time another one first. */
  next() {
    const { tries } = this.#options;
    const alive = this.#all.filter(({ failures }) => failures < tries).map(({ target }) => target);
    const first = this.#turn++ % (alive.length || 1);
    return [...alive.slice(first), ...alive.slice(0, first)];
  }

  async #ask(gateway) {
    const { clock, transports } = this.#stack;
    const { host, port } = gateway.target;
    const name = host.includes(":") ? `[${host}]` : host;
    const request = createRequest("OPTIONS", `sip:${name}:${port}`, {
      from: `<sip:${transports[0].sentBy}>`,
    });
    const abort = new AbortController();
    const timer = clock.set(() => abort.abort(), this.#options.patience);
    // Its failures are told here; the core need not hear of them, too.
    const sent = { target: gateway.target, signal: abort.signal, onError() {} };
    try {
      const { final } = this.#stack.send(request, sent);
      const response = await final.catch(() => undefined);
      this.#note(gateway, response !== undefined && response.status !== 503);
    } catch {
      // Nothing could be sent: we have too much to do ourselves, which says nothing of the gateway.
    } finally {
      clock.clear(timer);
    }
  }

  #note(gateway, answers) {
    const { tries, onChange } = this.#options;
    const before = gateway.failures < tries;
    gateway.failures = answers ? 0 : gateway.failures + 1;
    const alive = gateway.failures < tries;
    if (alive !== before) onChange(gateway.target, alive);
  }
}
