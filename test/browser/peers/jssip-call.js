// A call of JsSIP's, with the methods that all calls of these tests have.

/** Made anew each time: the library adds header fields of one call to what it is given. */
export const media = () => ({
  mediaConstraints: { audio: true, video: false },
  pcConfig: { iceServers: [] },
});

/** One call. */
export class JsSipCall {
  state = "calling";
  tones = [];
  held = false;
  told = [];

  constructor(phone, session, direction, request) {
    this.phone = phone;
    this.session = session;
    this.state = direction === "incoming" ? "ringing" : "calling";
    this.replaces = request?.hasHeader("replaces");
    session.on("progress", () => {
      this.state = "ringing";
    });
    session.on("confirmed", () => {
      this.state = "connected";
    });
    const over = ({ message }) => {
      this.state = "ended";
      this.status = message?.status_code;
      this.reason = message?.getHeader("Reason");
    };
    session.on("ended", over);
    session.on("failed", over);
    session.on("newDTMF", ({ originator, dtmf }) => {
      if (originator === "remote") this.tones.push(dtmf.tone);
    });
    session.on("hold", ({ originator }) => {
      if (originator === "remote") this.held = true;
    });
    session.on("unhold", ({ originator }) => {
      if (originator === "remote") this.held = false;
    });
    session.on("refer", ({ accept }) => {
      accept((made) => this.phone.calls.push(new JsSipCall(this.phone, made, "outgoing")), media());
    });
    session.on("replaces", ({ accept }) => accept());
  }

  answer() {
    this.session.answer(media());
  }

  hangUp() {
    this.session.terminate();
  }

  decline(status) {
    this.session.terminate({ status_code: status });
  }

  hold() {
    return new Promise((resolve) => this.session.hold({}, resolve));
  }

  resume() {
    return new Promise((resolve) => this.session.unhold({}, resolve));
  }

  dtmf(tone) {
    this.session.sendDTMF(tone, { transportType: "INFO" });
  }

  #refer(target, options) {
    const note =
      (name) =>
      ({ status_line, response }) =>
        this.told.push(`${name} ${status_line?.status_code ?? response?.status_code ?? ""}`.trim());
    const eventHandlers = {};
    for (const name of ["requestSucceeded", "requestFailed", "trying", "progress", "accepted", "failed"]) {
      eventHandlers[name] = note(name);
    }
    this.session.refer(target, { ...options, eventHandlers });
  }

  refer(target) {
    this.#refer(target, {});
  }

  /** Has the peer of this call call that of the other one in our place. */
  connectTo(other) {
    this.#refer(other.session.remote_identity.uri, { replaces: other.session });
  }

  get connection() {
    return this.session.connection;
  }
}
