// The operating system's resolver, hosts file included.

import { lookup } from "node:dns";
import type { HostLookup } from "../host-cache.ts";

/** The operating system's resolver. */
export const systemLookup: HostLookup = (host, family) =>
  new Promise((resolve, reject) => {
    lookup(host, { family }, (error, address) => (error ? reject(error) : resolve(address)));
  });
