// Which address of a machine is taken for one that peers can reach.

import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { expect, test, vi } from "vitest";
import { reachableAddress } from "../../src/transport/node/local-address.ts";

vi.mock("node:os");

test("is the first that is neither loopback nor link-local; loopback where there is none; for both families where IPv6 has none, IPv4's", () => {
  const of = (address: string, internal = false) =>
    ({ address, internal, family: address.includes(":") ? "IPv6" : "IPv4" }) as NetworkInterfaceInfo;
  const poor = { lo: [of("127.0.0.1", true), of("::1", true)], eth0: [of("169.254.1.1"), of("fe80::1")] };
  vi.mocked(networkInterfaces).mockReturnValue(poor);
  expect([reachableAddress(4), reachableAddress(6)]).toEqual(["127.0.0.1", "::1"]);
  vi.mocked(networkInterfaces).mockReturnValue({ ...poor, eth1: [of("192.0.2.5")] });
  expect([reachableAddress(4), reachableAddress(6)]).toEqual(["192.0.2.5", "192.0.2.5"]);
  const eth1 = ["192.0.2.5", "192.0.2.6", "2001:db8::5"].map((address) => of(address));
  vi.mocked(networkInterfaces).mockReturnValue({ ...poor, eth1 });
  expect([reachableAddress(4), reachableAddress(6)]).toEqual(["192.0.2.5", "2001:db8::5"]);
});
