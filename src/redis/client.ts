// Client: what is used of a Redis client. Its user brings one, made by `createClient` of the package `redis`; nothing
// of that package is imported here.

/** A client of the package `redis`, as far as it is used: `createClient()` makes one, `connect()` is its owner's. */
export interface RedisClient {
  /** False while there is no connection: then nothing is asked, and nothing waits in the client's queue. */
  readonly isReady?: boolean;
  /** The value of a key, null where there is none. */
  get(key: string): PromiseLike<unknown>;
  /** Runs a script in Lua, which compares and sets (EVAL). */
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>;
  /** Tells of lost connections: a client that nobody listens to throws them. */
  on(event: "error", listener: (error: Error) => void): unknown;
}
