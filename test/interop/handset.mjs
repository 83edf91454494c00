// Handset: a Line, led as the phones of others are.

import { Line } from "./line.mjs";
import { until } from "./wait.mjs";

export class Handset {
  line;
  #registration;
  #calls = 0;
  #outgoing;
  #session;

  /** @param phone   user, password, domain, and the protocol and port of its server */
  static async start(phone) {
    const handset = new Handset();
    handset.line = new Line(phone);
    handset.line.manner = "ring";
    await handset.line.start();
    handset.#registration = handset.line.register();
    return handset;
  }

  async registered() {
    const response = await this.#registration;
    if (response.status !== 200) throw new Error(String(response));
  }

  dial(uri) {
    const [user, domain] = uri.slice("sip:".length).split("@");
    this.#outgoing = this.line.call(user, domain);
    this.#outgoing.session.then(
      (session) => {
        this.#session = session;
      },
      () => {},
    );
  }

  rings() {
    return until(
      () => this.line.incoming.length > this.#calls,
      () => `a call: ${this.line.log}`,
    );
  }

  /** The other end rings. */
  isRung() {
    return this.line.logged(180);
  }

  answer() {
    this.#session = this.line.accept(this.line.incoming.at(-1));
  }

  reject() {
    this.line.incoming.at(-1).reject(486);
  }

  hangUp() {
    if (this.#session) this.#session.bye();
    else this.#outgoing.cancel();
  }

  talks() {
    return until(
      () => this.#session?.state === "confirmed",
      () => `the call stands: ${this.line.log}`,
    );
  }

  async isIdle() {
    await until(
      () => this.line.left.dialogs + this.line.left.unanswered === 0,
      () => `no call: ${this.line.log}`,
    );
    this.#calls = this.line.incoming.length;
    this.#session = undefined;
    this.line.log.length = 0;
  }

  async stop() {
    await this.line.unregister();
    await this.line.stack.close();
  }
}
