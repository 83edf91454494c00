// Datagrams that come in one turn of the event loop, and what is sent while they are worked on.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { udp } from "../../src/transport/node/udp.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { encode, Recorder } from "./contract.ts";
import { settle } from "./settle.ts";

/** More come at once than libuv reads in a turn of its loop. */
const MANY = 70;

const open: (Transport | Socket)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A transport whose receiver does `work` with each datagram, and a socket that sends it `count` of them at once. */
async function world(work: (name: string, flow: Flow, answer: (text: string) => void) => void): Promise<{
  transport: Transport;
  heard: string[];
  failures: string[];
  burst(count: number): Promise<void>;
}> {
  const transport = udp({ host: "127.0.0.1", port: 0 });
  const recorder = new Recorder();
  const failures: string[] = [];
  recorder.onArrival = (flow) => {
    const answer = (text: string): void =>
      transport.send(encode(text), flow, (error) => failures.push(error.code));
    work(recorder.texts.at(-1) ?? "", flow, answer);
  };
  await transport.start(recorder);
  open.push(transport);
  const { port } = transport.local;
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(data.toString("latin1")));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.push(socket);
  const burst = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) socket.send(`q${i}`, port, "127.0.0.1");
    await settle();
  };
  return { transport, heard, failures, burst };
}

const names = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${i}`);

describe("udp, in a burst", () => {
  test("answers all that comes at once, in its order", async () => {
    const { heard, burst } = await world((name, _flow, answer) => answer(name.replace("q", "a")));
    await burst(MANY);
    expect(heard).toEqual(names("a", MANY));
  });

  test("works on one when the promises of the one before are settled", async () => {
    const { heard, burst } = await world((name, _flow, answer) => {
      const late = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) await undefined;
        answer(name.replace("q", "a"));
      };
      // Every other one takes its time.
      if (Number(name.slice(1)) % 2 === 0) void late();
      else answer(name.replace("q", "a"));
    });
    await burst(MANY);
    expect(heard).toEqual(names("a", MANY));
  });

  test("sends many for one datagram", async () => {
    const count = MANY;
    const { heard, burst } = await world((_name, _flow, answer) => {
      for (const text of names("a", count)) answer(text);
    });
    await burst(1);
    expect(heard).toEqual(names("a", count));
    await burst(3);
    expect(heard).toHaveLength(4 * count);
  });

  test("tells of one that cannot be sent later, and sends the others", async () => {
    let within = false;
    const late: boolean[] = [];
    const { heard, burst } = await world((name, flow, answer) => {
      answer(`${name} before`);
      within = true;
      flow.transport.send(new Uint8Array(70_000).fill(65), flow, () => late.push(!within));
      within = false;
      answer(`${name} behind`);
    });
    await burst(3);
    expect(late).toEqual([true, true, true]);
    expect(heard).toEqual(["q0", "q1", "q2"].flatMap((name) => [`${name} before`, `${name} behind`]));
  });

  test("sends what was accepted before it is closed, and nothing after that", async () => {
    const { transport, heard, failures, burst } = await world((name, _flow, answer) => {
      answer(`${name} before`);
      if (name !== "q2") return;
      void transport.close();
      answer(`${name} behind`);
    });
    await burst(5);
    expect(heard).toEqual(["q0 before", "q1 before", "q2 before"]);
    expect(failures).toEqual(["closed"]);
  });
});
