// A phone of SIP.js's, with the methods that all phones of these tests have.

import { SIP } from "/peers/vendor.js";
import { media, SipJsCall } from "./sipjs-call.js";

/** A user agent of SIP.js's, and its calls. */
export class SipJsPhone {
  calls = [];
  messages = [];
  events = [];

  constructor({ user, password, domain, url, registerer = {}, ...options }) {
    this.domain = domain;
    this.ua = new SIP.UserAgent({
      uri: SIP.UserAgent.makeURI(`sip:${user}@${domain}`),
      transportOptions: { server: url },
      authorizationUsername: user,
      authorizationPassword: password,
      logBuiltinEnabled: false,
      sipExtension100rel: "Supported",
      sipExtensionReplaces: "Supported",
      sessionDescriptionHandlerFactoryOptions: {
        iceGatheringTimeout: 1000,
        peerConnectionConfiguration: { iceServers: [] },
      },
      delegate: {
        onConnect: () => {
          this.events.push("connected");
        },
        // It does not come back by itself.
        onDisconnect: async (error) => {
          this.events.push("disconnected");
          if (!error) return;
          await this.ua.reconnect();
          this.register();
        },
        onInvite: (invitation) => {
          this.calls.push(new SipJsCall(this, invitation, "incoming"));
        },
        onMessage: (message) => {
          this.messages.push(message.request.body);
          message.accept();
        },
      },
      ...options,
    });
    this.registerer = new SIP.Registerer(this.ua, registerer);
    this.registerer.stateChange.addListener((state) => this.events.push(state.toLowerCase()));
  }

  async start() {
    await this.ua.start();
    this.register();
  }

  register() {
    // To register anew changes no state.
    const again = this.registerer.state === "Registered";
    const onAccept = () => again && this.events.push("registered");
    const onReject = ({ message }) => this.events.push(`${message.statusCode}`);
    this.registerer.register({ requestDelegate: { onAccept, onReject } });
  }

  unregister() {
    return this.registerer.unregister();
  }

  uri(target) {
    return SIP.UserAgent.makeURI(target.includes(":") ? target : `sip:${target}@${this.domain}`);
  }

  call(target, options = {}) {
    const inviter = new SIP.Inviter(this.ua, this.uri(target), { ...media(), ...options });
    const call = new SipJsCall(this, inviter, "outgoing");
    this.calls.push(call);
    call.invite(inviter);
  }

  message(target, text) {
    return new Promise((resolve) => {
      const answered = ({ message }) => resolve(message.statusCode);
      new SIP.Messager(this.ua, this.uri(target), text).message({
        requestDelegate: { onAccept: answered, onReject: answered },
      });
    });
  }

  options(target) {
    const core = this.ua.userAgentCore;
    const { uri } = this.ua.configuration;
    const to = this.uri(target);
    return new Promise((resolve) => {
      const answered = ({ message }) => resolve(message.statusCode);
      core.request(core.makeOutgoingRequestMessage("OPTIONS", to, uri, to, {}), {
        onAccept: answered,
        onReject: answered,
      });
    });
  }

  /** Breaks the connection as a network does. */
  cut() {
    this.ua.transport.ws.close();
  }
}
