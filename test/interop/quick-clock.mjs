// QuickClock: a clock that runs five times as fast, so that the RFC's own timers, the 32 seconds of timer D among
// them, can be waited for. It knows how many timers are pending.

/** How many of its milliseconds pass in one. SIPp's timers are as much shorter. */
export const SPEED = 5;

export class QuickClock {
  #pending = new Set();

  now() {
    return performance.now() * SPEED;
  }

  set(callback, delay) {
    const handle = setTimeout(() => {
      this.#pending.delete(handle);
      callback();
    }, delay / SPEED);
    this.#pending.add(handle);
    return handle;
  }

  clear(handle) {
    clearTimeout(handle);
    this.#pending.delete(handle);
  }

  get pending() {
    return this.#pending.size;
  }
}
