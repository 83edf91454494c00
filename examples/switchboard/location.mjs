// Location: who can be reached where (RFC 3261 §10.1). In memory, where a restart forgets; or in Redis, where any
// number of switchboards share it.

import { MemoryLocation } from "sippet/registrar";

/**
 * The location service that the options ask for, and what ends it. It can be asked while Redis is away, too, and says
 * so: the switchboard starts without it.
 */
export async function openLocation({ redis }, journal) {
  if (!redis) return { location: new MemoryLocation(), close: async () => {} };
  const [{ createClient }, { RedisLocation }] = await Promise.all([import("redis"), import("sippet/redis")]);
  // A connection without a word for five seconds is given up, and there is always another try.
  const reconnectStrategy = (tries) => Math.min(100 * 2 ** tries, 2000);
  const socket = { socketTimeout: 5000, reconnectStrategy };
  const client = createClient({ url: redis, pingInterval: 1000, socket });
  const location = new RedisLocation({ client, onError: (error) => journal.fault(error) });
  // What goes wrong is told to onError, again and again.
  client.connect().catch(() => {});
  return {
    location,
    async close() {
      if (client.isReady) await client.close();
      else if (client.isOpen) client.destroy();
    },
  };
}
