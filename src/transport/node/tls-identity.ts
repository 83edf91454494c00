// Which SIP domains a certificate stands for, and whether the one asked for is among them (RFC 5922 §7.1,
// §7.2). HTTPS's rules, which Node has, are others: here no wildcard matches, and a sip URI goes before DNS.

import type { PeerCertificate } from "node:tls";
import { ipFamily } from "../address.ts";

/** One entry of a subjectAltName as Node prints it: `DNS:a.example, URI:"sip:b,c", IP Address:192.0.2.1`. */
const ENTRY = /([A-Za-z][A-Za-z0-9 .]*):(?:"((?:[^"\\]|\\.)*)"|([^",]*))(?:, |$)/y;

interface AltName {
  readonly kind: string;
  readonly value: string;
}

/**
 * The identities of a certificate, in small letters: the domains of its `sip:` URIs without a user; if there
 * is none, its DNS names; with no subjectAltName at all, the common name (RFC 5922 §7.1).
 */
export function sipDomains(certificate: PeerCertificate): readonly string[] {
  const text = certificate.subjectaltname;
  // Deno has an empty one where there is none.
  if (!text) {
    const name: unknown = certificate.subject?.CN;
    return (Array.isArray(name) ? name : [name]).flatMap((each) =>
      isDomain(each) ? [each.toLowerCase()] : [],
    );
  }
  const names = altNames(text);
  const uris = names.flatMap(({ kind, value }) => (kind === "URI" ? (uriDomain(value) ?? []) : []));
  if (uris.length > 0) return uris;
  return names.flatMap(({ kind, value }) => (kind === "DNS" && isDomain(value) ? [value.toLowerCase()] : []));
}

/**
 * Whether a peer with that certificate may speak for `domain`: letter for letter, whatever the case
 * (RFC 5922 §7.2). An IP address has to be among the certificate's own.
 *
 * @returns undefined where it may, else why not
 */
export function checkSipDomain(domain: string, certificate: PeerCertificate): Error | undefined {
  const wanted = domain.toLowerCase().replace(/\.$/, "");
  if (ipFamily(wanted) !== 0) {
    const names = altNames(certificate.subjectaltname ?? "");
    if (names.some(({ kind, value }) => kind === "IP Address" && sameAddress(value, wanted)))
      return undefined;
    return new Error(`the certificate is not for the address ${domain}`);
  }
  const domains = sipDomains(certificate);
  if (domains.includes(wanted)) return undefined;
  const shown = domains.length > 0 ? domains.slice(0, 5).join(", ") : "no SIP domain";
  return new Error(`the certificate is for ${shown}, not for ${domain} (RFC 5922)`);
}

/** None at all where the text is not wholly understood: what stands behind a trick may be the trick's. */
function altNames(text: string): readonly AltName[] {
  const names: AltName[] = [];
  let at = 0;
  while (at < text.length) {
    ENTRY.lastIndex = at;
    const found = ENTRY.exec(text);
    if (!found) return [];
    const [whole, kind = "", quoted, plain = ""] = found;
    const value = quoted === undefined ? plain : unquote(quoted);
    if (value === undefined) return [];
    names.push({ kind, value });
    at += whole.length;
  }
  return names;
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}

/** RFC 5922 §7.1: only the scheme sip, and no user part; parameters and a port say nothing. */
function uriDomain(uri: string): string | undefined {
  const host = /^sip:([A-Za-z0-9.-]+)(?::\d{1,5})?(?:;.*)?$/i.exec(uri)?.[1];
  return host === undefined || !isDomain(host) ? undefined : host.toLowerCase();
}

function isDomain(name: unknown): name is string {
  return typeof name === "string" && name.length < 256 && /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(name);
}

/** Node prints IPv6 addresses in full, others write them short. */
function sameAddress(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(address: string): string {
  return ipFamily(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
}
