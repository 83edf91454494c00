// A call of SIP.js's, with the methods that all calls of these tests have.

const AUDIO = { constraints: { audio: true, video: false } };
/** Made anew each time: the library adds header fields of one call to what it is given. */
export const media = () => ({ sessionDescriptionHandlerOptions: { ...AUDIO } });

/** One call. */
export class SipJsCall {
  tones = [];
  held = false;
  told = [];
  provisional = [];

  constructor(phone, session, direction) {
    this.phone = phone;
    this.session = session;
    this.direction = direction;
    this.state = direction === "incoming" ? "ringing" : "calling";
    this.replaces = session.replacee !== undefined;
    session.stateChange.addListener((state) => {
      if (state === "Established") this.state = "connected";
      else if (state === "Terminated") this.state = "ended";
    });
    session.delegate = {
      onCancel: (cancel) => {
        this.reason = cancel.request.getHeader("Reason");
      },
      onBye: (bye) => {
        this.reason = bye.request.getHeader("Reason");
        bye.accept();
      },
      onInfo: (info) => {
        const [, tone] = /^\s*Signal\s*=\s*(\S+)/m.exec(info.request.body) ?? [];
        if (tone === undefined) return info.reject();
        this.tones.push(tone);
        info.accept();
      },
      onInvite: (request) => {
        this.held = /^a=(sendonly|inactive)/m.test(request.body);
      },
      onRefer: async (referral) => {
        await referral.accept();
        const inviter = referral.makeInviter(media());
        const call = new SipJsCall(this.phone, inviter, "outgoing");
        this.phone.calls.push(call);
        call.invite(inviter);
      },
    };
  }

  invite(inviter) {
    return inviter
      .invite({
        requestDelegate: {
          onProgress: ({ message }) => {
            this.provisional.push(message.statusCode);
            if (this.state === "calling") this.state = "ringing";
          },
          onReject: ({ message }) => {
            this.status = message.statusCode;
          },
        },
      })
      .catch((error) => {
        this.error = error.message;
      });
  }

  /** Answers the offer, and lets itself be heard, before the call is accepted. */
  progress(rel100) {
    return this.session.progress({ statusCode: 183, rel100 });
  }

  answer() {
    return this.session.accept(media());
  }

  hangUp() {
    if (this.session.state === "Established") return this.session.bye();
    return this.direction === "outgoing" ? this.session.cancel() : this.session.reject();
  }

  decline(statusCode) {
    return this.session.reject({ statusCode });
  }

  #reinvite(hold) {
    this.session.sessionDescriptionHandlerOptionsReInvite = { ...AUDIO, hold };
    return new Promise((resolve, reject) => {
      const answered = ({ message }) => resolve(message.statusCode);
      this.session.invite({ requestDelegate: { onAccept: answered, onReject: answered } }).catch(reject);
    });
  }

  hold() {
    return this.#reinvite(true);
  }

  resume() {
    return this.#reinvite(false);
  }

  dtmf(tone) {
    const content = `Signal=${tone}\r\nDuration=100`;
    const body = { contentDisposition: "render", contentType: "application/dtmf-relay", content };
    return new Promise((resolve) => {
      const answered = ({ message }) => resolve(message.statusCode);
      this.session.info({
        requestOptions: { body },
        requestDelegate: { onAccept: answered, onReject: answered },
      });
    });
  }

  #refer(target) {
    return this.session.refer(target, {
      requestDelegate: {
        onAccept: ({ message }) => this.told.push(`requestSucceeded ${message.statusCode}`),
        onReject: ({ message }) => this.told.push(`requestFailed ${message.statusCode}`),
      },
      onNotify: (notification) => {
        this.told.push(notification.request.body.trim());
        notification.accept();
      },
    });
  }

  refer(target) {
    this.#refer(this.phone.uri(target));
  }

  connectTo(other) {
    this.#refer(other.session);
  }

  get connection() {
    return this.session.sessionDescriptionHandler.peerConnection;
  }
}
