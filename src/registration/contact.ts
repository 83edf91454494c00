// Contact: what a registration binds where nobody says (RFC 3261 §10.2.1).

import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { ownAddress } from "../stack/own-address.ts";
import type { Flow, Transport } from "../transport/transport.ts";
import type { RegistrationOptions } from "./options.ts";

/** Our address on the transport that the REGISTER goes by, with the user of the address-of-record. */
export function ownContact(options: RegistrationOptions, register: Request): NameAddr {
  const transport = (wayOf(options, register)?.transport ?? options.stack.transports[0]) as Transport;
  return ownAddress(transport, register.headers.get("To")?.uri.user, register.uri.scheme === "sips");
}

/** The flow that it will take; undefined where there is none, as sending it will tell. */
function wayOf({ stack, send }: RegistrationOptions, register: Request): Flow | undefined {
  if (send?.flow) return send.flow;
  try {
    return stack.route(register, send?.target ? { target: send.target } : {});
  } catch {
    return undefined;
  }
}
