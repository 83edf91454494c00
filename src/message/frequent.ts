// Frequent: the typed values that every element reads of every message, out of the records that the core
// leaves of them with the head. Undefined where a value has to be read the long way: it is not there, or there
// twice, or not as its grammar has it.

import {
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
  R_BAD_Q,
  R_STOP,
} from "../core/abi.ts";
import type { Head } from "../core/head.ts";
import { part } from "../core/window.ts";
import { METHODS } from "../core/words.ts";
import { CSeq } from "./cseq.ts";
import { NameAddr } from "./name-addr.ts";
import { Via } from "./via.ts";

/** The first value of the header of that id, as it came. */
export function frequentFirst(head: Head, id: number): unknown {
  const { words, at } = head;
  switch (id) {
    case ID_VIA:
      return words[at + Q_VIA] === 0 ? undefined : new Via(head.text, words, at + Q_VIA);
    case ID_FROM:
      return words[at + Q_FROM] === 0 ? undefined : new NameAddr(head.text, words, at + Q_FROM);
    case ID_TO:
      return words[at + Q_TO] === 0 ? undefined : new NameAddr(head.text, words, at + Q_TO);
    case ID_CONTACT:
      return words[at + Q_CONTACT] === 0 || words[at + Q_CONTACT + R_BAD_Q] !== 0
        ? undefined
        : new NameAddr(head.text, words, at + Q_CONTACT);
    case ID_CALL_ID: {
      const field = head.find(id, 0);
      return words[at + Q_CALL_ID] === 0
        ? undefined
        : part(head.text, head.valueStart(field), head.valueEnd(field), head.ascii);
    }
    case ID_CSEQ: {
      const method = words[at + Q_METHOD]!;
      return method === 0 ? undefined : new CSeq(words[at + Q_CSEQ]!, METHODS[method] as string, true);
    }
    case ID_MAX_FORWARDS: {
      const hops = words[at + Q_MAX_FORWARDS]!;
      return hops === NONE ? undefined : hops;
    }
    default:
      return undefined;
  }
}

/** True where the first Via or Contact is there and the only one: one field, and nothing behind the value. */
export function frequentAlone(head: Head, id: number): boolean {
  if ((id !== ID_VIA && id !== ID_CONTACT) || head.repeated(id)) return false;
  const { words } = head;
  const at = head.at + (id === ID_VIA ? Q_VIA : Q_CONTACT);
  return (
    words[at] !== 0 && words[at + R_BAD_Q] === 0 && words[at + R_STOP] === head.valueEnd(head.find(id, 0))
  );
}
