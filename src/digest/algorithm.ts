// Algorithm: the hashes that digests are made with, and which of them is stronger (RFC 7616 §6.1, RFC 8760 §2.1).

import { md5 } from "@noble/hashes/legacy.js";
import { sha256, sha512_256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { notWanted } from "../errors.ts";

/** A hash as challenges name it; with `-sess` it makes a session key of the first nonce and cnonce. */
export type DigestAlgorithm =
  | "MD5"
  | "MD5-sess"
  | "SHA-256"
  | "SHA-256-sess"
  | "SHA-512-256"
  | "SHA-512-256-sess";

/** What protects a request: `auth` its method and URI, `auth-int` its body, too. */
export type DigestQop = "auth" | "auth-int";

/** The weakest first. */
const ALGORITHMS: readonly DigestAlgorithm[] = [
  "MD5",
  "MD5-sess",
  "SHA-256",
  "SHA-256-sess",
  "SHA-512-256",
  "SHA-512-256-sess",
];

const encoder = new TextEncoder();

/** The algorithm of that name, in any case; MD5 where there is no name, undefined for one that is not known. */
export function algorithmOf(name: string | undefined): DigestAlgorithm | undefined {
  if (name === undefined) return "MD5";
  return ALGORITHMS.find((each) => each.toLowerCase() === name.toLowerCase());
}

/** @throws SipError `value_invalid` for one that is not known: it would count as another, or be answered by nobody */
export function checkAlgorithm(algorithm: DigestAlgorithm): void {
  if (!ALGORITHMS.includes(algorithm))
    throw notWanted("algorithm", `one of ${ALGORITHMS.join(", ")}`, algorithm);
}

/** A number that is higher for a stronger algorithm. */
export function strengthOf(algorithm: DigestAlgorithm): number {
  return ALGORITHMS.indexOf(algorithm);
}

/** H(data): the hash of text, as UTF-8, or of octets, in lower-case hexadecimal digits. */
export function hash(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  const octets = typeof data === "string" ? encoder.encode(data) : data;
  const make = algorithm.startsWith("MD5") ? md5 : algorithm.startsWith("SHA-256") ? sha256 : sha512_256;
  return bytesToHex(make(octets));
}
