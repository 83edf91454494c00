// SocketBuffers: how much the kernel keeps for a UDP socket, for runtimes that have no option for it: what to ask of the C
// library, and for how much. The system's own 208 KiB are full after 30 milliseconds of a busy server's traffic, and a
// collection can last that long.

import type { UdpOptions } from "./udp-options.ts";

/** Where the C library is, and its numbers: of the level of sockets, and SO_SNDBUF, SO_RCVBUF and SO_TYPE there. */
export interface CLibrary {
  readonly path: string;
  readonly level: number;
  readonly send: number;
  readonly receive: number;
  readonly type: number;
}

const C_LIBRARIES: Readonly<Record<string, CLibrary>> = {
  linux: { path: "libc.so.6", level: 1, send: 7, receive: 8, type: 3 },
  darwin: { path: "libSystem.B.dylib", level: 0xffff, send: 0x1001, receive: 0x1002, type: 0x1008 },
};

/** That of a platform, by its name in Node; undefined where none is known. */
export function cLibraryOf(platform: string): CLibrary | undefined {
  return C_LIBRARIES[platform];
}

/** How much is asked for to receive, where nobody asks for something else; the system gives what it may. */
export const WIDE: number = 8 * 1024 * 1024;

/**
 * Sets both buffers of a socket: 8 MiB to receive, or what the system allows of it, the system's own to send.
 *
 * @param set sets one of them to about so many bytes; false where it cannot
 * @throws Error where one that is asked for cannot be set
 */
export async function setBuffers(
  { recvBufferSize, sendBufferSize }: UdpOptions,
  set: (option: "send" | "receive", size: number) => boolean | Promise<boolean>,
): Promise<void> {
  const received = await set("receive", recvBufferSize ?? WIDE);
  const sent = sendBufferSize === undefined || (await set("send", sendBufferSize));
  if ((received || recvBufferSize === undefined) && sent) return;
  throw new Error("the buffers of a socket cannot be set here");
}
