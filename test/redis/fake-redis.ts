// FakeRedis: a double of a Redis client, which can be away, silent, slow to read, full, or refuse. What a real server
// does is tested in test/interop.

import type { RedisClient } from "../../src/redis/client.ts";

export class FakeRedis implements RedisClient {
  readonly values: Map<string, string> = new Map();
  /** How long each key was given, in milliseconds. */
  readonly lives: Map<string, number> = new Map();
  isReady = true;
  /** Never answers. */
  silent = false;
  /** What every command is refused with. */
  refusal: string | undefined;
  /** What every command throws, before there is a promise. */
  thrown: Error | undefined;
  asked = 0;
  listeners: ((error: Error) => void)[] = [];

  on(_event: "error", listener: (error: Error) => void): void {
    this.listeners.push(listener);
  }

  get(key: string): Promise<string | null> {
    return this.#answer(() => this.values.get(key) ?? null);
  }

  eval(
    _script: string,
    { keys: [key = ""], arguments: [expected, value = "", life] }: { keys: string[]; arguments: string[] },
  ): Promise<string | number> {
    return this.#answer(() => {
      const held = this.values.get(key) ?? "";
      if (held !== expected) return held;
      this.values.set(key, value);
      this.lives.set(key, Number(life));
      return 1;
    });
  }

  #answer<T>(read: () => T): Promise<T> {
    this.asked++;
    if (this.thrown) throw this.thrown;
    if (this.silent) return new Promise(() => {});
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal));
    return Promise.resolve().then(read);
  }
}
