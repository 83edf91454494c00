// UserCode: calls what the user has given; what it throws or rejects with stops there, and is reported.

import { SipError } from "../errors.ts";
import { watch } from "../watch.ts";

/** The handlers of one user agent, as they are called. */
export class UserCode {
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(onError: ((error: unknown) => void) | undefined) {
    this.#onError = onError;
  }

  /**
   * Calls it; undefined where it threw.
   * @param failed does what it has left undone: called where it throws or rejects, before that is reported, with the
   *   status that refuses a request for it, and what was thrown
   */
  call<T>(callback: () => T, failed?: (status: number, error: unknown) => void): T | undefined {
    const thrown = (error: unknown): void => {
      if (failed) this.call(() => failed(refusalOf(error), error));
      this.report(error);
    };
    try {
      const returned = callback();
      watch(returned, thrown);
      return returned;
    } catch (error) {
      thrown(error);
      return undefined;
    }
  }

  /** Tells the user of an error. */
  report(error: unknown): void {
    try {
      watch(this.#onError?.(error), () => {});
    } catch {
      // An error handler that throws has nobody left to be reported to.
    }
  }
}

/** The status of the SipError that was thrown, where it refuses a request, else 500: as with what a core throws. */
function refusalOf(error: unknown): number {
  const status = error instanceof SipError ? (error.status ?? 500) : 500;
  return status >= 300 && status <= 699 ? status : 500;
}
