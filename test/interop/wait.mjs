// Waiting for what a peer does.

/** Waits until `check` gives something true, and gives that; 15 seconds at most. */
export async function until(check, what) {
  for (const deadline = Date.now() + 15_000; ; ) {
    const found = await check();
    if (found) return found;
    if (Date.now() > deadline)
      throw new Error(`did not happen: ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
