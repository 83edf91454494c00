// Media: what is offered and answered in SDP (RFC 3264). Two kinds with the same methods: WebRTC audio, and
// none at all, for peers that speak SIP but no WebRTC.

/** Microphone and loudspeaker, by the browser's WebRTC. */
export class WebRtcAudio {
  /** Called when no audio can come or go any more: the peer has crashed, say. */
  onFailure = () => {};
  #connection = new RTCPeerConnection();
  #microphone;
  #closed = false;

  /** `play` gets the peer's MediaStream. */
  constructor(play) {
    const connection = this.#connection;
    connection.ontrack = ({ streams }) => play(streams[0]);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "failed") this.onFailure();
    };
  }

  /** The SDP of an offer. */
  async offer() {
    await this.#openMicrophone();
    await this.#connection.setLocalDescription();
    return this.#gathered();
  }

  /** The SDP of the answer to an offer. */
  async answer(offer) {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    await this.#openMicrophone();
    await this.#connection.setLocalDescription();
    return this.#gathered();
  }

  /** Takes the answer to our offer. */
  async accept(answer) {
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** The connection's state, and how many octets of audio have come and gone. */
  async stats() {
    const reports = [...(await this.#connection.getStats()).values()];
    const sum = (type, field) =>
      reports.filter((report) => report.type === type).reduce((total, report) => total + report[field], 0);
    return {
      state: this.#connection.connectionState,
      received: sum("inbound-rtp", "bytesReceived"),
      sent: sum("outbound-rtp", "bytesSent"),
    };
  }

  close() {
    this.#closed = true;
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.#connection.close();
  }

  async #openMicrophone() {
    // It is open already where the call is changed.
    if (this.#microphone) return;
    if (!navigator.mediaDevices)
      throw new Error("a browser gives the microphone to HTTPS pages and localhost only");
    this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (this.#closed) {
      // The call was over before the user had allowed it: it must not stay open for a call that is none.
      this.close();
      throw new Error("the call is over");
    }
    for (const track of this.#microphone.getTracks()) this.#connection.addTrack(track, this.#microphone);
  }

  /** The description with all candidates in it: SIP as it is spoken here has no message to send them later. */
  #gathered() {
    const connection = this.#connection;
    return new Promise((resolve) => {
      const settle = () => {
        if (connection.iceGatheringState === "complete") resolve(connection.localDescription.sdp);
      };
      connection.addEventListener("icegatheringstatechange", settle);
      settle();
    });
  }
}

const SILENCE = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "m=audio 9 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
  "a=inactive",
  "",
].join("\r\n");

/** No audio: a description that is always the same. */
export class Silence {
  async offer() {
    return SILENCE;
  }

  async answer() {
    return SILENCE;
  }

  async accept() {}

  async stats() {
    return { state: "none", received: 0, sent: 0 };
  }

  close() {}
}
