// Pongs: the answers to a peer's pings, one on its way at a time (RFC 5626 §4.4.1). Each that waits in a socket takes a
// hundred times its own octets: a peer that pings and reads nothing would fill the memory by a few connections.

/** So many are owed at most: who does not take them has no use for more. */
const MOST = 256;

/** The pongs of one connection. */
export class Pongs {
  readonly #send: (done: () => void) => void;
  #owed = 0;
  #waits = false;

  /** @param send sends one; calls back, later, when the peer's side has taken it */
  constructor(send: (done: () => void) => void) {
    this.#send = send;
  }

  /** A ping came. */
  owe(): void {
    if (this.#owed < MOST) this.#owed++;
    if (!this.#waits) this.#next();
  }

  #next(): void {
    this.#owed--;
    this.#waits = true;
    this.#send(() => {
      this.#waits = false;
      if (this.#owed > 0) this.#next();
    });
  }
}
