// SourceLimit: how many sockets each source has, or each address that is called, and whether there may be one more.

import type { Socket } from "node:net";
import { sourceOf } from "../source.ts";

export class SourceLimit {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a socket that came in until it is closed, unless it is one too many. */
  admit(socket: Socket): boolean {
    const { remoteAddress = "" } = socket;
    if (this.isFull(remoteAddress)) return false;
    this.count(remoteAddress, socket);
    return true;
  }

  /** Whether there may be no more with that address. */
  isFull(host: string): boolean {
    return (this.#counts.get(sourceOf(host)) ?? 0) >= this.#limit;
  }

  /** Counts a socket until it is closed. */
  count(host: string, socket: Socket): void {
    const source = sourceOf(host);
    this.#counts.set(source, (this.#counts.get(source) ?? 0) + 1);
    socket.once("close", () => {
      const left = (this.#counts.get(source) ?? 1) - 1;
      if (left > 0) this.#counts.set(source, left);
      else this.#counts.delete(source);
    });
  }
}
