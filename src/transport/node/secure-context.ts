// Keys and certificates that the user gives: whether they are any, whether they go together, and what they replace.

import { constants, createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions, type TlsOptions as ServerOptions } from "node:tls";
import { notWanted, SipError } from "../../errors.ts";

/**
 * Checks them before a server gets them: one that is given what it cannot use throws what says little, and may have let
 * go of what it had.
 *
 * @throws SipError `value_invalid` for keys and certificates that are none, or not each other's
 */
export function checkSecureContext(options: SecureContextOptions): void {
  try {
    createSecureContext(options);
    checkPair(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SipError("value_invalid", `not a key and its certificate: ${why}`, { cause });
  }
}

/**
 * The same for a server that listens: without anything to show every handshake would fail.
 *
 * @throws SipError `value_invalid` where there is no certificate with its key, nothing that finds one, and no key that is
 *   shared with the clients (`pskCallback`)
 */
export function checkServerContext(options: ServerOptions): void {
  checkSecureContext(options);
  const { cert, key, privateKeyIdentifier, pfx, SNICallback, pskCallback } = options;
  const pair = isGiven(cert) && (isGiven(key) || isGiven(privateKeyIdentifier));
  if (pair || isGiven(pfx) || SNICallback || pskCallback) return;
  const given = Object.entries(options).flatMap(([name, value]) => (value == null ? [] : [name]));
  throw notWanted("tls", "cert and key, pfx or SNICallback", given.join(", ") || "nothing");
}

/**
 * What was there, changed by what is given. A `pfx` of before goes when a key and its certificate come: Node would take
 * it all the same, and go on with a certificate that has run out.
 */
export function changedContext<T extends SecureContextOptions>(before: T, given: SecureContextOptions): T {
  const { pfx: _pfx, ...rest } = before;
  const replaced = given.key !== undefined && given.cert !== undefined;
  return { ...(replaced ? (rest as T) : before), ...given };
}

/**
 * A server's options, so that no session is resumed where clients are asked for certificates: the one that began it was
 * checked for another name by SNI, perhaps, whose authorities are others, or has run out since.
 */
export function withoutResumption<T extends ServerOptions>(options: T): T {
  if (!options.requestCert) return options;
  return { ...options, secureOptions: (options.secureOptions ?? 0) | constants.SSL_OP_NO_TICKET };
}

/** Throws for a key and a certificate that do not go together. Deno's secure contexts take anything. */
function checkPair({ key, cert, passphrase }: SecureContextOptions): void {
  const certificate = isText(cert) ? new X509Certificate(cert) : undefined;
  const secret = isText(key) ? createPrivateKey({ key, ...(passphrase ? { passphrase } : {}) }) : undefined;
  if (certificate && secret && !certificate.checkPrivateKey(secret)) {
    throw new Error("the key is another certificate's");
  }
}

/** Each may be a list as well. */
function isGiven(secret: string | readonly unknown[] | Uint8Array | undefined): boolean {
  return secret !== undefined && secret !== null && secret.length > 0;
}

function isText(pem: unknown): pem is string | Buffer {
  return typeof pem === "string" || pem instanceof Uint8Array;
}
