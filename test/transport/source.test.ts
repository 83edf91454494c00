// Who counts as one source, by its address.

import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { StreamPool } from "../../src/transport/node/stream-pool.ts";
import { sourceOf } from "../../src/transport/source.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["::ffff:192.0.2.1%eth0", "192.0.2.1"],
  ["::fffe:c000:201", "0:0:0:0::/64"],
  ["::1:0:ffff:c000:201", "0:0:0:1::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::9", "2001:db8:1:3::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["fe80::2%eth1", "fe80:0:0:0::/64"],
  ["a7.invalid", "a7.invalid"],
  ["no:address", "no:address"],
  ["2001:0DB8:0001:0000:0:0:0:1", "2001:db8:1:0::/64"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["64:ff9b::192.0.2.1", "192.0.2.1"],
  ["0064:FF9B::c000:201", "192.0.2.1"],
  ["64:ff9b::1:c000:201", "64:ff9b:0:0::/64"],
  ["64:ff9b:1::c000:201", "64:ff9b:1:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["1::2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8:9"],
  ["", ""],
])("%s counts as %s", (host, source) => {
  expect(sourceOf(host)).toBe(source);
});

test("connections are limited by the source, which is let go of with them", () => {
  const pool = new StreamPool(100, 2);
  const from = (remoteAddress: string) =>
    Object.assign(new EventEmitter(), { remoteAddress, remotePort: 5060 }) as unknown as Socket;
  const sockets = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"].map(from);
  expect(sockets.map((socket) => pool.admit(socket))).toEqual([true, true, false, true]);
  sockets[0]!.emit("close");
  expect([pool.admit(from("2001:db8::4")), pool.admit(from("2001:db8::5"))]).toEqual([true, false]);
});
