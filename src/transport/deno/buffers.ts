// Buffers: how much the kernel keeps for a socket of Deno's, which has no option for it and tells no descriptor: the C
// library is asked which descriptor has the socket's address, and to set it. Deno lets who has --allow-ffi ask.

import process from "node:process";
import { addressOctets } from "../address.ts";
import { cLibraryOf } from "../socket-buffers.ts";
import type { Address } from "../transport.ts";

/** What is used of the C library. */
interface Symbols {
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  getsockopt(fd: number, level: number, name: number, value: Int32Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number;
}
/** What is used of Deno's API for it. */
interface DenoForeign {
  readonly permissions: { querySync(wanted: { name: "ffi" }): { readonly state: string } };
  dlopen(path: string, symbols: object): { readonly symbols: Symbols };
}

const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
};

/** Sockets are looked for among so many descriptors: a server that opens its transports when it starts has few before. */
const MOST_DESCRIPTORS = 4096;
const SOCK_DGRAM = 2;

function deno(): DenoForeign {
  return (globalThis as unknown as { Deno: DenoForeign }).Deno;
}

/** Whether the C library may be asked. Does not ask the user for it, as dlopen would. */
export function mayAsk(): boolean {
  return deno().permissions.querySync({ name: "ffi" }).state === "granted";
}

/**
 * Sets one of the two buffers of the datagram socket at that address to about so many bytes, or to as many as the system
 * allows. False where it cannot.
 */
export function setBuffer(at: Address, which: "send" | "receive", size: number): boolean {
  const library = cLibraryOf(process.platform);
  if (library === undefined || !mayAsk()) return false;
  try {
    symbols ??= deno().dlopen(library.path, SYMBOLS).symbols;
  } catch {
    // No such library (musl).
    return false;
  }
  const { level, type } = library;
  const value = new Int32Array(1);
  let done = false;
  for (let fd = 0; fd < MOST_DESCRIPTORS; fd++) {
    if (!isAt(symbols, fd, at)) continue;
    symbols.getsockopt(fd, level, type, value, Uint32Array.of(value.byteLength));
    if (value[0] !== SOCK_DGRAM) continue;
    const wanted = Int32Array.of(size);
    done = symbols.setsockopt(fd, level, library[which], wanted, wanted.byteLength) === 0 || done;
  }
  return done;
}

let symbols: Symbols | undefined;

const name = new Uint8Array(128);
const length = new Uint32Array(1);

/** Whether that descriptor is a socket bound to that address. */
function isAt({ getsockname }: Symbols, fd: number, { host, port }: Address): boolean {
  length[0] = name.byteLength;
  if (getsockname(fd, name, length) !== 0) return false;
  // sockaddr_in and sockaddr_in6: port in octets 2 and 3; the address behind it, and there behind the flow label.
  if ((name[2]! << 8) + name[3]! !== port) return false;
  const wanted = addressOctets(host);
  const [from, whole] = wanted.length === 4 ? [4, 16] : [8, 28];
  // 0.0.0.0 and :: are all noughts: the other family's socket may be at the same port.
  if (length[0] !== whole) return false;
  return wanted.every((octet, i) => name[from + i] === octet);
}
