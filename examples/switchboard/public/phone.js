// Phone: a user agent with one user, one line and one WebSocket to the server (RFC 7118). No page: what
// happens is told by "change" events.

import { NameAddr, Stack, Uri, validate, webSocket } from "sippet";
import { answerTo } from "./call.js";
import { IncomingCall } from "./incoming-call.js";
import { OutgoingCall } from "./outgoing-call.js";
import { Registration } from "./registration.js";

/** A softphone. */
export class Phone extends EventTarget {
  /** The call under way, or the last one. */
  call = undefined;
  registration = undefined;
  #url;
  #domain;
  #createMedia;
  #transport;
  #stack;
  #address;
  #contact;

  /**
   * @param server   the server's host and port, which is also the users' domain
   * @param secure   whether the server wants wss
   * @param createMedia   makes the media of one call
   */
  constructor({ server, secure, createMedia }) {
    super();
    this.#url = `${secure ? "wss" : "ws"}://${server}`;
    this.#domain = Uri.parse(`sip:${server}`);
    this.#createMedia = createMedia;
  }

  /** Registers a user; the one who was registered before is gone. */
  async register(user) {
    await this.unregister();
    const transport = webSocket({
      url: this.#url,
      // A network that vanishes closes nothing: only the browser, or a pong that does not come, tells of it.
      keepAlive: true,
      network: window,
      onState: (state, cause) => this.#onConnection(state, cause),
    });
    this.#transport = transport;
    // No extension is known here: who requires one is told so (RFC 3261 §8.2.2.3).
    const check = (message) => validate(message, { supported: [] });
    this.#stack = new Stack({ transports: [transport], core: this, validate: check });
    this.#address = NameAddr.of({ uri: this.#domain.with({ user }) });
    // Nobody can call this address; it is the connection that the registrar remembers (RFC 7118 §5).
    const params = { transport: transport.protocol.toLowerCase() };
    this.#contact = NameAddr.of({ uri: Uri.of({ user, host: transport.sentBy, params }) });
    this.registration = new Registration({
      stack: this.#stack,
      address: this.#address,
      contact: this.#contact,
      onChange: () => this.#changed(),
    });
    this.#changed();
    await this.#stack.start();
  }

  /** Hangs up, unregisters, and closes the connection. */
  async unregister() {
    this.call?.hangUp();
    await this.registration?.unregister();
    await this.#stack?.close({ drain: 1000 });
    // A stack that closes says nothing of what was still under way: a call without any answer would stay for ever.
    this.call?.end("you signed out");
    this.registration = undefined;
    this.#stack = undefined;
    this.#transport = undefined;
    this.#changed();
  }

  /** Calls somebody: a URI, or a name of this server's domain. */
  dial(address) {
    if (this.isBusy) throw new Error("there is a call already");
    const text = address.trim();
    const peer = /^sips?:|@/.test(text)
      ? Uri.parse(text.replace(/^(?!sips?:)/, "sip:"))
      : this.#domain.with({ user: text });
    this.call = new OutgoingCall(this.#world(), peer);
    this.#changed();
    return this.call.dial(this.#address);
  }

  answer() {
    return this.call.answer();
  }

  hangUp() {
    this.call?.hangUp();
  }

  /** Makes a new connection, and registers with it. */
  reconnect() {
    this.#transport?.reconnect();
  }

  get isBusy() {
    return this.call !== undefined && this.call.state !== "ended";
  }

  /** The stack's core, from here on. */
  onRequest(request, transaction) {
    const { headers, method } = request;
    if (this.call?.dialog?.owns(request)) return this.call.receive(request, transaction);
    if (!transaction) return;
    if (headers.get("To").tag !== undefined) return transaction.respond(481);
    if (method === "INVITE" && this.isBusy) return transaction.respond(486);
    if (method === "INVITE") {
      this.call = new IncomingCall(this.#world(), request, transaction);
      this.#changed();
      return;
    }
    transaction.respond(answerTo(request, method === "OPTIONS" ? 200 : 405));
  }

  onResponse() {}

  onError(error) {
    console.warn(`${error.code}: ${error.message}`);
  }

  #onConnection(state, cause) {
    if (state === "connected") this.registration?.register();
    if (state !== "disconnected") return;
    this.registration?.lost(cause?.message);
    // A caller's side hears of it from the INVITE.
    if (this.call?.direction === "incoming") this.call.lost();
  }

  #world() {
    return {
      stack: this.#stack,
      contact: this.#contact,
      media: this.#createMedia(),
      onChange: () => this.#changed(),
    };
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
