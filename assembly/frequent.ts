// Frequent: the values that every element reads of every message, read along with the head: topmost Via, From, To,
// first Contact, Call-ID, CSeq, Max-Forwards (RFC 3261 §8.1.1). What is not there, there twice where it must not be, very
// long, or not as its grammar has it is left out; who asks for it goes the long way, which says what is wrong.

import {
  FREQUENT_MAX,
  ID_CALL_ID,
  ID_CONTACT,
  ID_CSEQ,
  ID_FROM,
  ID_MAX_FORWARDS,
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
  S_CALL_ID,
  SCHEME_STAR,
} from "../src/core/abi";
import { address } from "./address";
import { firstField, valueEnd, valueStart } from "./fields";
import { mark } from "./marks";
import { RECORD, record, recorded, recordTo, span, TABLE, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { parts } from "./parts";
import { usualCallId } from "./usual";
import { usualAddress } from "./usual-address";
import { usualVia } from "./usual-via";
import { integer } from "./values";
import { via } from "./via";
import { methodId } from "./words";

function put(word: u32, value: u32): void {
  store<u32>(TABLE + ((<usize>word) << 2), value);
}

/** The one field of that header, where there is one, its value is there and is not very long; else 0. */
function single(id: u32, repeated: u32): usize {
  const field = firstField(id);
  return field != 0 && ((repeated >> id) & 1) == 0 && isShort(field) ? field : 0;
}

function isShort(field: usize): bool {
  return valueEnd(field) - valueStart(field) - 1 < <usize>FREQUENT_MAX;
}

/** Reads a Via; what comes behind a comma is not its matter. */
function readVia(found: u32): void {
  const to = TABLE + ((<usize>Q_VIA) << 2);
  const field = firstField(ID_VIA);
  let stop: usize = 0;
  if (field != 0 && isShort(field)) {
    const start = valueStart(field);
    const end = valueEnd(field);
    recordTo(to);
    if (ASC_FEATURE_SIMD) stop = usualVia(start, end, to);
    if (stop == 0) {
      mark(start, end);
      stop = via(start, end);
    }
    record(R_STOP, <u32>(stop - WINDOW));
  }
  store<u32>(to, stop == 0 ? 0 : found, R_ERROR << 2);
}

/** Reads an address, but no `*`. From and To end where their field does. */
function readAddress(at: u32, field: usize, alone: bool, found: u32): void {
  const to = TABLE + ((<usize>at) << 2);
  let stop: usize = 0;
  if (field != 0) {
    const start = valueStart(field);
    const end = valueEnd(field);
    recordTo(to);
    if (ASC_FEATURE_SIMD) stop = usualAddress(start, end, to);
    if (stop == 0) {
      mark(start, end);
      stop = address(start, end);
      if (recorded(R_URI_KIND) == SCHEME_STAR) stop = 0;
    }
    record(R_STOP, <u32>(stop - WINDOW));
    if (alone && stop != end) stop = 0;
  }
  store<u32>(to, stop == 0 ? 0 : found, R_ERROR << 2);
}

function readCallId(start: usize, end: usize): bool {
  if (ASC_FEATURE_SIMD && usualCallId(start, end)) return true;
  mark(start, end);
  return parts(start, end, S_CALL_ID) == end;
}

/** Reads number, SP and a known method; 0 for another. */
function readCSeq(start: usize, end: usize): u32 {
  const last = decimal(start, end, 0x7fffffff);
  if (last == 0 || load<u8>(last) != 0x20) return 0;
  put(Q_CSEQ, decimalValue);
  return methodId(last + 1, end - last - 1);
}

/**
 * Reads the frequent values of the head whose fields are in the table.
 *
 * @param repeated a bit for each id of which there is more than one field
 * @param found the READ_* that stands for a value which was read
 */
export function readFrequent(repeated: u32, found: u32): void {
  readVia(found);
  readAddress(Q_FROM, single(ID_FROM, repeated), true, found);
  readAddress(Q_TO, single(ID_TO, repeated), true, found);
  const contact = firstField(ID_CONTACT);
  readAddress(Q_CONTACT, contact != 0 && isShort(contact) ? contact : 0, false, found);
  recordTo(RECORD);

  const callId = single(ID_CALL_ID, repeated);
  let value: u32 = 0;
  if (callId != 0 && readCallId(valueStart(callId), valueEnd(callId)))
    value = span(valueStart(callId), valueEnd(callId));
  put(Q_CALL_ID, value);

  const cseq = single(ID_CSEQ, repeated);
  put(Q_METHOD, cseq == 0 ? 0 : readCSeq(valueStart(cseq), valueEnd(cseq)));

  const hops = single(ID_MAX_FORWARDS, repeated);
  value = NONE;
  if (hops != 0 && integer(valueStart(hops), valueEnd(hops), 255) != 0) value = recorded(R_NUMBER);
  put(Q_MAX_FORWARDS, value);
}
