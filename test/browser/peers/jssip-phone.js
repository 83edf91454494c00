// A phone of JsSIP's, with the methods that all phones of these tests have.

import { JsSIP } from "/peers/vendor.js";
import { JsSipCall, media } from "./jssip-call.js";

/** A user agent of JsSIP's, and its calls. */
export class JsSipPhone {
  calls = [];
  messages = [];
  /** Registered, unregistered and so on, in their order. */
  events = [];

  constructor({ user, password, domain, url, ...options }) {
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: `sip:${user}@${domain}`,
      password,
      user_agent: "JsSIP",
      connection_recovery_min_interval: 1,
      ...options,
    });
    for (const name of ["connected", "disconnected", "registered", "unregistered"]) {
      this.ua.on(name, () => this.events.push(name));
    }
    this.ua.on("registrationFailed", ({ response }) => this.events.push(`${response?.status_code}`));
    this.ua.on("newMessage", ({ originator, request }) => {
      if (originator === "remote") this.messages.push(request.body);
    });
    this.ua.on("newRTCSession", ({ originator, session, request }) => {
      if (originator === "remote") this.calls.push(new JsSipCall(this, session, "incoming", request));
    });
  }

  start() {
    this.ua.start();
  }

  register() {
    this.ua.register();
  }

  unregister() {
    this.ua.unregister();
  }

  call(target, options = {}) {
    const session = this.ua.call(target, { ...media(), ...options });
    this.calls.push(new JsSipCall(this, session, "outgoing"));
  }

  message(target, text) {
    return new Promise((resolve) => {
      const eventHandlers = {
        succeeded: ({ response }) => resolve(response.status_code),
        failed: ({ response }) => resolve(response?.status_code),
      };
      this.ua.sendMessage(target, text, { eventHandlers });
    });
  }

  options(target) {
    return new Promise((resolve) => {
      const eventHandlers = {
        succeeded: ({ response }) => resolve(response.status_code),
        failed: ({ response }) => resolve(response?.status_code),
      };
      this.ua.sendOptions(target, undefined, { eventHandlers });
    });
  }

  /** Breaks the connection as a network does. */
  cut() {
    this.ua._transport.socket._ws.close();
  }
}
