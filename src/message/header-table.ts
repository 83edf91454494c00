// The header table: every header field that the library knows: its name as the RFC writes it, its compact
// form, whether it is a list, and the kind of its values. Adding a header field is one row here and one
// in header-types.ts.

import type { Engine } from "../core/engine.ts";
import { registerPreparation } from "../core/engine.ts";
import { writeBinary } from "../core/text.ts";
import { holds } from "../core/window.ts";
import {
  ADDRESS,
  CALL_ID,
  CONTACT,
  CSEQ,
  EVENT,
  EVENT_NAME,
  type Kind,
  MEDIA_RANGE,
  MEDIA_TYPE,
  NUMBER,
  ROUTE,
  TEXT,
  TOKEN,
  TOKEN_PARAMS,
  VIA,
} from "./codec.ts";

/** What is known of one header field. */
export interface HeaderInfo {
  /** Its number in the core; 0 for a header field that is not in the table. */
  readonly id: number;
  /** As the RFC writes it. */
  readonly name: string;
  /** Its compact form, if it has one (RFC 3261 §7.3.3). */
  readonly compact: string | undefined;
  /** True where several values make a list, over several lines or with commas between (§7.3.1). */
  readonly list: boolean;
  /** True for a list that may have no values at all. */
  readonly empty: boolean;
  readonly kind: Kind;
  /** The largest number that it may be, where it is one. */
  readonly most: number;
}

// name, compact form, list?, kind, largest number; the order gives the ids, the most frequent first.
const rows: readonly (readonly [string, string | undefined, boolean, Kind, number?])[] = [
  ["Via", "v", true, VIA],
  ["From", "f", false, ADDRESS],
  ["To", "t", false, ADDRESS],
  ["Call-ID", "i", false, CALL_ID],
  ["CSeq", undefined, false, CSEQ],
  ["Contact", "m", true, CONTACT],
  ["Max-Forwards", undefined, false, NUMBER, 255],
  ["Content-Length", "l", false, NUMBER],
  ["Content-Type", "c", false, MEDIA_TYPE],
  ["Route", undefined, true, ROUTE],
  ["Record-Route", undefined, true, ROUTE],
  ["Expires", undefined, false, NUMBER],
  ["Accept", undefined, true, MEDIA_RANGE],
  ["Allow", undefined, true, TOKEN],
  ["Allow-Events", "u", true, EVENT_NAME],
  ["Content-Disposition", undefined, false, TOKEN_PARAMS],
  ["Event", "o", false, EVENT],
  ["Min-Expires", undefined, false, NUMBER],
  ["P-Asserted-Identity", undefined, true, ADDRESS],
  ["P-Preferred-Identity", undefined, true, ADDRESS],
  ["Path", undefined, true, ROUTE],
  ["Proxy-Require", undefined, true, TOKEN],
  ["Refer-To", "r", false, ADDRESS],
  ["Referred-By", "b", false, ADDRESS],
  ["Reply-To", undefined, false, ADDRESS],
  ["Require", undefined, true, TOKEN],
  ["Service-Route", undefined, true, ROUTE],
  ["Server", undefined, false, TEXT],
  ["Subject", "s", false, TEXT],
  ["Subscription-State", undefined, false, TOKEN_PARAMS],
  ["Supported", "k", true, TOKEN],
  ["Timestamp", undefined, false, TEXT],
  ["Unsupported", undefined, true, TOKEN],
  ["User-Agent", undefined, false, TEXT],
];

/** Lists whose grammar has the values in brackets: "Accept:" alone says that nothing is taken (RFC 3261 §20.1). */
const MAY_BE_EMPTY = ["Accept", "Accept-Encoding", "Accept-Language", "Allow", "Recv-Info", "Supported"];

const byName = new Map<string, HeaderInfo>();
const byId: HeaderInfo[] = [];

for (const [index, [name, compact, list, kind, most = 0xffffffff]] of rows.entries()) {
  const empty = MAY_BE_EMPTY.includes(name);
  const info: HeaderInfo = { id: index + 1, name, compact, list, empty, kind, most };
  byId[info.id] = info;
  byName.set(name, info);
  byName.set(name.toLowerCase(), info);
  if (compact) byName.set(compact, info);
}

registerPreparation((core: Engine) => {
  for (const { id, name, compact } of byId.slice(1)) {
    for (const each of compact ? [name.toLowerCase(), compact] : [name.toLowerCase()]) {
      writeBinary(each, core.window, each.length);
      core.intern(each.length, id);
    }
  }
  holds(undefined);
});

const [, via, from, to, callId, cseq, contact, maxForwards] = byId;

/**
 * The header field of that name or compact form, in any case; undefined for one that is not in the table. The
 * names that are read in every message are compared before any is looked up.
 */
export function headerInfo(name: string): HeaderInfo | undefined {
  switch (name) {
    case "Via":
      return via;
    case "From":
      return from;
    case "To":
      return to;
    case "Call-ID":
      return callId;
    case "CSeq":
      return cseq;
    case "Contact":
      return contact;
    case "Max-Forwards":
      return maxForwards;
    default:
      return byName.get(name) ?? byName.get(name.toLowerCase());
  }
}

/** The header field of that id. */
export function headerById(id: number): HeaderInfo {
  return byId[id]!;
}
