// Multipart: a body of several parts, each with header fields of its own (RFC 2046 §5.1, RFC 5621 §4).
// A part of its own that is a multipart again is read when it is asked for, down to the limit.

import { binaryFrom, bytesFrom, fromUtf8, toBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { findPieces } from "./boundary.ts";
import { decodeBody } from "./charset.ts";
import { Headers } from "./headers.ts";
import { MediaType, type TokenParams } from "./media-type.ts";
import { bodyStart, type PartHead, readPartHead, writePartHead } from "./part-head.ts";

/** Limits on what readMultipart takes. */
export interface MultipartLimits {
  /** Parts of one multipart; 64 unless told. */
  parts?: number | undefined;
  /** How deep multiparts may lie in each other, the outermost counted; 4 unless told. */
  depth?: number | undefined;
}

/** One part of a multipart body. */
export class BodyPart {
  /** Its header fields, typed as those of a message; they may be edited. */
  readonly headers: Headers;
  /** Its octets as they stand; what a Content-Transfer-Encoding did to them is not undone. */
  readonly body: Uint8Array;
  private readonly _head: PartHead;
  private readonly _digest: boolean;
  private readonly _limits: MultipartLimits;
  private _multipart: Multipart | undefined;

  /** @internal Use readMultipart or createMultipart. */
  constructor(head: PartHead, body: Uint8Array, digest: boolean, limits: MultipartLimits) {
    this.headers = head.headers;
    this.body = body;
    this._head = head;
    this._digest = digest;
    this._limits = limits;
  }

  /** Content-Type, or what a part without one is (RFC 2046 §5.1): text/plain, in a digest message/rfc822. */
  get contentType(): MediaType {
    const given = this.headers.get("Content-Type");
    return given ?? (this._digest ? new MediaType("message", "rfc822") : new MediaType("text", "plain"));
  }

  /** Content-Disposition. */
  get disposition(): TokenParams | undefined {
    return this.headers.get("Content-Disposition");
  }

  /** The handling parameter in lower case: "required" unless told (RFC 5621 §8.1), "optional" for what may be left unread. */
  get handling(): string {
    return this.disposition?.params.get("handling")?.toLowerCase() || "required";
  }

  /** Content-ID without its angle brackets (RFC 2392); undefined where there is none. */
  get contentId(): string | undefined {
    return this.headers.raw("Content-ID")[0]?.replace(/^\s*<(.*)>\s*$/, "$1");
  }

  /** The body as text, in the charset of its Content-Type, as `message.bodyText`. Throws as that does. */
  get text(): string {
    return decodeBody(this.headers, binaryFrom(this.body));
  }

  /** The parts of this part where it is a multipart; else undefined. Throws as readMultipart. */
  get multipart(): Multipart | undefined {
    if (this.contentType.type !== "multipart") return undefined;
    this._multipart ??= readMultipart(this.contentType, this.body, this._limits);
    return this._multipart;
  }

  /** Header fields, an empty line, and the body; untouched header fields octet for octet. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return bytesFrom(this._write());
  }

  /** The octets read as UTF-8: for logs. */
  toString(): string {
    return fromUtf8(this.toBytes());
  }

  /** @internal */
  _write(): string {
    return writePartHead(this._head) + binaryFrom(this.body);
  }
}

const NOTHING = new Uint8Array(0);

/** A body of several parts. */
export class Multipart {
  /** multipart/mixed, multipart/alternative, …, with its boundary: what Content-Type has to say. */
  readonly contentType: MediaType;
  /** Without its dashes. */
  readonly boundary: string;
  /** In their order. */
  readonly parts: readonly BodyPart[];
  /** What stood before the first boundary and behind the last, to be ignored (RFC 2046 §5.1.1). */
  readonly preamble: Uint8Array;
  /** What stands behind the last part, as a rule nothing. */
  readonly epilogue: Uint8Array;
  /** False where the final boundary was missing, and the last part went to the end. */
  readonly closed: boolean;

  /** @internal Use readMultipart or createMultipart. */
  constructor(
    contentType: MediaType,
    boundary: string,
    parts: readonly BodyPart[],
    preamble: Uint8Array = NOTHING,
    epilogue: Uint8Array = NOTHING,
    closed = true,
  ) {
    this.contentType = contentType;
    this.boundary = boundary;
    this.parts = parts;
    this.preamble = preamble;
    this.epilogue = epilogue;
    this.closed = closed;
  }

  /** The part of this Content-ID, given bare, in angle brackets, or as a `cid:` URL (RFC 2392). */
  byId(id: string): BodyPart | undefined {
    const bare = /^cid:/i.test(id) ? decodeId(id.slice(4)) : id.replace(/^<(.*)>$/, "$1");
    return this.parts.find((part) => part.contentId === bare);
  }

  /** Where parts refer to each other (multipart/related) the one to start with: that of `start`, or the first. */
  get root(): BodyPart | undefined {
    const start = this.contentType.params.get("start");
    return (start && this.byId(start)) || this.parts[0];
  }

  /** The body's octets, fresh each time, each boundary on a line of its own, the final one always there. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const mark = `--${toBinary(this.boundary)}`;
    let text = this.preamble.length > 0 ? `${binaryFrom(this.preamble)}\r\n` : "";
    for (const part of this.parts) text += `${mark}\r\n${part._write()}\r\n`;
    return bytesFrom(`${text}${mark}--\r\n${binaryFrom(this.epilogue)}`);
  }

  /** The octets read as UTF-8: for logs, or a body whose parts are such text. Others it does not stand for: see toBytes. */
  toString(): string {
    return fromUtf8(this.toBytes());
  }
}

/**
 * Reads a multipart body (RFC 2046 §5.1): `readMultipart(message.headers.get("Content-Type"), message.body)`.
 * The parts share the body's octets. The time is linear in them.
 *
 * @param contentType with its boundary, typed or as text
 * @throws SipError `body_invalid` (status 400) where the type is no multipart or has no boundary, where the
 *   boundary is nowhere in the body, or a part's header fields are none; `value_invalid` (400) where `contentType` is a
 *   text that is no media type; `body_too_complex` (413) past a limit
 */
export function readMultipart(
  contentType: MediaType | string | undefined,
  body: Uint8Array,
  limits: MultipartLimits = {},
): Multipart {
  const type =
    typeof contentType === "string"
      ? new Headers().set("Content-Type", contentType).get("Content-Type")
      : contentType;
  // White space at a boundary's end was put there on the way (RFC 2046 §5.1.1).
  const boundary = type?.params.get("boundary")?.trimEnd();
  if (type?.type !== "multipart" || !boundary) {
    throw new SipError("body_invalid", `not a multipart type with a boundary: ${type}`, {
      status: 400,
      header: "Content-Type",
    });
  }
  const { parts: most = 64, depth = 4 } = limits;
  if (depth < 1) throw new SipError("body_too_complex", "multiparts too deep in each other", { status: 413 });
  const { parts, preamble, epilogue, closed } = findPieces(body, boundary, most);
  const inner = { parts: most, depth: depth - 1 };
  return new Multipart(
    type,
    boundary,
    parts.map(([start, end]) => {
      const part = body.subarray(start, end);
      const at = bodyStart(part);
      return new BodyPart(
        readPartHead(part.subarray(0, at)),
        part.subarray(at),
        type.subtype === "digest",
        inner,
      );
    }),
    body.subarray(...preamble),
    body.subarray(...epilogue),
    closed,
  );
}

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
