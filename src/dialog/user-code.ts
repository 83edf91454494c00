// UserCode: calls what the user has given; what it throws or rejects with stops there, and is reported.

/** The handlers of one user agent, as they are called. */
export class UserCode {
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(onError: ((error: unknown) => void) | undefined) {
    this.#onError = onError;
  }

  /**
   * Calls it; undefined where it threw.
   * @param failed does what it has left undone: called where it throws or rejects, before that is reported
   */
  call<T>(callback: () => T, failed?: () => void): T | undefined {
    const thrown = (error: unknown): void => {
      if (failed) this.call(failed);
      this.report(error);
    };
    try {
      const returned = callback();
      if (typeof (returned as PromiseLike<unknown> | undefined)?.then === "function") {
        (returned as PromiseLike<unknown>).then(undefined, thrown);
      }
      return returned;
    } catch (error) {
      thrown(error);
      return undefined;
    }
  }

  /** Tells the user of an error. */
  report(error: unknown): void {
    try {
      this.#onError?.(error);
    } catch {
      // An error handler that throws has nobody left to be reported to.
    }
  }
}
