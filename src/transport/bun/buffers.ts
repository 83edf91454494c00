// Buffers: how much the kernel keeps for a socket of Bun's, which has no option for it: asked of the C library.

import process from "node:process";
import { cLibraryOf } from "../socket-buffers.ts";

interface Library {
  readonly symbols: {
    setsockopt(fd: number, level: number, name: number, value: Int32Array, size: number): number;
  };
}
interface Ffi {
  dlopen(name: string, symbols: Record<string, { args: string[]; returns: string }>): Library;
}

/** Sets one of the two buffers to about so many bytes, or to as many as the system allows. False where it cannot. */
export async function setBuffer(fd: number, which: "send" | "receive", size: number): Promise<boolean> {
  try {
    const library = cLibraryOf(process.platform);
    if (library === undefined) return false;
    const { symbols } = await opened(library.path);
    const value = new Int32Array([size]);
    return symbols.setsockopt(fd, library.level, library[which], value, value.byteLength) === 0;
  } catch {
    // No such library (musl), or a Bun without its FFI.
    return false;
  }
}

let open: Promise<Library> | undefined;

function opened(path: string): Promise<Library> {
  open ??= import(FFI).then((module) => {
    const { dlopen } = module as Ffi;
    const args = ["i32", "i32", "i32", "ptr"];
    return dlopen(path, { setsockopt: { args: [...args, "u32"], returns: "i32" } });
  });
  return open;
}

/** In a variable: other runtimes and bundlers know no such module. */
const FFI: string = "bun:ffi";
