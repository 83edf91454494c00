// Secret: what a user proves to know, and where it comes from.

import type { DigestAlgorithm } from "./algorithm.ts";
import { digestHa1 } from "./response.ts";

/** A password, or the HA1 made of it (see digestHa1), which is good for one realm and one hash. */
export type DigestSecret = { readonly password: string } | { readonly ha1: string };

/** A user's name and secret. */
export type DigestUser = DigestSecret & { readonly username: string };

/** The HA1 of a user. */
export function ha1Of(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  secret: DigestSecret,
): string {
  return "ha1" in secret ? secret.ha1 : digestHa1(algorithm, username, realm, secret.password);
}
