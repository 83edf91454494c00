// Text: bytes ↔ strings, in one place. Inside the library the text of a message is a *binary string*:
// one character per octet, 0 to 255, so that an offset in the bytes is an index in the text, and what
// came in goes out bit for bit. For ASCII, nearly always, that is the text itself.

import { notWanted } from "../errors.ts";

/** The part of Node's Buffer that is faster than what the web has; Bun and Deno have it too. */
interface FastBuffer extends Uint8Array<ArrayBuffer> {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, length: number): number;
}
interface FastBufferConstructor {
  allocUnsafe(size: number): FastBuffer;
  byteLength(text: string): number;
  readonly prototype: FastBuffer;
}

const NodeBuffer: FastBufferConstructor | undefined = (() => {
  const found = (globalThis as unknown as { Buffer?: FastBufferConstructor }).Buffer;
  const usable =
    typeof found?.prototype?.latin1Slice === "function" && typeof found.prototype.latin1Write === "function";
  return usable ? found : undefined;
})();

/** Bytes from one offset up to another, called on them, as a binary string; undefined where Buffer is not there. */
export const latin1Slice: FastBuffer["latin1Slice"] | undefined = NodeBuffer?.prototype.latin1Slice;
// Deno's goes octet by octet.
const latin1Write = "Deno" in globalThis ? undefined : NodeBuffer?.prototype.latin1Write;

const byteLength = NodeBuffer?.byteLength;

/** Bun's encode is faster than what it has of Buffer. */
const inBun = "Bun" in globalThis;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What is asked for where data comes in, in an error's words. */
export const DATA = "text or a Uint8Array";

const NOT_ASCII = /[^\0-\x7f]/;

/** True where every character is below U+0080. Where there is a Buffer, its count of octets tells sooner than a search. */
export function isAscii(text: string): boolean {
  return byteLength === undefined ? !NOT_ASCII.test(text) : byteLength(text) === text.length;
}

/**
 * The same text by itself: engines keep a part of a text with all of the text that it was cut out of, and so what
 * outlives a message with all of the message.
 */
export function apart(text: string): string {
  // To cut a part out of two texts the engine puts them together first.
  return ` ${text}`.slice(1);
}

/** Bytes as a binary string. `ascii` says that none is above 0x7f, which is faster where Buffer is not there. */
export function binaryFrom(bytes: Uint8Array, ascii = false): string {
  if (latin1Slice) return latin1Slice.call(bytes, 0, bytes.length);
  if (ascii) return decoder.decode(bytes);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192) as unknown as number[]);
  }
  return text;
}

/** A binary string as fresh bytes, which nobody else writes to. */
export function bytesFrom(binary: string): Uint8Array<ArrayBuffer> {
  const { length } = binary;
  if (inBun) {
    const encoded = encoder.encode(binary);
    // Octets above 0x7f became two.
    if (encoded.length === length) return encoded;
  }
  const bytes = NodeBuffer === undefined ? new Uint8Array(length) : NodeBuffer.allocUnsafe(length);
  writeBinary(binary, bytes, length);
  return bytes;
}

/** Writes the first `length` characters of a binary string to the start of `target`. */
export function writeBinary(binary: string, target: Uint8Array<ArrayBuffer>, length: number): void {
  if (latin1Write) {
    latin1Write.call(target, binary, 0, length);
    return;
  }
  const part = binary.length === length ? binary : binary.slice(0, length);
  if (encodeAscii(part, target)) return;
  for (let i = 0; i < length; i++) target[i] = binary.charCodeAt(i);
}

/** Writes text to the start of `target` if all of it is ASCII and fits; else false, and `target` holds anything. */
export function encodeAscii(text: string, target: Uint8Array<ArrayBuffer>): boolean {
  const { read, written } = encoder.encodeInto(text, target);
  return read === text.length && written === text.length;
}

/** Octets read as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function fromUtf8(octets: Uint8Array<ArrayBuffer>): string {
  return decoder.decode(octets);
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text itself. JavaScript may give something else. @throws SipError `value_invalid` for what is none */
export function needText(text: string, where = "value"): string {
  if (typeof text !== "string") throw notWanted(where, "text", text);
  return text;
}

/** Text as UTF-8 in a binary string; ASCII text is its own. Throws SipError `value_invalid` for what is no text. */
export function toBinary(text: string): string {
  return isAscii(needText(text)) ? text : binaryFrom(encoder.encode(text));
}

/** A binary string read as UTF-8; what is not UTF-8 becomes U+FFFD. */
export function fromBinary(binary: string): string {
  return isAscii(binary) ? binary : decoder.decode(bytesFrom(binary));
}
