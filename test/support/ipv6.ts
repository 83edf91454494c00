// IPv6: whether this machine has its loopback address. Many containers have none, and their tests over IPv6 are skipped.

import { networkInterfaces } from "node:os";

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);

/** Whether sockets can be bound to ::1. */
export const hasIpv6: boolean = addresses.some(({ address }) => address === "::1");

if (!hasIpv6) console.warn("This machine has no ::1: what is tested over IPv6 is skipped.");
