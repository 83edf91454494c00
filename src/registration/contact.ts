// Contact: what a registration binds where nobody says (RFC 3261 §10.2.1).

import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { ownAddress, transportFor } from "../stack/own-address.ts";
import type { Transport } from "../transport/transport.ts";
import type { RegistrationOptions } from "./options.ts";

/** Our address on the transport that the REGISTER goes by, with the user of the address-of-record. */
export function ownContact({ stack, send = {} }: RegistrationOptions, register: Request): NameAddr {
  const transport = transportFor(stack, register, send) as Transport;
  return ownAddress(transport, register.headers.get("To")?.uri.user, register.uri.scheme === "sips");
}
