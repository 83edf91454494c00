// RegisteredTarget: a way to a user, as the registrar finds it among his bindings.

import type { NameAddr } from "../message/name-addr.ts";
import type { Uri } from "../message/uri.ts";
import type { Flow } from "../transport/transport.ts";

/** A way to a user; a target of `SipProxy`. */
export interface RegisteredTarget {
  /** The Contact that was registered. */
  readonly uri: Uri;
  /** The preference that the client gave it, 0 to 1 (RFC 3261 §20.10). */
  readonly q: number;
  /** The Path of its REGISTER, the topmost first (RFC 3327), or the way to the machine that has its connection. */
  readonly path: readonly NameAddr[];
  /** The connection or, behind a NAT over UDP, the address that it registered from, where it is called by that. */
  readonly flow?: Flow;
  /** The other ways to the same client, as its instance tells, the newest first, where there are several (RFC 5626 §7). */
  readonly instead?: readonly RegisteredTarget[];
}
