// Secret: what a user proves to know, and where it comes from.

import { notWanted, SipError } from "../errors.ts";
import type { DigestAlgorithm } from "./algorithm.ts";
import { digestHa1 } from "./response.ts";

/** A password, or the HA1 made of it (see digestHa1), which is good for one realm and one hash. */
export type DigestSecret = { readonly password: string } | { readonly ha1: string };

/** A user's name and secret. */
export type DigestUser = DigestSecret & { readonly username: string };

/**
 * The HA1 of a user.
 *
 * @throws SipError `value_invalid`, status 500, for a secret that is none: it must not count as the text "undefined"
 */
export function ha1Of(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  secret: DigestSecret,
): string {
  const { ha1, password } = secret as { ha1?: unknown; password?: unknown };
  if (typeof ha1 === "string") return ha1;
  if (typeof password === "string") return digestHa1(algorithm, username, realm, password);
  const { message } = notWanted(`${username}@${realm}`, "a password or an ha1", ha1 ?? password);
  throw new SipError("value_invalid", message, { status: 500 });
}
