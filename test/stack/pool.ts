// A name with several servers behind it, and a caller with a resolver: what the tests of failover share.

import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import { type ResolverOptions, resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Dns } from "../../src/transport/dns.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { type Station, World } from "./support.ts";

/** A DNS with one name, "pool.example.com", and SRV records in the order given. */
export function dnsOf(protocol: string, transports: readonly Transport[]): Dns {
  const prefix = `_sip._${protocol.toLowerCase()}.`;
  const none = { records: [], ttl: undefined };
  return {
    naptr: async () => none,
    srv: async (name) => ({
      records:
        name !== `${prefix}pool.example.com`
          ? []
          : transports.map(({ local }, i) => ({ priority: i, weight: 0, port: local.port, target: `h${i}` })),
      ttl: 1e9,
    }),
    address: async (name, family) =>
      family === 4 ? { records: [transports[Number(name.slice(1))]!.local.host], ttl: 1e9 } : none,
  };
}

/** Lets time pass; names take more turns to find than a virtual clock gives. */
export async function elapse(world: World, milliseconds = 0): Promise<void> {
  for (const step of [0, 0, milliseconds, 0, 0]) {
    await new Promise((resolve) => setImmediate(resolve));
    await world.pass(step);
  }
}

/** A caller, and servers that answer a status each, or nothing at all. */
export async function pool(
  answers: readonly (number | "silent" | "absent")[],
  protocol = "UDP",
  options: Partial<ResolverOptions> = {},
) {
  const world = new World();
  const servers: (Station | undefined)[] = [];
  const transports: Transport[] = [];
  const held: ServerTransaction[] = [];
  for (const answer of answers) {
    const transport = world.network.transport({ protocol });
    transports.push(transport);
    const core = {
      onRequest: (_request: Request, transaction: ServerTransaction | undefined) => {
        if (typeof answer === "number") transaction?.respond(answer);
        else held.push(transaction!);
      },
    };
    servers.push(answer === "absent" ? undefined : await world.started(core, { transports: [transport] }));
  }
  const found = resolver({ dns: dnsOf(protocol, transports), families: [4], clock: world.clock, ...options });
  const caller = await world.started(
    {},
    { resolver: found, transports: [world.network.transport({ protocol })] },
  );
  const send = (method = "OPTIONS", more: Parameters<typeof caller.stack.send>[1] = {}) =>
    caller.stack.send(createRequest(method, "sip:pool.example.com", { from: "<sip:a@b>;tag=1" }), more);
  const got = () => servers.map((server) => server?.requests.length ?? 0);
  return { world, servers, caller, send, got, held, found };
}
