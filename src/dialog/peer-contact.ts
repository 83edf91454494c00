// PeerContact: where a peer says that he is, in the Contact of what he sends, and by which proxies (RFC 3261 §12.1).

import { apart } from "../core/text.ts";
import { SipError } from "../errors.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";

/** Where a message's sender is; undefined where it does not say, or cannot be understood. */
export function contactOf({ headers }: Request | Response): NameAddr | undefined {
  try {
    const contact = headers.first("Contact");
    return contact?.uri.isSip ? contact : undefined;
  } catch {
    return undefined;
  }
}

/** A caller's route set; undefined where it cannot be read. */
export function routesOf({ headers }: Response): string | undefined {
  try {
    return apart([...headers.get("Record-Route")].reverse().join("\n"));
  } catch {
    return undefined;
  }
}

/** RFC 3261 §8.1.1.8: a dialog is made by SIP and SIPS URIs. @throws SipError `value_invalid`, with status 400, for others */
export function sip(uri: Uri): Uri {
  if (uri.isSip) return uri;
  throw new SipError("value_invalid", `Contact is no SIP URI: ${uri}`, { status: 400, header: "Contact" });
}
