// What Node's UDP lets go of because too much waits, on a socket that the test fills.

import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import { udp } from "../../src/transport/node/udp.ts";
import { Recorder } from "./contract.ts";

class FakeSocket extends EventEmitter {
  bind(_at: unknown, done: () => void): void {
    queueMicrotask(done);
  }
  address(): object {
    return { address: "192.0.2.1", port: 5060 };
  }
  getRecvBufferSize(): number {
    return 2 ** 30;
  }
  close(done: () => void): void {
    queueMicrotask(done);
  }
}

const sockets: FakeSocket[] = [];
vi.mock("node:dgram", () => ({
  createSocket: () => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  },
}));

test("what comes while 16 MiB wait is counted with what the kernel had no room for", async () => {
  const transport = udp();
  await transport.start(new Recorder());
  expect(transport.counts?.dropped).toBe(0);
  const data = Buffer.alloc(65_536, "A");
  for (let i = 0; i < 300; i++) sockets[0]!.emit("message", data, { address: "192.0.2.9", port: 5060 });
  // The first is worked on at once.
  expect(transport.counts?.dropped).toBe(300 - 1 - 256);
  await transport.close();
});
