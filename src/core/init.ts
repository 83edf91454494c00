// Init: the ways to a core: the inline bytes, or a module, instance or response that the user brings.

import { notWanted } from "../errors.ts";
import { type CoreExports, registerSource } from "./engine.ts";
import { unpack } from "./unpack.ts";

// The library is compiled without the DOM's types; this is all it needs to know of WebAssembly.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { readonly exports: unknown };
  compile(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<object>;
};

/** A `WebAssembly.Module` of `sippet/sip.wasm`, or the exports of an instance of it. */
export type CoreModule = object;

/**
 * Uses this module as the core: for hosts where WebAssembly may not be compiled from bytes
 * (Cloudflare Workers), or that import `.wasm` themselves. Call it before the first parse, which throws
 * SipError `wasm_unavailable` for another module; after it nothing changes.
 *
 * @param module a compiled `WebAssembly.Module` of `sippet/sip.wasm`, or an instance's exports
 * @throws SipError `value_invalid` for what is no object
 */
export function initSync(module: CoreModule): void {
  needObject("a WebAssembly.Module", module);
  const ready = "parse" in module;
  registerSource(() =>
    ready ? (module as CoreExports) : (new WebAssembly.Instance(module).exports as CoreExports),
  );
}

/**
 * Compiles `sippet/sip.wasm` from its bytes, from a fetched response, or from what a promise brings,
 * and uses it as the core. Call and await it before the first parse.
 *
 * Rejects with SipError `value_invalid` for what is no object, and with what the promise, `arrayBuffer()` and
 * `WebAssembly.compile` reject with.
 *
 * @param from the bytes, or a `Response` (or anything with `arrayBuffer()`), or a promise of either
 */
export async function init(
  from:
    | Uint8Array<ArrayBuffer>
    | ArrayBuffer
    | { arrayBuffer(): Promise<ArrayBuffer> }
    | PromiseLike<{ arrayBuffer(): Promise<ArrayBuffer> } | ArrayBuffer>,
): Promise<void> {
  const got = await from;
  needObject("octets or a Response", got);
  const bytes = "arrayBuffer" in got ? await got.arrayBuffer() : got;
  initSync(await WebAssembly.compile(bytes));
}

/** Uses the core that is given as packed text, compiled on the first parse. */
export function useInline(packed: string): void {
  registerSource(
    () => new WebAssembly.Instance(new WebAssembly.Module(unpack(packed))).exports as CoreExports,
  );
}

function needObject(wanted: string, given: unknown): void {
  if (Object(given) !== given) throw notWanted("init", wanted, given);
}
