// Datagrams: names for flows of datagrams in bindings: by which of the stack's transports, and from where (RFC 5626 §6). Only
// a registrar writes and reads them: who could show one to a stack would have it send where he likes.

import type { Stack } from "../stack/stack.ts";
import { formatAddress, parseAddress } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";

/** The name of a flow. The id of a connection has no space. */
export function datagramName(stack: Stack, { transport, remote }: Flow): string {
  return `${stack.transports.indexOf(transport)} ${formatAddress(remote.host, remote.port)}`;
}

/** Whether a binding's flow is one of datagrams. */
export const isDatagramName = (name: string | undefined): name is string => name?.includes(" ") === true;

/** The flow of that name; undefined where there is none here: another machine may have written it. */
export function datagramFlow(stack: Stack, name: string): Flow | undefined {
  const [index, address = ""] = name.split(" ");
  const transport = stack.transports[Number(index)];
  const { host, port } = parseAddress(address);
  return transport?.reliable === false && port !== undefined ? transport.flow({ host, port }) : undefined;
}
