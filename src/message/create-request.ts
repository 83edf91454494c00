// Create request: a new request with what is mandatory in it (RFC 3261 §8.1.1).

import { SipError } from "../errors.ts";
import { defaultRandom } from "../random.ts";
import { CSeq } from "./cseq.ts";
import { refuseUnsafe } from "./escape.ts";
import type { HeaderName } from "./header-types.ts";
import { Headers } from "./headers.ts";
import { NameAddr } from "./name-addr.ts";
import { checkMethod, Request } from "./request.ts";
import { Uri } from "./uri.ts";

/** Header fields by name: a value, typed or as text, or a list of them; undefined for none. */
export type HeadersInit = Readonly<Record<string, string | number | object | undefined>>;

/** What a new request is made of. */
export interface RequestInit {
  /** From; a tag is added where it has none. */
  from: NameAddr | string;
  /** To; the Request-URI where it is left out. */
  to?: NameAddr | string | undefined;
  /** Call-ID; a random one where it is left out. */
  callId?: string | undefined;
  /** The CSeq number; 1 where it is left out. */
  cseq?: number | undefined;
  /** Contact, which an INVITE and a SUBSCRIBE need; none where it is left out. */
  contact?: NameAddr | string | undefined;
  /** Max-Forwards; 70 where it is left out (RFC 3261 §8.1.1.6). */
  maxForwards?: number | undefined;
  /** Further header fields, in order. One of a name that is above, or Max-Forwards, takes its place. */
  headers?: HeadersInit | undefined;
  /** The body; its Content-Length is set, its Content-Type is to be given in `headers`. */
  body?: Uint8Array | string | undefined;
}

function address(value: NameAddr | string): NameAddr {
  return value instanceof NameAddr ? value : NameAddr.parse(refuseUnsafe(String(value)));
}

/**
 * A new request (RFC 3261 §8.1.1) with all that is mandatory but Via, which is added when it is sent.
 *
 * @throws SipError `value_invalid` or `uri_invalid` for a part that does not follow its grammar, or without `from`;
 *   `value_unsafe` for CR, LF or NUL
 */
export function createRequest(method: string, uri: Uri | string, init: RequestInit): Request {
  const target = uri instanceof Uri ? uri : Uri.parse(String(uri));
  if (!init?.from) throw new SipError("value_invalid", "a request needs `from`", { header: "From" });
  const from = address(init.from);
  const headers = new Headers();
  headers.append("Max-Forwards", init.maxForwards ?? 70);
  headers.append("From", from.tag === undefined ? from.with({ tag: defaultRandom.tag() }) : from);
  headers.append("To", init.to === undefined ? NameAddr.of({ uri: target }) : address(init.to));
  headers.append("Call-ID", init.callId ?? defaultRandom.callId());
  headers.append("CSeq", new CSeq(init.cseq ?? 1, checkMethod(method)));
  if (init.contact !== undefined) headers.append("Contact", address(init.contact));
  for (const [name, value] of Object.entries(init.headers ?? {})) {
    if (value !== undefined) headers.set(name as HeaderName, value);
  }
  const request = new Request(undefined, headers, method, target);
  request.body = init.body ?? "";
  return request;
}
