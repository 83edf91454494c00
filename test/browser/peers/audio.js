// Audio: one call's WebRTC, with offers made again and again.

/** A microphone and a connection. */
export class Audio {
  connection = new RTCPeerConnection();
  #microphone;

  /** The SDP of an offer. @param direction   "sendonly" holds the call */
  async offer(direction = "sendrecv") {
    await this.#open();
    for (const each of this.connection.getTransceivers()) each.direction = direction;
    await this.connection.setLocalDescription();
    return this.#gathered();
  }

  /** The SDP of the answer to an offer. */
  async answer(sdp) {
    await this.connection.setRemoteDescription({ type: "offer", sdp });
    await this.#open();
    for (const each of this.connection.getTransceivers()) each.direction = "sendrecv";
    await this.connection.setLocalDescription();
    return this.#gathered();
  }

  /** Takes the answer to our offer. */
  async accept(sdp) {
    if (this.connection.signalingState === "have-local-offer") {
      await this.connection.setRemoteDescription({ type: "answer", sdp });
    }
  }

  close() {
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.connection.close();
  }

  async #open() {
    if (this.#microphone) return;
    this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of this.#microphone.getTracks()) this.connection.addTrack(track, this.#microphone);
  }

  #gathered() {
    const { connection } = this;
    return new Promise((resolve) => {
      const settle = () => {
        if (connection.iceGatheringState === "complete") resolve(connection.localDescription.sdp);
      };
      connection.addEventListener("icegatheringstatechange", settle);
      settle();
    });
  }
}
