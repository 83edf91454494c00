// STUN on the SIP port: the answer to a Binding request, which is how user agents keep NATs open over UDP
// and notice that their address has changed (RFC 5626 §4.4.2, RFC 8489). No client, no authentication.

import { addressOctets } from "./address.ts";
import type { Address } from "./transport.ts";

const MAGIC = 0x2112a442;
const HEADER = 20;
/** RFC 8489 §6.2.1: a request has to fit the smallest path there is. */
const LONGEST = 548;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
/** Attributes of authentication, which a server that asks for none passes over: USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH. */
const PASSED_OVER: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);

/** True for what is STUN, whole or broken, and so no SIP: two zero bits and the magic cookie (RFC 8489 §5). */
export function isStun(data: Uint8Array): boolean {
  return data.length >= HEADER && data[0]! < 0x40 && view(data).getUint32(4) === MAGIC;
}

/**
 * The answer to a Binding request from `remote`: its address as it is seen here, with a FINGERPRINT where the
 * request has one; 420 to attributes that it must not pass over and does not know. Undefined for anything
 * else: responses, indications, other methods, what is broken or has a wrong FINGERPRINT.
 */
export function answerStun(data: Uint8Array, remote: Address): Uint8Array<ArrayBuffer> | undefined {
  if (data.length > LONGEST || !isStun(data)) return undefined;
  const request = view(data);
  const length = request.getUint16(2);
  if (request.getUint16(0) !== BINDING_REQUEST || length % 4 !== 0 || HEADER + length !== data.length) {
    return undefined;
  }
  const unknown: number[] = [];
  let fingerprint = false;
  for (let at = HEADER; at < data.length; ) {
    const type = request.getUint16(at);
    const size = request.getUint16(at + 2);
    const next = at + 4 + size + ((4 - (size & 3)) & 3);
    if (next > data.length) return undefined;
    if (type === FINGERPRINT) {
      // RFC 8489 §14.7: the last attribute, over all that stands before it.
      if (size !== 4 || next !== data.length) return undefined;
      if (request.getUint32(at + 4) !== fingerprintOf(data.subarray(0, at))) return undefined;
      fingerprint = true;
    } else if (type < 0x8000 && !PASSED_OVER.has(type)) unknown.push(type);
    at = next;
  }
  const body = unknown.length > 0 ? refusal(unknown) : mapped(data, remote);
  const answer = new Uint8Array(HEADER + body.length + (fingerprint ? 8 : 0));
  const out = view(answer);
  out.setUint16(0, unknown.length > 0 ? BINDING_ERROR : BINDING_SUCCESS);
  out.setUint16(2, answer.length - HEADER);
  answer.set(data.subarray(4, HEADER), 4);
  answer.set(body, HEADER);
  if (fingerprint) {
    const at = HEADER + body.length;
    out.setUint32(at, (FINGERPRINT << 16) | 4);
    out.setUint32(at + 4, fingerprintOf(answer.subarray(0, at)));
  }
  return answer;
}

/** RFC 8489 §14.2: the address, exclusive-ored with the magic cookie and the transaction's id. */
function mapped(request: Uint8Array, { host, port }: Address): Uint8Array {
  const address = addressOctets(host);
  const attribute = new Uint8Array(8 + address.length);
  const out = view(attribute);
  out.setUint16(0, XOR_MAPPED_ADDRESS);
  out.setUint16(2, 4 + address.length);
  attribute[5] = address.length === 4 ? 1 : 2;
  out.setUint16(6, port ^ (MAGIC >>> 16));
  for (let i = 0; i < address.length; i++) attribute[8 + i] = address[i]! ^ request[4 + i]!;
  return attribute;
}

/** ERROR-CODE 420 and UNKNOWN-ATTRIBUTES (RFC 8489 §14.8, §14.9). */
function refusal(unknown: readonly number[]): Uint8Array {
  const reason = "Unknown Attribute";
  const first = 4 + 4 + 20;
  const attributes = new Uint8Array(first + 4 + 2 * unknown.length + ((2 * unknown.length) & 2));
  const out = view(attributes);
  out.setUint16(0, ERROR_CODE);
  out.setUint16(2, 4 + reason.length);
  attributes[6] = 4;
  attributes[7] = 20;
  for (let i = 0; i < reason.length; i++) attributes[8 + i] = reason.charCodeAt(i);
  out.setUint16(first, UNKNOWN_ATTRIBUTES);
  out.setUint16(first + 2, 2 * unknown.length);
  unknown.forEach((type, i) => void out.setUint16(first + 4 + 2 * i, type));
  return attributes;
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

function view(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
