// watch: takes care of what a user's callback returns, which may be a promise.

/**
 * Sees to a callback's promise, if it returned one: a rejection goes to `thrown`. Left alone it would be nobody's, which
 * ends a process in Node.
 */
export function watch(returned: unknown, thrown: (cause: unknown) => void): void {
  if (typeof (returned as PromiseLike<unknown> | null | undefined)?.then !== "function") return;
  (returned as PromiseLike<unknown>).then(undefined, thrown);
}

/** Calls back; what that throws, or its promise rejects with, goes to `thrown`. */
export function guard(call: () => unknown, thrown: (cause: unknown) => void): void {
  try {
    const returned = call();
    if (returned !== undefined) watch(returned, thrown);
  } catch (cause) {
    thrown(cause);
  }
}
