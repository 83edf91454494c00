// Waits for real sockets of this process. Several turns of the event loop rather than one long sleep:
// on a busy machine a timer can be due before the loop has looked at a socket even once.

import { setTimeout as sleep } from "node:timers/promises";

export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await sleep(6);
}
