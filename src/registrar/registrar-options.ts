// RegistrarOptions: what a registrar is made of, and the rules that it goes by.

import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Uri } from "../message/uri.ts";
import type { Stack } from "../stack/stack.ts";
import type { LocationService } from "./location.ts";

/** What a registrar is made of. */
export interface RegistrarOptions {
  /** Whose names and connections are ours. */
  readonly stack: Stack;
  /** Keeps the bindings: a MemoryLocation, a RedisLocation, or one of your own. */
  readonly location: LocationService;
  /**
   * The address-of-record that a URI names, in one form for all its spellings; undefined where it is none of ours
   * (404). Unless told otherwise `sip:user@host`, where `stack.isLocal` says that the host is ours.
   */
  readonly aor?: ((uri: Uri) => string | undefined) | undefined;
  /**
   * Which Contacts may be bound (403). Unless told otherwise all but the stack's own, which would be called in a loop. No
   * address-of-record can be bound to itself, nor to a GRUU of ours (RFC 5627 §5.1).
   */
  readonly acceptContact?: ((uri: Uri, request: Request) => boolean) | undefined;
  /** The shortest time of a binding, in seconds, an hour at most (RFC 3261 §10.3); less is answered 423. Default 60. */
  readonly minExpires?: number | undefined;
  /** The longest, in seconds; more is cut. Default 3600. */
  readonly maxExpires?: number | undefined;
  /** Where the client says nothing, in seconds. Default 3600. */
  readonly defaultExpires?: number | undefined;
  /**
   * Calls a client over UDP that keeps no flow where its REGISTER came from, by the same socket, and not at its Contact, which a
   * NAT hides: a function of the REGISTER and of the Contact says whether. Unless told otherwise where the Contact has the address
   * of the topmost Via, the REGISTER came from elsewhere, and the Via has `rport`, by which a client says that it takes there
   * what comes (RFC 3581). False for never. A REGISTER that another proxy has forwarded, or has a Path, is not asked about.
   */
  readonly nat?: boolean | ((request: Request, contact: Uri) => boolean) | undefined;
  /**
   * The longest time of such a binding, in seconds, `minExpires` at least: a NAT forgets soon who is silent, and only the client
   * can remind it. `maxExpires` unless told otherwise.
   */
  readonly natExpires?: number | undefined;
  /**
   * Within how many seconds a client must keep its flow alive, told as Flow-Timer to those that register one here,
   * without a proxy between (RFC 5626 §6); connections that are silent for longer should be closed. Not told by default.
   */
  readonly flowTimer?: number | undefined;
  /** Most bindings of one address-of-record; more are answered 403. Default 10. */
  readonly maxBindings?: number | undefined;
  /**
   * The proxies that a client's own requests are to go by, the nearest first (RFC 3608): the Service-Route of each 200,
   * or what makes it for a request. None unless told.
   */
  readonly serviceRoute?: ServiceRoute | ((request: Request) => ServiceRoute) | undefined;
  /**
   * Gives GRUUs to clients that ask for them (RFC 5627): text of high entropy, which seals the temporary ones. The
   * machines of a cluster share it. Without it there are none. What is sent to a GRUU comes to the proxy of this
   * domain, within dialogs, too: see `Routed.gruu`.
   */
  readonly gruuSecret?: string | undefined;
  /**
   * Where other machines, who share `location`, reach this one: `sip:10.0.0.1:5060`, or a function that tells. A
   * client that registers over a connection of its own is bound with it: `locate` of the other machines leads there,
   * and a `SipProxy` here from there to the connection, whose id is the flow token (RFC 5626 §5.2).
   */
  readonly edge?: string | (() => string) | undefined;
}

/** URIs with `lr`, in brackets. */
export type ServiceRoute = readonly (NameAddr | string)[];
