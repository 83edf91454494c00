// STUN on the SIP port: the answer to a Binding request, which is how user agents keep NATs open over UDP
// and notice that their address has changed (RFC 5626 §4.4.2, RFC 8489). No authentication.

import {
  BINDING_ERROR,
  BINDING_REQUEST,
  BINDING_SUCCESS,
  ERROR_CODE,
  readStun,
  stunId,
  UNKNOWN_ATTRIBUTES,
  view,
  writeMapped,
  writeStun,
} from "./stun-message.ts";
import type { Address } from "./transport.ts";

/** RFC 8489 §6.1: a request has to fit the smallest path there is. */
const LONGEST = 548;
/**
 * Attributes of authentication, which a server that asks for none passes over: USERNAME, MESSAGE-INTEGRITY, REALM,
 * NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH.
 */
const PASSED_OVER: ReadonlySet<number> = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]);

/**
 * The answer to a Binding request from `remote`: its address as it is seen here, with a FINGERPRINT where the
 * request has one; 420 to attributes that it must not pass over and does not know. Undefined for anything
 * else: responses, indications, other methods, what is broken or has a wrong FINGERPRINT.
 */
export function answerStun(data: Uint8Array, remote: Address): Uint8Array<ArrayBuffer> | undefined {
  const request = data.length > LONGEST ? undefined : readStun(data);
  if (request?.type !== BINDING_REQUEST) return undefined;
  const id = stunId(data);
  const unknown = request.attributes
    .map(([type]) => type)
    .filter((type) => type < 0x8000 && !PASSED_OVER.has(type));
  return unknown.length > 0
    ? writeStun(BINDING_ERROR, id, refusal(unknown), request.fingerprint)
    : writeStun(BINDING_SUCCESS, id, writeMapped(id, remote), request.fingerprint);
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
