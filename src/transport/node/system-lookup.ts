// The operating system's resolver, hosts file included.

import { lookup } from "node:dns";
import { SipError } from "../../errors.ts";
import type { HostLookup } from "../host-cache.ts";

/**
 * How many names are looked up at once: each holds one of the four threads that Node has for lookups and files, for as long
 * as the name's server likes.
 */
const AT_ONCE = 2;
/** How many may wait for their turn. */
const MOST_WAITING = 256;

let asked = 0;
const waiting: (() => void)[] = [];

/** The operating system's resolver. Rejects with a SipError `overloaded` where too many wait for it. */
export const systemLookup: HostLookup = (host, family) =>
  new Promise((resolve, reject) => {
    const ask = (): void => {
      asked++;
      lookup(host, { family }, (error, address) => {
        asked--;
        waiting.shift()?.();
        if (error) reject(error);
        else resolve(address);
      });
    };
    if (asked < AT_ONCE) ask();
    else if (waiting.length < MOST_WAITING) waiting.push(ask);
    else reject(new SipError("overloaded", `too many names are looked up to ask for ${host}`));
  });
