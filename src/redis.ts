// The Redis entry: a location service that many machines share. The client is its user's: this imports no package.

export type { RedisClient } from "./redis/client.ts";
export { RedisLocation, type RedisLocationOptions } from "./redis/redis-location.ts";
