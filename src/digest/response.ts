// Response: the arithmetic of digests: A1, A2 and what is made of them (RFC 7616 §3.4, RFC 3261 §22.4).

import { checkAlgorithm, type DigestAlgorithm, type DigestQop, hash } from "./algorithm.ts";

/** What a digest is made of. */
export interface DigestInput {
  /** The hash; with `-sess` the session key is made here. */
  readonly algorithm: DigestAlgorithm;
  /** See {@link digestHa1}; of the algorithm's hash. */
  readonly ha1: string;
  /** As the challenge has it. */
  readonly nonce: string;
  /** The method of the request; "" for `rspauth` (RFC 7616 §3.5). */
  readonly method: string;
  /** The `uri` parameter of the credentials. */
  readonly uri: string;
  /** Left out for a server that knows no `qop`, as RFC 2069 had it. */
  readonly qop?: DigestQop | undefined;
  /** Eight hexadecimal digits. */
  readonly nc?: string | undefined;
  /** The client's own nonce; needed with `qop`, and for `-sess`. */
  readonly cnonce?: string | undefined;
  /** The body, which `auth-int` covers. */
  readonly body?: Uint8Array;
}

/**
 * H(username ":" realm ":" password): what a server may keep instead of a password. A `-sess` algorithm has that
 * of its hash.
 *
 * @returns lower-case hexadecimal digits
 * @throws SipError `value_invalid` for an algorithm that is not known
 */
export function digestHa1(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  checkAlgorithm(algorithm);
  return hash(algorithm, `${username}:${realm}:${password}`);
}

/**
 * The `response` of credentials, or the `rspauth` of an Authentication-Info.
 *
 * @returns lower-case hexadecimal digits
 * @throws SipError `value_invalid` for an algorithm that is not known
 */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, method, uri, qop, nc = "", cnonce = "", body = new Uint8Array() } = input;
  checkAlgorithm(algorithm);
  const ha1 = algorithm.endsWith("-sess")
    ? hash(algorithm, `${input.ha1.toLowerCase()}:${nonce}:${cnonce}`)
    : input.ha1.toLowerCase();
  const a2 = qop === "auth-int" ? `${method}:${uri}:${hash(algorithm, body)}` : `${method}:${uri}`;
  const ha2 = hash(algorithm, a2);
  return hash(
    algorithm,
    qop === undefined ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`,
  );
}
