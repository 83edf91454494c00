// Engine: the one instance of the core and its views. It is made on the first use, synchronously; an
// entry registers where it comes from, and importing the library does nothing else.

import { SipError } from "../errors.ts";
import { FIELDS_MAX, PARAMS_MAX, RECORD_WORDS, T_FIELDS, WINDOW_SIZE } from "./abi.ts";

type Constant = { readonly value: number };

/** The functions of the module; assembly/index.ts says what each of them does. */
export interface CoreFunctions {
  parse(length: number): number;
  intern(length: number, id: number): number;
  ascii(length: number): number;
  reset(): void;
  via(start: number, end: number): number;
  address(start: number, end: number): number;
  uri(start: number, end: number): number;
  cseq(start: number, end: number): number;
  integer(start: number, end: number, most: number): number;
  token(start: number, end: number): number;
  mediaType(start: number, end: number): number;
  params(start: number, end: number): number;
  uriParams(start: number, end: number, separator: number): number;
  parts(start: number, end: number, format: number): number;
  paramList(start: number, end: number, separator: number): number;
}

/** What the module exports. */
export interface CoreExports extends CoreFunctions {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly windowAt: Constant;
  readonly tableAt: Constant;
  readonly recordAt: Constant;
  readonly paramsAt: Constant;
}

/**
 * The core with views on its memory, which never grows, so that they hold for ever. The functions are
 * copied out of the exports, an object of which V8 looks every property up anew.
 */
export interface Engine extends Readonly<CoreFunctions> {
  /** The window alone. */
  readonly window: Uint8Array<ArrayBuffer>;
  readonly table: Uint32Array;
  /** The table of a message with that many header fields; made when first asked for. */
  readonly tables: (Uint32Array | undefined)[];
  readonly record: Uint32Array;
  readonly paramRecord: Uint32Array;
}

let instance: Engine | undefined;
let source: (() => CoreExports) | undefined;
let prepare: ((engine: Engine) => void) | undefined;

/** Says how to get the core when it is first needed. The last one said before that counts. */
export function registerSource(from: () => CoreExports): void {
  source = from;
}

/** Says what to do with a new engine before its first use (the header names are interned so). */
export function registerPreparation(how: (engine: Engine) => void): void {
  prepare = how;
}

/** The engine; made now if this is its first use. Throws SipError `wasm_unavailable`. */
export function engine(): Engine {
  return instance ?? start();
}

function start(): Engine {
  if (!source) {
    throw new SipError(
      "wasm_unavailable",
      'No core: call initSync(module) before the first parse, or import from "sippet".',
    );
  }
  let made: Engine;
  try {
    made = engineOf(source());
  } catch (cause) {
    if (cause instanceof SipError) throw cause;
    throw new SipError(
      "wasm_unavailable",
      'No core: WebAssembly is forbidden here (use "sippet/js", or "sippet/core" with a compiled module), or what it was given is not "sippet/sip.wasm".',
      { cause },
    );
  }
  prepare?.(made);
  instance = made;
  return made;
}

function engineOf(exports: CoreExports): Engine {
  const buffer = exports.memory.buffer;
  return {
    parse: exports.parse,
    intern: exports.intern,
    ascii: exports.ascii,
    reset: exports.reset,
    via: exports.via,
    address: exports.address,
    uri: exports.uri,
    cseq: exports.cseq,
    integer: exports.integer,
    token: exports.token,
    mediaType: exports.mediaType,
    params: exports.params,
    uriParams: exports.uriParams,
    parts: exports.parts,
    paramList: exports.paramList,
    window: new Uint8Array(buffer, exports.windowAt.value, WINDOW_SIZE),
    table: new Uint32Array(buffer, exports.tableAt.value, T_FIELDS + 2 * FIELDS_MAX),
    tables: new Array(FIELDS_MAX + 1),
    record: new Uint32Array(buffer, exports.recordAt.value, RECORD_WORDS),
    paramRecord: new Uint32Array(buffer, exports.paramsAt.value, 2 * PARAMS_MAX),
  };
}
