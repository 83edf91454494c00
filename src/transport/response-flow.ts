// Response flow: where a datagram transport sends the responses to a request, by what its topmost Via says
// (RFC 3261 §18.2.2, RFC 3581 §4).

import type { Message } from "../message/parse.ts";
import type { Via } from "../message/via.ts";
import { ipFamily, unbracketed } from "./address.ts";
import type { Flow } from "./transport.ts";

const SIP_PORT = 5060;
/** To take all parameters of a Via apart costs more than to look for the word. */
const MADDR = /;\s*maddr\s*=/i;

/**
 * The flow for responses to what came in on `flow`. `maddr` goes before all else, as long as it is an address: a name
 * would cost a lookup for each response that somebody wants. With `rport` it is the flow itself; without, the sent-by's
 * port of the host that it came from. The flow itself also where there is no way there, or nothing to be read.
 */
export function responseFlow(flow: Flow, { headers }: Message): Flow {
  try {
    const via = headers.first("Via");
    if (via === undefined) return flow;
    const maddr = via.hasOthers ? maddrOf(via) : undefined;
    if (maddr === undefined && via.hasRport) return flow;
    const { remote } = flow;
    const port = via.port ?? SIP_PORT;
    if (maddr === undefined && port === remote.port) return flow;
    return flow.transport.flow({ host: maddr ?? remote.host, port }) ?? flow;
  } catch {
    // The response goes back all the same.
    return flow;
  }
}

function maddrOf(via: Via): string | undefined {
  if (!MADDR.test(via.asRead())) return undefined;
  const host = unbracketed(via.params.get("maddr") ?? "");
  return ipFamily(host) === 0 ? undefined : host;
}
