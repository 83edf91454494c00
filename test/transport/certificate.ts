// Certificates made on the spot, so that no key lies in the repository, and a WebSocket client that takes
// them all.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { WebSocket } from "ws";

/** One DER element (X.690 §8.1). */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** What goes into a subjectAltName. */
export interface AltNames {
  dns?: readonly string[];
  uri?: readonly string[];
  /** Four octets, dotted. */
  ip?: readonly string[];
}

/** A key and its certificate, in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const ECDSA_WITH_SHA256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");

const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");
const BASIC_CONSTRAINTS_CA = sequence(
  Buffer.from("0603551d13", "hex"),
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);
const BASIC_CONSTRAINTS = sequence(Buffer.from("0603551d13", "hex"), der(0x04, sequence()));

let serials = 1;

function pem(kind: string, content: Buffer): string {
  // No empty line at the end where the last one is full: OpenSSL takes none.
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ""].join("\n");
}

function nameOf(common: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(common)))));
}

function extensionsOf({ dns = [], uri = [], ip = [] }: AltNames): Buffer {
  const names = [
    ...dns.map((name) => der(0x82, Buffer.from(name))),
    ...uri.map((name) => der(0x86, Buffer.from(name))),
    ...ip.map((name) => der(0x87, Buffer.from(name.split(".").map(Number)))),
  ];
  return sequence(SUBJECT_ALT_NAME, der(0x04, sequence(...names)));
}

/** Signs a certificate (RFC 5280 §4.1): version 1 without extensions, version 3 with them. */
function certify(
  {
    subject,
    issuer,
    extensions,
    until = "491231235959Z",
  }: { subject: string; issuer: string; extensions: readonly Buffer[]; until?: string | undefined },
  publicKey: KeyObject,
  signer: KeyObject,
): string {
  const validity = sequence(der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from(until)));
  const key = publicKey.export({ type: "spki", format: "der" });
  const serial = der(0x02, Buffer.from([serials++]));
  const rest = [serial, ECDSA_WITH_SHA256, nameOf(issuer), validity, nameOf(subject), key];
  const body =
    extensions.length === 0
      ? sequence(...rest)
      : sequence(der(0xa0, der(0x02, Buffer.from([2]))), ...rest, der(0xa3, sequence(...extensions)));
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, signer));
  return pem("CERTIFICATE", sequence(body, ECDSA_WITH_SHA256, signature));
}

/** Key and certificate for "localhost", or with a subjectAltName; nobody signed it but itself. */
export function selfSigned(names?: AltNames): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = names ? [extensionsOf(names)] : [];
  const cert = certify({ subject: "localhost", issuer: "localhost", extensions }, publicKey, privateKey);
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert };
}

/** An authority, and what it signs. */
export class Authority {
  readonly cert: string;
  readonly #key: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const name = "Test Authority";
    const extensions = [BASIC_CONSTRAINTS_CA];
    this.cert = certify({ subject: name, issuer: name, extensions }, publicKey, privateKey);
  }

  /**
   * A key and a certificate; without names it has a common name alone.
   *
   * @param until when it runs out, as UTCTime
   */
  issue(names?: AltNames, subject = "peer.example.com", until?: string): Identity {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const extensions = names ? [extensionsOf(names)] : [BASIC_CONSTRAINTS];
    const cert = certify({ subject, issuer: "Test Authority", extensions, until }, publicKey, this.#key);
    return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert };
  }
}

/** The ws package's class, which trusts any certificate. */
export class TrustingWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { rejectUnauthorized: false });
  }
}
