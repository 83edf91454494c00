// Idle: how many of a layer's transactions wait for something, and who is told when none does any more.

export class Idle {
  #tell: (() => void) | undefined;
  #waiting = 0;

  /** From now on `tell` is called, never within a call into the layer, when the last one has settled; maybe more than once. */
  listen(tell: () => void): void {
    this.#tell = tell;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A transaction is made. */
  begun(): void {
    this.#waiting++;
  }

  /** It waits for nothing any more. */
  settled(): void {
    this.#waiting--;
    const tell = this.#tell;
    if (tell === undefined || this.#waiting > 0) return;
    void Promise.resolve().then(() => {
      if (this.#waiting === 0) tell();
    });
  }
}
