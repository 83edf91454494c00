// freePort: a port for a program that is about to start. Not one that the system has just given and taken back: it
// may give that to the next who asks for any, before the program has it.

import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below all that systems give of their own accord (Linux from 32,768, others from 49,152). */
const [FIRST, COUNT] = [20_000, 3000];

/** Even ones, with room behind each: an RTP port has its RTCP port beside it (RFC 3550 §11). */
const STEP = 4;

let last = randomInt(COUNT);

/** A port of 127.0.0.1 that is free now for UDP and TCP, and that this process gives once. */
export async function freePort() {
  for (;;) {
    last = (last + 1) % COUNT;
    const port = FIRST + last * STEP;
    if ((await isFree(createSocket("udp4"), port)) && (await isFree(createServer(), port))) return port;
  }
}

/** Whether a socket, or a server, could be bound there. */
async function isFree(socket, port) {
  try {
    if (socket.bind) socket.bind(port, "127.0.0.1");
    else socket.listen(port, "127.0.0.1");
    await once(socket, "listening");
  } catch (error) {
    if (error.code === "EADDRINUSE") return false;
    throw error;
  }
  socket.close();
  await once(socket, "close");
  return true;
}
