// StunMessage: the parts of a STUN message (RFC 8489 §5, §14): what is one, its attributes, an address in it.

import { addressOctets, unbracketed } from "./address.ts";
import type { Address } from "./transport.ts";

const MAGIC = 0x2112a442;
/** How long the header is. */
export const HEADER = 20;
/** The types of messages. */
export const BINDING_REQUEST = 0x0001;
export const BINDING_SUCCESS = 0x0101;
export const BINDING_ERROR = 0x0111;
/** The types of attributes. */
export const ERROR_CODE = 0x0009;
export const UNKNOWN_ATTRIBUTES = 0x000a;
export const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;

/** True for what is STUN, whole or broken, and so no SIP: two zero bits and the magic cookie (RFC 8489 §5). */
export function isStun(data: Uint8Array): boolean {
  return data.length >= HEADER && data[0]! < 0x40 && view(data).getUint32(4) === MAGIC;
}

/** What stands in a message. */
export interface StunMessage {
  readonly type: number;
  /** Type and value of each attribute but FINGERPRINT, in their order. */
  readonly attributes: readonly (readonly [type: number, value: Uint8Array])[];
  /** Whether it has a FINGERPRINT; it is right then. */
  readonly fingerprint: boolean;
}

/** Reads a message; undefined for what is broken, has the wrong length or a wrong FINGERPRINT. */
export function readStun(data: Uint8Array): StunMessage | undefined {
  if (!isStun(data)) return undefined;
  const words = view(data);
  const length = words.getUint16(2);
  if (length % 4 !== 0 || HEADER + length !== data.length) return undefined;
  const attributes: [number, Uint8Array][] = [];
  let fingerprint = false;
  for (let at = HEADER; at < data.length; ) {
    const type = words.getUint16(at);
    const size = words.getUint16(at + 2);
    const next = at + 4 + size + ((4 - (size & 3)) & 3);
    if (next > data.length) return undefined;
    if (type === FINGERPRINT) {
      // RFC 8489 §14.7: the last attribute, over all that stands before it.
      if (size !== 4 || next !== data.length) return undefined;
      if (words.getUint32(at + 4) !== fingerprintOf(data.subarray(0, at))) return undefined;
      fingerprint = true;
    } else attributes.push([type, data.subarray(at + 4, at + 4 + size)]);
    at = next;
  }
  return { type: words.getUint16(0), attributes, fingerprint };
}

/**
 * Writes a message.
 *
 * @param id the transaction's, 12 octets
 * @param body its attributes
 * @param fingerprint whether a FINGERPRINT comes behind them
 */
export function writeStun(
  type: number,
  id: Uint8Array,
  body: Uint8Array,
  fingerprint: boolean,
): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(HEADER + body.length + (fingerprint ? 8 : 0));
  const words = view(message);
  words.setUint16(0, type);
  words.setUint16(2, message.length - HEADER);
  words.setUint32(4, MAGIC);
  message.set(id, 8);
  message.set(body, HEADER);
  if (fingerprint) {
    const at = HEADER + body.length;
    words.setUint32(at, (FINGERPRINT << 16) | 4);
    words.setUint32(at + 4, fingerprintOf(message.subarray(0, at)));
  }
  return message;
}

/** The transaction's id. */
export function stunId(data: Uint8Array): Uint8Array {
  return data.subarray(8, HEADER);
}

/** An XOR-MAPPED-ADDRESS, whole: exclusive-ored with the magic cookie and the transaction's id (RFC 8489 §14.2). */
export function writeMapped(id: Uint8Array, { host, port }: Address): Uint8Array {
  const octets = addressOctets(host);
  const attribute = new Uint8Array(8 + octets.length);
  const words = view(attribute);
  words.setUint16(0, XOR_MAPPED_ADDRESS);
  words.setUint16(2, 4 + octets.length);
  attribute[5] = octets.length === 4 ? 1 : 2;
  words.setUint16(6, port ^ (MAGIC >>> 16));
  attribute.set(masked(octets, id), 8);
  return attribute;
}

/** The address of an XOR-MAPPED-ADDRESS's value; undefined where it is none. */
export function readMapped(id: Uint8Array, value: Uint8Array): Address | undefined {
  const family = value[1];
  if (value.length !== (family === 1 ? 8 : family === 2 ? 20 : -1)) return undefined;
  const octets = masked(value.subarray(4), id);
  const port = view(value).getUint16(2) ^ (MAGIC >>> 16);
  if (family === 1) return { host: octets.join("."), port };
  const words = view(octets);
  const groups = Array.from({ length: 8 }, (_, group) => words.getUint16(2 * group).toString(16));
  // As RFC 5952 §4 shortens it.
  return { host: unbracketed(new URL(`http://[${groups.join(":")}]`).hostname), port };
}

/** Exclusive-ors an address with the cookie and the id: twice gives it back. */
function masked(octets: Uint8Array, id: Uint8Array): Uint8Array {
  return octets.map((octet, i) => octet ^ (i < 4 ? (MAGIC >>> (24 - 8 * i)) & 0xff : id[i - 4]!));
}

/** RFC 8489 §14.7: the CRC-32 of what stands before, the length in it counting the FINGERPRINT already. */
function fingerprintOf(data: Uint8Array): number {
  const whole = Uint8Array.from(data);
  view(whole).setUint16(2, data.length - HEADER + 8);
  let crc = -1;
  for (const octet of whole) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (~crc ^ FINGERPRINT_XOR) >>> 0;
}

/** The octets as numbers of more octets, the most significant first. */
export function view(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
