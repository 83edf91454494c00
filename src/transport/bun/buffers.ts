// Buffers: how much the kernel keeps for a socket of Bun's, which has no option for it: asked of the C library. The
// system's own 208 KiB are full after 30 milliseconds of a busy server's traffic, and a collection can last that long.

import process from "node:process";

interface Library {
  readonly symbols: {
    setsockopt(fd: number, level: number, name: number, value: Int32Array, size: number): number;
  };
}
interface Ffi {
  dlopen(name: string, symbols: Record<string, { args: string[]; returns: string }>): Library;
}

/** SOL_SOCKET, SO_SNDBUF and SO_RCVBUF, and where the C library is, by platform. */
const SYSTEMS: Readonly<Record<string, { library: string; level: number; send: number; receive: number }>> = {
  linux: { library: "libc.so.6", level: 1, send: 7, receive: 8 },
  darwin: { library: "libSystem.B.dylib", level: 0xffff, send: 0x1001, receive: 0x1002 },
};

/** Sets one of the two buffers to about so many bytes, or to as many as the system allows. False where it cannot. */
export async function setBuffer(fd: number, which: "send" | "receive", size: number): Promise<boolean> {
  try {
    const system = SYSTEMS[process.platform];
    if (system === undefined) return false;
    const { symbols } = await cLibrary(system.library);
    const value = new Int32Array([size]);
    return symbols.setsockopt(fd, system.level, system[which], value, value.byteLength) === 0;
  } catch {
    // No such library (musl), or a Bun without its FFI.
    return false;
  }
}

let opened: Promise<Library> | undefined;

function cLibrary(name: string): Promise<Library> {
  opened ??= import(FFI).then((module) => {
    const { dlopen } = module as Ffi;
    const args = ["i32", "i32", "i32", "ptr"];
    return dlopen(name, { setsockopt: { args: [...args, "u32"], returns: "i32" } });
  });
  return opened;
}

/** In a variable: other runtimes and bundlers know no such module. */
const FFI: string = "bun:ffi";
