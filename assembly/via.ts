// Via: sent-protocol LWS sent-by *( SEMI via-params ) (RFC 3261 §20.42, §25.1).

import {
  E_RANGE,
  E_VALUE,
  FLAG,
  NONE,
  R_RPORT,
  R_VIA_HOST,
  R_VIA_PLAIN,
  R_VIA_PORT,
  R_VIA_PROTOCOL,
  R_VIA_TRANSPORT,
  R_VIA_TRANSPORT_ID,
  R_VIA_VERSION,
} from "../src/core/abi";
import { C_TOKEN, skip, skipSpace } from "./chars";
import { fail } from "./failure";
import { host, hostSpan } from "./host";
import { record, recorded, span, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { params } from "./params";
import { transportId } from "./words";

/** A token and the slash behind it, white space around it allowed; the address behind the slash, or 0. */
function tokenSlash(p: usize, end: usize, word: u32): usize {
  const last = skip(p, end, C_TOKEN);
  const slash = skipSpace(last, end);
  if (last == p || slash >= end || load<u8>(slash) != 0x2f) return 0;
  record(word, span(p, last));
  return skipSpace(slash + 1, end);
}

/** rport's value: a port, FLAG where it is asked for (RFC 3581 §3), NONE where it is not there. */
function readRport(value: u32): u32 {
  if (value == NONE || value == FLAG) return value;
  const start = WINDOW + <usize>(value & 0xffff);
  const end = WINDOW + <usize>(value >>> 16);
  if (start == end) return FLAG;
  return decimal(start, end, 65535) == end ? decimalValue : FLAG;
}

/** Reads one Via value; returns the address of the comma behind it or the end, 0 after a failure. */
export function via(p: usize, end: usize): usize {
  const start = skipSpace(p, end);
  p = start;
  const version = tokenSlash(p, end, R_VIA_PROTOCOL);
  if (version == 0) return fail(E_VALUE, p);
  const transport = tokenSlash(version, end, R_VIA_VERSION);
  if (transport == 0) return fail(E_VALUE, version);
  const transportEnd = skip(transport, end, C_TOKEN);
  p = skipSpace(transportEnd, end);
  if (transportEnd == transport || p == transportEnd) return fail(E_VALUE, transportEnd);
  record(R_VIA_TRANSPORT, span(transport, transportEnd));
  record(R_VIA_TRANSPORT_ID, transportId(transport, transportEnd - transport));

  // "SIP/" and "2.0/", the latter without white space within.
  const plain = load<u32>(start, 0, 1) == 0x2f504953 && load<u32>(start + 4, 0, 1) == 0x2f302e32;
  record(R_VIA_PLAIN, plain ? 1 : 0);

  const hostEnd = host(p, end);
  if (hostEnd == 0) return fail(E_VALUE, p);
  record(R_VIA_HOST, hostSpan);
  p = skipSpace(hostEnd, end);
  let port = NONE;
  if (p < end && load<u8>(p) == 0x3a) {
    const digits = skipSpace(p + 1, end);
    const last = decimal(digits, end, 65535);
    if (last == 0) return fail(E_RANGE, digits);
    port = decimalValue;
    p = skipSpace(last, end);
  }
  record(R_VIA_PORT, port);

  p = params(p, end);
  if (p == 0) return 0;
  record(R_RPORT, readRport(recorded(R_RPORT)));
  return p;
}
