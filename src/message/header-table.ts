// The header table: every header field that the library knows: its name as the RFC writes it, its compact
// form, whether it is a list, and the codec of its values. Adding a header field is one row here and one
// in header-types.ts.

import type { Engine } from "../core/engine.ts";
import { registerPreparation } from "../core/engine.ts";
import { writeBinary } from "../core/text.ts";
import { holds } from "../core/window.ts";
import {
  addressCodec,
  type Codec,
  cseqCodec,
  integerCodec,
  mediaTypeCodec,
  textCodec,
  tokenCodec,
  tokenParamsCodec,
  viaCodec,
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
  readonly codec: Codec<unknown>;
}

const deltaSeconds = integerCodec(0xffffffff);

// name, compact form, list?, codec; the order gives the ids, the most frequent first.
const rows: readonly (readonly [string, string | undefined, boolean, Codec<unknown>])[] = [
  ["Via", "v", true, viaCodec],
  ["From", "f", false, addressCodec],
  ["To", "t", false, addressCodec],
  ["Call-ID", "i", false, textCodec],
  ["CSeq", undefined, false, cseqCodec],
  ["Contact", "m", true, addressCodec],
  ["Max-Forwards", undefined, false, integerCodec(255)],
  ["Content-Length", "l", false, deltaSeconds],
  ["Content-Type", "c", false, mediaTypeCodec],
  ["Route", undefined, true, addressCodec],
  ["Record-Route", undefined, true, addressCodec],
  ["Expires", undefined, false, deltaSeconds],
  ["Accept", undefined, true, mediaTypeCodec],
  ["Allow", undefined, true, tokenCodec],
  ["Allow-Events", "u", true, tokenCodec],
  ["Content-Disposition", undefined, false, tokenParamsCodec],
  ["Event", "o", false, tokenParamsCodec],
  ["Min-Expires", undefined, false, deltaSeconds],
  ["P-Asserted-Identity", undefined, true, addressCodec],
  ["P-Preferred-Identity", undefined, true, addressCodec],
  ["Path", undefined, true, addressCodec],
  ["Proxy-Require", undefined, true, tokenCodec],
  ["Refer-To", "r", false, addressCodec],
  ["Referred-By", "b", false, addressCodec],
  ["Reply-To", undefined, false, addressCodec],
  ["Require", undefined, true, tokenCodec],
  ["Service-Route", undefined, true, addressCodec],
  ["Server", undefined, false, textCodec],
  ["Subject", "s", false, textCodec],
  ["Subscription-State", undefined, false, tokenParamsCodec],
  ["Supported", "k", true, tokenCodec],
  ["Timestamp", undefined, false, textCodec],
  ["Unsupported", undefined, true, tokenCodec],
  ["User-Agent", undefined, false, textCodec],
];

const byName = new Map<string, HeaderInfo>();
const byId: HeaderInfo[] = [];

for (const [index, [name, compact, list, codec]] of rows.entries()) {
  const info: HeaderInfo = { id: index + 1, name, compact, list, codec };
  byId[info.id] = info;
  byName.set(name, info);
  byName.set(name.toLowerCase(), info);
  if (compact) byName.set(compact, info);
}

registerPreparation((core: Engine) => {
  for (const { id, name, compact } of byId.slice(1)) {
    for (const each of compact ? [name.toLowerCase(), compact] : [name.toLowerCase()]) {
      writeBinary(each, core.window, each.length);
      core.exports.intern(each.length, id);
    }
  }
  holds(undefined);
});

/** The header field of that name or compact form, in any case; undefined for one that is not in the table. */
export function headerInfo(name: string): HeaderInfo | undefined {
  return byName.get(name) ?? byName.get(name.toLowerCase());
}

/** The header field of that id. */
export function headerById(id: number): HeaderInfo {
  return byId[id]!;
}
