// URI equality: RFC 3261 §19.1.4.

import type { Params } from "./params.ts";
import type { Uri } from "./uri.ts";

/** Parameters that make two URIs differ where only one of them has it (RFC 3261 §19.1.4). */
const MUST_MATCH = ["user", "ttl", "method", "maddr", "transport"];

/** True where the two URIs are equal. */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (a === b) return true;
  if (a.scheme !== b.scheme) return false;
  if (!a.isSip || !b.isSip) return a.opaque === b.opaque;
  return (
    sameUser(a.userinfo, b.userinfo) &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    paramsEqual(a.params, b.params) &&
    headersEqual(a.headers, b.headers)
  );
}

/** An escape is the same as its character, but not that of a reserved one; case counts (RFC 3261 §19.1.4). */
function sameUser(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonical(a) === canonical(b));
}

function canonical(userinfo: string): string {
  return userinfo.replace(/%[\da-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[\w.!~*'()-]/.test(character) ? character : octet.toUpperCase();
  });
}

function paramsEqual(a: Params, b: Params): boolean {
  for (const name of MUST_MATCH) if (a.has(name) !== b.has(name)) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other !== undefined && other.toLowerCase() !== value.toLowerCase()) return false;
  }
  return true;
}

/** Headers must be all the same, in any order. */
function headersEqual(a: Params, b: Params): boolean {
  if (a.size !== b.size) return false;
  const sorted = (params: Params) =>
    [...params].map(([name, value]) => `${name.toLowerCase()}=${value}`).sort();
  const others = sorted(b);
  return sorted(a).every((each, i) => each === others[i]);
}
