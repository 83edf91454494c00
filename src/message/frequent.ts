// Frequent: the typed values that every element reads of every message, out of the records that the core leaves
// of them with the head, made all at once: one at a time costs more. Undefined where a value has to be read the
// long way: it is not there, or there twice, or not as its grammar has it.

import {
  ID_CONTACT,
  ID_MAX_FORWARDS,
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
import { METHODS } from "../core/words.ts";
import { CSeq } from "./cseq.ts";
import { NameAddr } from "./name-addr.ts";
import { Via } from "./via.ts";

/** What get() or first() gives of these header fields, as they came in; null where there is no such field. */
export class Frequent {
  /** The topmost. */
  readonly via: Via | undefined;
  readonly from: NameAddr | undefined;
  readonly to: NameAddr | undefined;
  readonly callId: string | undefined;
  readonly cseq: CSeq | undefined;
  /** The first. */
  readonly contact: NameAddr | null | undefined;
  readonly maxForwards: number | null | undefined;

  constructor(head: Head | undefined) {
    if (head === undefined) {
      this.via = this.from = this.to = this.callId = this.cseq = this.contact = this.maxForwards = undefined;
      return;
    }
    const { text, words, at } = head;
    this.via = words[at + Q_VIA] === 0 ? undefined : new Via(text, words, at + Q_VIA);
    this.from = words[at + Q_FROM] === 0 ? undefined : new NameAddr(text, words, at + Q_FROM);
    this.to = words[at + Q_TO] === 0 ? undefined : new NameAddr(text, words, at + Q_TO);
    const callId = words[at + Q_CALL_ID]!;
    this.callId = callId === 0 ? undefined : text.slice(callId & 0xffff, callId >>> 16);
    const method = words[at + Q_METHOD]!;
    this.cseq = method === 0 ? undefined : new CSeq(words[at + Q_CSEQ]!, METHODS[method] as string, true);
    this.contact =
      words[at + Q_CONTACT] === 0 || words[at + Q_CONTACT + R_BAD_Q] !== 0
        ? lacking(head, ID_CONTACT)
        : new NameAddr(text, words, at + Q_CONTACT);
    const hops = words[at + Q_MAX_FORWARDS]!;
    this.maxForwards = hops === NONE ? lacking(head, ID_MAX_FORWARDS) : hops;
  }
}

function lacking(head: Head, id: number): null | undefined {
  return head.find(id, 0) < 0 ? null : undefined;
}

/** Of a message that was made here, of which nothing came in. */
export const NOTHING: Frequent = new Frequent(undefined);

/** True where the first Via or Contact is there and the only one: one field, and nothing behind the value. */
export function frequentAlone(head: Head, id: number): boolean {
  return (id === ID_VIA || id === ID_CONTACT) && !head.repeated(id) && fillsField(head, id);
}

/** True where the first Via or Contact is there, and nothing behind it in its field. */
export function fillsField(head: Head, id: number): boolean {
  const { words } = head;
  const at = head.at + (id === ID_VIA ? Q_VIA : Q_CONTACT);
  return (
    words[at] !== 0 && words[at + R_BAD_Q] === 0 && words[at + R_STOP] === head.valueEnd(head.find(id, 0))
  );
}
