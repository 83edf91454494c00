// Create multipart: a body of several parts, made here (RFC 2046 §5.1, RFC 5621 §4).

import { utf8 } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { defaultRandom, type Random } from "../random.ts";
import { isBoundary } from "./boundary.ts";
import type { HeaderName } from "./header-types.ts";
import { Headers } from "./headers.ts";
import type { MediaType } from "./media-type.ts";
import { BodyPart, Multipart } from "./multipart.ts";

/** What a part is made of. */
export interface BodyPartInit {
  /** Its header fields, in order. A multipart's Content-Type need not be given. */
  headers?: Readonly<Record<string, string | { toString(): string }>> | undefined;
  /** Octets, text, which is written as UTF-8, or a multipart in this one. */
  body: Uint8Array | string | Multipart;
}

/** How a multipart is made. */
export interface MultipartOptions {
  /** "mixed" unless told; "alternative", "related", … */
  subtype?: string | undefined;
  /** 1 to 70 characters (RFC 2046 §5.1.1); a random one where it is left out. */
  boundary?: string | undefined;
  /** Further parameters of the Content-Type: `type` and `start` of a related one. */
  params?: Readonly<Record<string, string>> | undefined;
  /** Where the boundary comes from. */
  random?: Random | undefined;
}

/**
 * A multipart body of these parts: set `multipart.contentType` as Content-Type, and `multipart.toBytes()` as
 * the body.
 *
 * @throws SipError `value_invalid` where there is no part, the boundary is none or stands in a part, or subtype and
 *   `params` make no Content-Type with it,
 *   `value_unsafe` for CR, LF or NUL in a header field
 */
export function createMultipart(parts: readonly BodyPartInit[], options: MultipartOptions = {}): Multipart {
  const { subtype = "mixed", random = defaultRandom } = options;
  // Too long to stand in a part by chance; the = cannot come of base64 or quoted-printable (RFC 2045 §6.7).
  const boundary = options.boundary ?? `=_${random.text(30)}`;
  if (!isBoundary(boundary))
    throw new SipError("value_invalid", `not a boundary: ${JSON.stringify(boundary)}`);
  if (parts.length === 0) throw new SipError("value_invalid", "a multipart without a part");
  const made = parts.map((part) => makePart(part, subtype.toLowerCase() === "digest"));
  // No line of a part may start so: a receiver may take that for the boundary (RFC 2046 §5.1.1).
  if (made.some((part) => `\n${part._write()}`.includes(`\n--${boundary}`))) {
    throw new SipError("value_invalid", `the boundary stands in a part: ${JSON.stringify(boundary)}`);
  }
  const params = Object.entries({ ...options.params, boundary })
    // In quotes, which never hurts (RFC 2046 §5.1.1).
    .map(([name, value]) => `;${name}="${value.replace(/[\\"]/g, "\\$&")}"`)
    .join("");
  const headers = new Headers().set("Content-Type", `multipart/${subtype}${params}`);
  const type = headers.get("Content-Type") as MediaType;
  // What else a subtype or a name might bring in.
  if (type.subtype !== subtype.toLowerCase() || type.params.get("boundary") !== boundary)
    throw new SipError("value_invalid", `parts that make another type: ${type}`);
  return new Multipart(type, boundary, made);
}

function makePart({ headers: given = {}, body }: BodyPartInit, digest: boolean): BodyPart {
  const headers = new Headers();
  const inner = body instanceof Multipart;
  if (inner) headers.set("Content-Type", body.contentType);
  for (const [name, value] of Object.entries(given)) headers.set(name as HeaderName, value);
  const octets = inner ? body.toBytes() : typeof body === "string" ? utf8(body) : body;
  return new BodyPart({ head: undefined, headers }, octets, digest, {});
}
