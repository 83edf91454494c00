// Contact: what a registration binds, and for how long (RFC 3261 §10.2.1).

import { notWanted } from "../errors.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { ownAddress, transportFor } from "../stack/own-address.ts";
import type { Transport } from "../transport/transport.ts";
import type { RegistrationOptions } from "./options.ts";

/** What is bound. */
export interface Bound {
  readonly contact: NameAddr;
  /** How long, in seconds, as Expires can have it. */
  readonly expires: number;
}

const HOUR = 3600;
/** The most that Expires and a reg-id can be (RFC 3261 §20.19, RFC 5626 §10). */
const MOST_SECONDS = 0xffffffff;
const MOST_REG_ID = 0x7fffffff;

/**
 * The Contact of the REGISTERs. It has no `expires`: that would go before the Expires of the one that takes the binding back
 * (RFC 3261 §10.2.2).
 */
export function boundContact(options: RegistrationOptions, register: Request): Bound {
  const { contact: given = ownContact(options, register), instance, regId } = options;
  const contact = typeof given === "string" ? NameAddr.parse(given) : given;
  const said = Number(contact.params.get("expires"));
  const asked = options.expires ?? (said >= 1 ? said : HOUR);
  let params = contact.params.without("expires");
  if (instance !== undefined) params = params.with("+sip.instance", `<${instance}>`);
  if (regId !== undefined) params = params.with("reg-id", checkedRegId(regId));
  return { contact: contact.with({ params }), expires: Math.floor(Math.min(asked, MOST_SECONDS)) };
}

function checkedRegId(regId: number): number {
  if (Number.isInteger(regId) && regId <= MOST_REG_ID) return regId;
  throw notWanted("regId", `a whole number up to ${MOST_REG_ID}`, regId);
}

/** Our address on the transport that the REGISTER goes by, with the user of the address-of-record. */
export function ownContact({ stack, send = {} }: RegistrationOptions, register: Request): NameAddr {
  const transport = transportFor(stack, register, send) as Transport;
  const of = register.headers.get("To")?.uri;
  const secure = register.uri.scheme === "sips" || (of?.scheme === "sips" && transport.secure);
  return ownAddress(transport, of?.user, secure);
}
