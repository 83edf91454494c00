// Registration: keeps this phone's binding at the registrar (RFC 3261 §10.2).

import { createRequest, defaultRandom } from "sippet";

const EXPIRES = 600;
const RETRY = 10_000;
/** Whatever a registrar grants, in seconds: none is asked more often than the one, or later than the other. */
const [LEAST, MOST] = [20, 86_400];

/** A user's registration. Its states: offline, registering, registered, refused. */
export class Registration {
  state = "offline";
  /** Why it is not registered, in words. */
  reason = "";
  #stack;
  #address;
  #contact;
  #onChange;
  /** One Call-ID for all of them, and a CSeq that counts them (§10.2). */
  #callId = defaultRandom.callId();
  #cseq = 0;
  #expires = EXPIRES;
  #timer;

  constructor({ stack, address, contact, onChange }) {
    this.#stack = stack;
    this.#address = address;
    this.#contact = contact;
    this.#onChange = onChange;
  }

  /** Registers now; again before the registration ends, or after a while where it failed. */
  async register() {
    clearTimeout(this.#timer);
    this.#become("registering");
    const number = this.#cseq + 1;
    try {
      const response = await this.#send(this.#expires);
      if (this.#isOutdated(number)) return;
      const minimum = response.headers.get("Min-Expires");
      if (response.status === 423 && minimum > this.#expires) {
        this.#expires = minimum;
        return this.register();
      }
      if (response.status >= 300) {
        this.#become("refused", `${response.status} ${response.reason}`);
        this.#schedule(RETRY);
        return;
      }
      this.#become("registered");
      this.#schedule((this.#granted(response) * 1000) / 2);
    } catch (error) {
      if (this.#isOutdated(number)) return;
      this.lost(error.message);
      if (error.code !== "closed") this.#schedule(RETRY);
    }
  }

  /** The connection is gone, and what was registered with it. */
  lost(reason) {
    clearTimeout(this.#timer);
    this.#become("offline", reason);
  }

  /** Takes the binding away. */
  async unregister() {
    clearTimeout(this.#timer);
    if (this.state === "registered") await this.#send(0).catch(() => {});
    else this.#cseq++;
    this.#become("offline");
  }

  /** It was signed out, or registered by a new connection, since the REGISTER with this number went out. */
  #isOutdated(number) {
    return number !== this.#cseq;
  }

  #send(expires) {
    const { uri } = this.#address;
    this.#cseq++;
    const request = createRequest("REGISTER", uri.with({ user: undefined }), {
      from: this.#address,
      to: this.#address,
      callId: this.#callId,
      cseq: this.#cseq,
      contact: this.#contact,
      headers: { Expires: expires },
    });
    return this.#stack.send(request, { onResponse() {}, onError() {} }).final;
  }

  /** For how long the registrar keeps our binding, in seconds: the Contact that is ours says it. */
  #granted({ headers }) {
    const ours = headers.get("Contact").find(({ uri }) => uri.equals(this.#contact.uri));
    const seconds = Number(ours?.params.get("expires") ?? headers.get("Expires") ?? this.#expires);
    return Math.min(Math.max(seconds || 0, LEAST), MOST);
  }

  #schedule(delay) {
    this.#timer = setTimeout(() => this.register(), delay);
  }

  #become(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.#onChange();
  }
}
