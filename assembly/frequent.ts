// Frequent: the values that every element reads of every message, found in one call: topmost Via, From, To,
// first Contact, Call-ID, CSeq, Max-Forwards (RFC 3261 §8.1.1). What is not there, there twice where it must not be, or
// not as its grammar has it is left out; who asks for it goes the long way, which says what is wrong.

import {
  F_ASCII,
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
  R_METHOD_ID,
  R_NUMBER,
  R_STOP,
  READ_ASCII,
  READ_OCTETS,
  S_CALL_ID,
  T_FIELDS,
  T_FLAGS,
  T_HOT,
  T_REPEATED,
} from "../src/core/abi";
import { address } from "./address";
import { mark } from "./marks";
import { FREQUENT, RECORD, record, recorded, recordTo, TABLE, WINDOW } from "./memory";
import { parts } from "./parts";
import { cseq, integer } from "./values";
import { via } from "./via";

/** Where the value of the field that was looked up last begins and ends. */
let start: usize = 0;
let end: usize = 0;

function word(number: usize): u32 {
  return load<u32>(TABLE + (number << 2));
}

/** Looks up the first field of that id; false where there is none, or more than the caller can do with. */
function look(id: u32, alone: bool): bool {
  const number = <usize>load<u8>(TABLE + (T_HOT << 2) + id);
  if (number == 0 || (alone && (word(T_REPEATED) & (1 << id)) != 0)) return false;
  const field = <usize>T_FIELDS + ((number - 1) << 1);
  start = WINDOW + <usize>(word(field) >>> 16);
  end = WINDOW + <usize>(word(field + 1) & 0xffff);
  mark(start, end);
  return true;
}

/** Looks up the header of that id; what its value is made of goes to `at`. */
function begin(at: usize, id: u32, alone: bool): bool {
  recordTo(FREQUENT + (at << 2));
  if (look(id, alone)) return true;
  record(R_ERROR, 0);
  return false;
}

/** Notes how the value went that ended at `stop`, 0 for one that could not be read. */
function finish(stop: usize): void {
  record(R_ERROR, stop == 0 ? 0 : (word(T_FLAGS) & F_ASCII) != 0 ? READ_ASCII : READ_OCTETS);
  record(R_STOP, <u32>(stop - WINDOW));
}

/** Reads From or To, of which there is one, and which ends where its field does. */
function single(at: usize, id: u32): void {
  if (!begin(at, id, true)) return;
  const stop = address(start, end);
  finish(stop == end ? stop : 0);
}

/** Reads the frequent values of the message that parseHead() has just read, or that is back in the window. */
export function readFrequent(): void {
  if (begin(Q_VIA, ID_VIA, false)) finish(via(start, end));
  single(Q_FROM, ID_FROM);
  single(Q_TO, ID_TO);
  if (begin(Q_CONTACT, ID_CONTACT, false)) finish(address(start, end));

  recordTo(RECORD);
  const sequence = look(ID_CSEQ, true) && cseq(start, end) != 0;
  store<u32>(FREQUENT + (Q_CSEQ << 2), recorded(R_NUMBER));
  store<u32>(FREQUENT + (Q_METHOD << 2), sequence ? recorded(R_METHOD_ID) : 0);
  store<u32>(
    FREQUENT + (Q_CALL_ID << 2),
    look(ID_CALL_ID, true) && parts(start, end, S_CALL_ID) == end ? 1 : 0,
  );
  const hops = look(ID_MAX_FORWARDS, true) && integer(start, end, 255) != 0;
  store<u32>(FREQUENT + (Q_MAX_FORWARDS << 2), hops ? recorded(R_NUMBER) : <u32>NONE);
}
