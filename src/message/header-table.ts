// The header table: every header field that the library knows: its name as the RFC writes it, its compact
// form, whether it is a list, the kind of its values and what it asks of them. Adding a header field is one
// name here and one in header-types.ts.

import type { Engine } from "../core/engine.ts";
import { registerPreparation } from "../core/engine.ts";
import { needText, writeBinary } from "../core/text.ts";
import { holdsNothing } from "../core/window.ts";
import {
  bracketed,
  type Check,
  ends,
  eventType,
  hasQ,
  icid,
  indexed,
  language,
  languageQ,
  nameless,
  plain,
  priority,
  refresher,
  sipUri,
  star,
  starless,
  tags,
  trueOrFalse,
  valued,
} from "./checks.ts";
import { ADDRESS, CSEQ, type Kind, MEDIA_TYPE, NUMBER, TOKEN_PARAMS, VIA } from "./codec.ts";
import {
  AUTH_INFO,
  CALL_ID,
  CHALLENGE,
  CREDENTIALS,
  DATE,
  DIALOG_ID,
  IDENTITY,
  INTERVAL,
  LINE,
  MIME_VERSION,
  PARAM_LIST,
  PRIVACY,
  RACK,
  TEXT_PARAMS,
  TIMESTAMP,
  TOKEN,
  WARNING,
} from "./codecs.ts";

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
  readonly kind: Kind;
  /** The largest number that it may be, where it is one. */
  readonly most: number;
  /** What it asks of its values beyond their kind. */
  readonly check: Check | undefined;
}

// A row: the name, "|" and the compact form, "*" where it is a list. Rows of one kind and one check stand
// together; the order gives the ids, the most frequent header fields first.
const rows: readonly (readonly [names: string, kind: Kind, check?: Check | undefined, most?: number])[] = [
  ["Via|v*", VIA],
  ["From|f To|t", ADDRESS, starless],
  ["Call-ID|i", CALL_ID],
  ["CSeq", CSEQ],
  ["Contact|m*", ADDRESS, hasQ],
  ["Max-Forwards", NUMBER, undefined, 255],
  ["Content-Length|l", NUMBER],
  ["Content-Type|c", MEDIA_TYPE, valued],
  ["Route* Record-Route*", ADDRESS, bracketed],
  ["Expires", NUMBER],
  ["Accept*", MEDIA_TYPE, hasQ],
  ["Allow*", TOKEN],
  ["Allow-Events|u*", TOKEN, eventType],
  [
    "Reply-To Refer-To|r Referred-By|b P-Asserted-Identity* P-Preferred-Identity* P-Served-User Permission-Missing*",
    ADDRESS,
    starless,
  ],
  ["Path* Service-Route* P-Associated-URI* P-Called-Party-ID", ADDRESS, bracketed],
  ["Alert-Info* Call-Info* Error-Info* Geolocation* Identity-Info|n Policy-Contact*", ADDRESS, nameless],
  ["History-Info*", ADDRESS, indexed],
  ["Trigger-Consent*", ADDRESS, sipUri],
  ["Min-Expires RSeq Max-Breadth Flow-Timer", NUMBER],
  ["Session-Expires|x", INTERVAL, refresher],
  ["Min-SE", INTERVAL, plain],
  ["Retry-After", INTERVAL],
  ["RAck", RACK],
  ["Timestamp", TIMESTAMP],
  ["Date", DATE],
  ["MIME-Version", MIME_VERSION],
  ["Subject|s Organization User-Agent Server", LINE],
  ["Require* Proxy-Require* Supported|k* Unsupported*", TOKEN],
  ["Content-Encoding|e* Request-Disposition|d* Priority SIP-ETag SIP-If-Match Suppress-If-Match", TOKEN],
  ["Geolocation-Routing P-Early-Media*", TOKEN],
  ["Content-Language*", TOKEN, language],
  ["Resource-Priority* Accept-Resource-Priority*", TOKEN, priority],
  ["In-Reply-To*", CALL_ID],
  ["Replaces Join", DIALOG_ID, tags],
  ["Target-Dialog", DIALOG_ID, ends],
  ["Content-Disposition Subscription-State Info-Package Recv-Info* Reason*", TOKEN_PARAMS],
  ["P-Access-Network-Info* Session-ID", TOKEN_PARAMS],
  ["Event|o", TOKEN_PARAMS, eventType],
  ["Refer-Sub", TOKEN_PARAMS, trueOrFalse],
  ["Accept-Encoding* Security-Client* Security-Server* Security-Verify*", TOKEN_PARAMS, hasQ],
  ["Accept-Language*", TOKEN_PARAMS, languageQ],
  ["Accept-Contact|a* Reject-Contact|j* Feature-Caps*", TOKEN_PARAMS, star],
  ["P-Visited-Network-ID* User-to-User*", TEXT_PARAMS],
  ["Authorization* Proxy-Authorization*", CREDENTIALS],
  ["WWW-Authenticate* Proxy-Authenticate*", CHALLENGE],
  ["Authentication-Info", AUTH_INFO],
  ["P-Charging-Vector", PARAM_LIST, icid],
  ["P-Charging-Function-Addresses*", PARAM_LIST],
  ["Identity|y*", IDENTITY],
  ["Privacy", PRIVACY],
  ["Warning*", WARNING],
];

const byName = new Map<string, HeaderInfo>();
const byId: HeaderInfo[] = [];

for (const [names, kind, check, most = 0xffffffff] of rows) {
  for (const each of names.split(" ")) {
    const [name, compact] = each.replace("*", "").split("|") as [string, string?];
    const id = Math.max(byId.length, 1);
    const info: HeaderInfo = { id, name, compact, list: each.endsWith("*"), kind, most, check };
    byId[id] = info;
    byName.set(name, info);
    byName.set(name.toLowerCase(), info);
    if (compact) byName.set(compact, info);
  }
}

registerPreparation((core: Engine) => {
  for (const { id, name, compact } of byId.slice(1)) {
    for (const each of compact ? [name.toLowerCase(), compact] : [name.toLowerCase()]) {
      writeBinary(each, core.window, each.length);
      core.intern(each.length, id);
    }
  }
  holdsNothing();
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
      return byName.get(name) ?? byName.get(needText(name).toLowerCase());
  }
}

/** The header field of that id. */
export function headerById(id: number): HeaderInfo {
  return byId[id]!;
}
