// Client: what is used of a Redis client. Its user brings one, made by `createClient` of the package `redis`; nothing
// of that package is imported here.

/** A client of the package `redis`, as far as it is used: `createClient()` makes one, `connect()` is its owner's. */
export interface RedisClient {
  /** False while there is no connection: then nothing is asked, and nothing waits in the client's queue. */
  readonly isReady?: boolean;
  get(key: string): PromiseLike<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
}
