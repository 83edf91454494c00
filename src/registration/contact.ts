// Contact: what a registration binds, and for how long where its user says it there (RFC 3261 §10.2.1).

import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { ownAddress, transportFor } from "../stack/own-address.ts";
import type { Transport } from "../transport/transport.ts";
import type { RegistrationOptions } from "./options.ts";

/** What is bound. */
export interface Bound {
  readonly contact: NameAddr;
  /** The `expires` that it was given with, in seconds; undefined where it had none that counts. */
  readonly expires: number | undefined;
}

/**
 * The Contact of the REGISTERs. It has no `expires`: that would go before the Expires of the one that takes the binding back
 * (RFC 3261 §10.2.2).
 */
export function boundContact(options: RegistrationOptions, register: Request): Bound {
  const { contact: given = ownContact(options, register), instance, regId } = options;
  const contact = typeof given === "string" ? NameAddr.parse(given) : given;
  const asked = Number(contact.params.get("expires") ?? Number.NaN);
  let params = contact.params.without("expires");
  if (instance !== undefined) params = params.with("+sip.instance", `<${instance}>`);
  if (regId !== undefined) params = params.with("reg-id", regId);
  return { contact: contact.with({ params }), expires: asked >= 1 ? Math.floor(asked) : undefined };
}

/** Our address on the transport that the REGISTER goes by, with the user of the address-of-record. */
export function ownContact({ stack, send = {} }: RegistrationOptions, register: Request): NameAddr {
  const transport = transportFor(stack, register, send) as Transport;
  const of = register.headers.get("To")?.uri;
  const secure = register.uri.scheme === "sips" || (of?.scheme === "sips" && transport.secure);
  return ownAddress(transport, of?.user, secure);
}
