// Builds: the three builds of the core side by side: vectors (build/sip.wasm), without (build/scalar.wasm),
// and plain JavaScript (build/scalar.js), each with the header names interned.

import { readFileSync } from "node:fs";
import { FIELDS_MAX, PARAMS_MAX, RECORD_WORDS, T_FIELDS } from "../../src/core/abi.ts";
import type { CoreExports } from "../../src/core/engine.ts";
import { headerById } from "../../src/message/header-table.ts";

/** Bytes of the window with the tail behind it. */
const WINDOW_BYTES = 65536 + 128;

/** One build with views on its memory. */
export interface Build {
  readonly name: string;
  readonly core: CoreExports;
  readonly window: Uint8Array;
  readonly table: Uint32Array;
  readonly record: Uint32Array;
  readonly params: Uint32Array;
}

function open(name: string, core: CoreExports): Build {
  const buffer = core.memory.buffer;
  const build: Build = {
    name,
    core,
    window: new Uint8Array(buffer, core.windowAt.value, WINDOW_BYTES),
    table: new Uint32Array(buffer, core.tableAt.value, T_FIELDS + 2 * FIELDS_MAX),
    record: new Uint32Array(buffer, core.recordAt.value, RECORD_WORDS),
    params: new Uint32Array(buffer, core.paramsAt.value, 2 * PARAMS_MAX),
  };
  for (let id = 1; headerById(id) !== undefined; id++) {
    const { name: long, compact } = headerById(id);
    for (const each of compact ? [long.toLowerCase(), compact] : [long.toLowerCase()]) {
      build.window.set(Buffer.from(each));
      if (core.intern(each.length, id) !== id) throw new Error(`${name} does not take ${each}`);
    }
  }
  return build;
}

/** The bytes of a file under build/. */
export function built(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../build/${file}`, import.meta.url)));
}

function wasm(file: string): CoreExports {
  return new WebAssembly.Instance(new WebAssembly.Module(built(file))).exports as unknown as CoreExports;
}

async function script(): Promise<CoreExports> {
  const url = new URL("../../build/scalar.js", import.meta.url).href;
  const { instantiate } = (await import(/* @vite-ignore */ url)) as { instantiate(): CoreExports };
  return instantiate();
}

/** A fresh instance of each build; the first is the one that is shipped as the default. */
export async function openBuilds(): Promise<readonly Build[]> {
  return [open("simd", wasm("sip.wasm")), open("scalar", wasm("scalar.wasm")), open("js", await script())];
}
