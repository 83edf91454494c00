// OwnAddress: what we are reached by on a transport, the one that a request leaves by: the Contact of who gives none
// (RFC 3261 §8.1.1.8).

import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { ipFamily } from "../transport/address.ts";
import type { Transport } from "../transport/transport.ts";
import type { SendOptions } from "./options.ts";
import type { Stack } from "./stack.ts";
import { requestTarget } from "./target.ts";
import { mainTransport } from "./way.ts";

/**
 * Our address on a transport.
 * @param user its user part
 * @param secure a SIPS URI is wanted, which names what is below TLS (RFC 3261 §26.2.2, RFC 7118 §5)
 */
export function ownAddress(transport: Transport, user: string | undefined, secure: boolean): NameAddr {
  const address = NameAddr.parse(`<${ownUri(transport, secure)}>`);
  return user === undefined ? address : address.with({ uri: address.uri.with({ user }) });
}

/**
 * The transport that a request will leave by. No connection is opened for that: a resolver may lead it elsewhere.
 *
 * @returns the stack's first one where it cannot be said, as sending the request will tell
 */
export function transportFor(
  { transports }: Stack,
  request: Request,
  { flow, target }: Pick<SendOptions, "flow" | "target">,
): Transport | undefined {
  if (flow) return flow.transport;
  try {
    const { protocol, host } = target ?? requestTarget(request, mainTransport(transports).protocol);
    const able = transports.filter((each) => each.protocol === protocol);
    return able.find(({ local }) => ipFamily(local.host) === ipFamily(host)) ?? able[0] ?? transports[0];
  } catch {
    return transports[0];
  }
}

/** The same as the text of a URI without user. */
export function ownUri({ sentBy, protocol }: Transport, secure: boolean): string {
  const name = protocol.toLowerCase();
  const below = name === "tls" ? "tcp" : name === "wss" ? "ws" : name;
  return secure ? `sips:${sentBy};transport=${below}` : `sip:${sentBy};transport=${name}`;
}
