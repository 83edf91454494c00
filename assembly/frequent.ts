// Frequent: the values that every element reads of every message, read along with the head: topmost Via, From, To,
// first Contact, Call-ID, CSeq, Max-Forwards (RFC 3261 §8.1.1). What is not there, there twice where it must not be, very
// long, or not as its grammar has it is left out; who asks for it goes the long way, which says what is wrong.

import {
  FREQUENT_MAX,
  ID_CALL_ID,
  ID_CONTACT,
  ID_CSEQ,
  ID_FROM,
  ID_TO,
  ID_VIA,
  NONE,
  Q_CALL_ID,
  Q_CONTACT,
  Q_CSEQ,
  Q_FROM,
  Q_MAX_FORWARDS,
  Q_METHOD,
  Q_TO,
  Q_VIA,
  R_ERROR,
  R_NUMBER,
  R_STOP,
  R_URI_KIND,
  READ_ASCII,
  READ_OCTETS,
  S_CALL_ID,
  SCHEME_STAR,
} from "../src/core/abi";
import { address } from "./address";
import { mark } from "./marks";
import { RECORD, record, recorded, recordTo, span, TABLE, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { parts } from "./parts";
import { usualAddress, usualCallId, usualVia } from "./usual";
import { integer } from "./values";
import { via } from "./via";
import { methodId } from "./words";

function put(word: u32, value: u32): void {
  store<u32>(TABLE + ((<usize>word) << 2), value);
}

/** Says that none was read. */
export function clearFrequent(): void {
  put(Q_VIA, 0);
  put(Q_FROM, 0);
  put(Q_TO, 0);
  put(Q_CONTACT, 0);
  put(Q_METHOD, 0);
  put(Q_CALL_ID, 0);
  put(Q_MAX_FORWARDS, NONE);
}

/** Takes back the value of a header of which there must be one, and is another. */
export function dropFrequent(id: u32): void {
  if (id == ID_FROM) put(Q_FROM, 0);
  else if (id == ID_TO) put(Q_TO, 0);
  else if (id == ID_CALL_ID) put(Q_CALL_ID, 0);
  else if (id == ID_CSEQ) put(Q_METHOD, 0);
  else if (id != ID_VIA && id != ID_CONTACT) put(Q_MAX_FORWARDS, NONE);
}

/** Says of what was read that all octets of the head are ASCII. */
export function frequentIsAscii(): void {
  if (load<u32>(TABLE + (Q_VIA << 2)) != 0) put(Q_VIA, READ_ASCII);
  if (load<u32>(TABLE + (Q_FROM << 2)) != 0) put(Q_FROM, READ_ASCII);
  if (load<u32>(TABLE + (Q_TO << 2)) != 0) put(Q_TO, READ_ASCII);
  if (load<u32>(TABLE + (Q_CONTACT << 2)) != 0) put(Q_CONTACT, READ_ASCII);
}

/** Reads a Via or an address, but no `*`. From and To end where their field does. */
function readRecord(at: u32, id: u32, start: usize, end: usize): void {
  recordTo(TABLE + ((<usize>at) << 2));
  let stop: usize = 0;
  if (ASC_FEATURE_SIMD) stop = id == ID_VIA ? usualVia(start, end) : usualAddress(start, end);
  if (stop == 0) {
    mark(start, end);
    stop = id == ID_VIA ? via(start, end) : address(start, end);
    if (id != ID_VIA && recorded(R_URI_KIND) == SCHEME_STAR) stop = 0;
  }
  if (stop != end && (id == ID_FROM || id == ID_TO)) stop = 0;
  record(R_ERROR, stop == 0 ? 0 : READ_OCTETS);
  record(R_STOP, <u32>(stop - WINDOW));
  recordTo(RECORD);
}

function readCallId(start: usize, end: usize): bool {
  if (ASC_FEATURE_SIMD && usualCallId(start, end)) return true;
  mark(start, end);
  return parts(start, end, S_CALL_ID) == end;
}

/** Reads number, SP and a known method. */
function readCSeq(start: usize, end: usize): void {
  const last = decimal(start, end, 0x7fffffff);
  if (last == 0 || load<u8>(last) != 0x20) return;
  put(Q_CSEQ, decimalValue);
  put(Q_METHOD, methodId(last + 1, end - last - 1));
}

/** Reads the value of the first header of that id, Via to Max-Forwards. */
export function readFrequent(id: u32, start: usize, end: usize): void {
  if (end - start > <usize>FREQUENT_MAX || start == end) return;
  if (id == ID_VIA) readRecord(Q_VIA, id, start, end);
  else if (id == ID_FROM) readRecord(Q_FROM, id, start, end);
  else if (id == ID_TO) readRecord(Q_TO, id, start, end);
  else if (id == ID_CONTACT) readRecord(Q_CONTACT, id, start, end);
  else if (id == ID_CALL_ID) put(Q_CALL_ID, readCallId(start, end) ? span(start, end) : 0);
  else if (id == ID_CSEQ) readCSeq(start, end);
  else if (integer(start, end, 255) != 0) put(Q_MAX_FORWARDS, recorded(R_NUMBER));
}
