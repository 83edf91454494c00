// UriHeaders: what becomes of the headers in a URI that we are told to call, by a REFER or a 3xx (RFC 3261 §19.1.5).

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import { Uri } from "../message/uri.ts";

/**
 * What is taken over. Whoever has made up the URI is not to say who we are or where we are, nor what our neighbours take on
 * trust from us; all else our user can take from the URI itself.
 */
const TAKEN: ReadonlySet<string> = new Set([
  "accept-contact",
  "in-reply-to",
  "join",
  "reject-contact",
  "replaces",
  "request-disposition",
  "require",
  "subject",
  "target-dialog",
  "user-to-user",
]);

/** What names a dialog to take over or to join, which an INVITE alone may (RFC 3891 §3, RFC 3911 §4). */
const OF_INVITE: ReadonlySet<string> = new Set(["join", "replaces"]);

/** A URI as a Request-URI: without headers, and without `method` (RFC 3261 §19.1.1, Table 1). */
export function withoutHeaders(given: Uri | string): Uri {
  const uri = typeof given === "string" ? Uri.parse(given) : given;
  if (!uri.isSip || (uri.headers.size === 0 && !uri.params.has("method"))) return uri;
  return uri.with({ headers: {}, params: uri.params.without("method") });
}

/** Puts the headers of a URI into a request that has none of their names. What must not go on the wire is left out. */
export function takeHeaders(given: Uri | string, request: Request): void {
  const uri = typeof given === "string" ? Uri.parse(given) : given;
  if (!uri.isSip) return;
  for (const [name, value] of uri.headers) {
    const lower = name.toLowerCase();
    if (!TAKEN.has(lower) || request.headers.has(name)) continue;
    if (request.method !== "INVITE" && OF_INVITE.has(lower)) continue;
    try {
      request.headers.set(name, value);
    } catch (error) {
      if (!(error instanceof SipError)) throw error;
    }
  }
}
