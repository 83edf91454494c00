// Accepted: an INVITE that was accepted, and waits for its ACK (RFC 3261 §13.3.1.4).

const T1 = 500;
const T2 = 4000;

/**
 * Sends a 2xx again until its ACK comes: on the way to the peer there may be UDP, even where this phone's own connection
 * loses nothing. After 64 × T1 the peer is taken for gone.
 */
export class Accepted {
  #transaction;
  #onSilence;
  #number;
  #timer;

  /** `onSilence` is called where no ACK has come. */
  constructor(invite, transaction, onSilence) {
    this.#transaction = transaction;
    this.#onSilence = onSilence;
    this.#number = invite.headers.get("CSeq").number;
    this.#resend(T1, 0);
  }

  /** Whether that is the ACK: it has the INVITE's number. */
  isAcknowledgedBy({ headers }) {
    return headers.get("CSeq").number === this.#number;
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #resend(delay, elapsed) {
    this.#timer = setTimeout(() => {
      if (elapsed + delay >= 64 * T1) return this.#onSilence();
      this.#transaction.repeat();
      this.#resend(Math.min(2 * delay, T2), elapsed + delay);
    }, delay);
  }
}
