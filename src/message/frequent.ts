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
import { Uri } from "./uri.ts";
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

  constructor(
    via?: Via,
    from?: NameAddr,
    to?: NameAddr,
    callId?: string,
    cseq?: CSeq,
    contact?: NameAddr | null,
  ) {
    this.via = via;
    this.from = from;
    this.to = to;
    this.callId = callId;
    this.cseq = cseq;
    this.contact = contact;
  }
}

/** Of a message that was made here, of which nothing came in. */
export const NOTHING: Frequent = new Frequent();

/** The values of a message that came in. */
export function frequentOf(head: Head): Frequent {
  const { text, words, at } = head;
  const callId = words[at + Q_CALL_ID]!;
  const method = words[at + Q_METHOD]!;
  const contact = words[at + Q_CONTACT + R_BAD_Q] === 0 ? addressAt(text, words, at + Q_CONTACT) : undefined;
  return new Frequent(
    words[at + Q_VIA] === 0 ? undefined : new Via(text, words, at + Q_VIA),
    addressAt(text, words, at + Q_FROM),
    addressAt(text, words, at + Q_TO),
    callId === 0 ? undefined : text.slice(callId & 0xffff, callId >>> 16),
    method === 0 ? undefined : new CSeq(words[at + Q_CSEQ]!, METHODS[method] as string, true),
    contact ?? lacking(head, ID_CONTACT),
  );
}

function addressAt(text: string, words: Uint32Array, at: number): NameAddr | undefined {
  return words[at] === 0 ? undefined : new NameAddr(new Uri(text, words, at));
}

/** The Max-Forwards as it came in, which needs no other value to be made: a number, or as in Frequent. */
export function hopsOf(head: Head): number | null | undefined {
  const hops = head.words[head.at + Q_MAX_FORWARDS]!;
  return hops === NONE ? lacking(head, ID_MAX_FORWARDS) : hops;
}

function lacking(head: Head, id: number): null | undefined {
  return head.find(id, 0) < 0 ? null : undefined;
}

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
