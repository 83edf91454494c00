// URI equality: RFC 3261 §19.1.4 for sip and sips, with RFC 5954 §4.2 for IPv6; RFC 3966 §4 for tel; RFC 8141
// §3 for urn. URIs of other schemes are compared as text.

import type { Params } from "./params.ts";
import type { Uri } from "./uri.ts";

/** Parameters that make two URIs differ where only one of them has it (RFC 3261 §19.1.4). */
const MUST_MATCH = ["user", "ttl", "method", "maddr", "transport"];

/** True where the two URIs are equal. */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (a === b) return true;
  if (a.scheme !== b.scheme) return false;
  if (!a.isSip || !b.isSip) return opaqueEquals(a.scheme, a.opaque, b.opaque);
  return (
    sameUser(a.userinfo, b.userinfo) &&
    canonicalHost(a.host) === canonicalHost(b.host) &&
    a.port === b.port &&
    paramsEqual(a.params, b.params) &&
    headersEqual(a.headers, b.headers)
  );
}

function opaqueEquals(scheme: string, a: string, b: string): boolean {
  if (a === b) return true;
  if (scheme === "tel") return canonicalTel(a) === canonicalTel(b);
  return scheme === "urn" && canonicalUrn(a) === canonicalUrn(b);
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

/** A host in lower case, an IPv6 address in URL's one of its many spellings (RFC 5954 §4.2), which has no zeros in front. */
function canonicalHost(host: string): string {
  if (!host.includes(":")) return host.toLowerCase();
  return new URL(`http://[${host.replace(/\b0+(?=\d)/g, "")}]`).hostname;
}

/** Without visual separators, in lower case, the parameters sorted (RFC 3966 §4). */
function canonicalTel(opaque: string): string {
  const [number = "", ...params] = canonical(opaque).toLowerCase().split(";");
  const digits = (text: string) => text.replace(/[().-]/g, "");
  const sorted = params.map((param) =>
    // An extension, and a context that is a number, are compared digit by digit.
    /^(?:ext|phone-context)=[+\d().-]*$/.test(param)
      ? param.slice(0, param.indexOf("=")) + digits(param.slice(param.indexOf("=")))
      : param,
  );
  return [digits(number), ...sorted.sort()].join(";");
}

/** Without resolution and fragment, the namespace in lower case, escapes in upper (RFC 8141 §3.1). */
function canonicalUrn(opaque: string): string {
  const name = opaque.replace(/(?:\?[+=]|#).*$/s, "");
  const colon = name.indexOf(":");
  return (
    name.slice(0, colon).toLowerCase() +
    name.slice(colon).replace(/%[\da-f]{2}/gi, (octet) => octet.toUpperCase())
  );
}

/** Values in lower case by name, found at once: a URI from the network may have hundreds. The first of a name counts. */
function valuesOf(params: Params): Map<string, string> {
  return new Map([...params].reverse().map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]));
}

function paramsEqual(a: Params, b: Params): boolean {
  const others = valuesOf(b);
  const values = valuesOf(a);
  return (
    MUST_MATCH.every((name) => values.has(name) === others.has(name)) &&
    [...values].every(([name, value]) => (others.get(name) ?? value) === value)
  );
}

/** Headers must be all the same, in any order. */
function headersEqual(a: Params, b: Params): boolean {
  if (a.size !== b.size) return false;
  const sorted = (params: Params) =>
    [...params].map(([name, value]) => `${name.toLowerCase()}=${value}`).sort();
  const others = sorted(b);
  return sorted(a).every((each, i) => each === others[i]);
}
