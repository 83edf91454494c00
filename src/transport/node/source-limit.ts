// SourceLimit: how many sockets each source has, and whether it may have one more.

import type { Socket } from "node:net";
import { sourceOf } from "../source.ts";

export class SourceLimit {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a socket until it is closed, unless it is one too many. */
  admit(socket: Socket): boolean {
    const source = sourceOf(socket.remoteAddress ?? "");
    const before = this.#counts.get(source) ?? 0;
    if (before >= this.#limit) return false;
    this.#counts.set(source, before + 1);
    socket.once("close", () => {
      const left = (this.#counts.get(source) ?? 1) - 1;
      if (left > 0) this.#counts.set(source, left);
      else this.#counts.delete(source);
    });
    return true;
  }
}
