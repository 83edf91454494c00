// InitialRequest: the requests that a user agent begins with, outside of dialogs (RFC 3261 §8.1.1): their preloaded
// routes (§8.1.2), their Contact, their content.

import { SipError } from "../errors.ts";
import { createRequest } from "../message/create-request.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { Uri } from "../message/uri.ts";
import type { SendOptions } from "../stack/options.ts";
import { ownAddress, transportFor } from "../stack/own-address.ts";
import type { Stack } from "../stack/stack.ts";
import type { Flow, Transport } from "../transport/transport.ts";
import { addContent, addEvents, addOption, setContact } from "./content.ts";
import { takeHeaders, withoutHeaders } from "./uri-headers.ts";
import type { UserAgentOptions, UserAgentRequest } from "./user-agent-options.ts";

/**
 * Makes such a request.
 * @param way how it is sent, beside the user agent's `sendOptions`
 * @throws SipError as createRequest, and what the options' functions throw
 */
export function initialRequest(
  options: UserAgentOptions,
  method: string,
  uri: Uri | string,
  init: UserAgentRequest,
  way: Pick<SendOptions, "flow" | "target"> = {},
): Request {
  const { body, contentType, headers, from = options.from ?? "", ...others } = init;
  const request = createRequest(method, withoutHeaders(uri), {
    ...others,
    from,
    ...(headers ? { headers } : {}),
  });
  // §8.1.1.2: who takes To out of a 3xx has its tag, too.
  if (request.headers.get("To")?.tag !== undefined)
    request.headers.update("To", (to) => to?.with({ tag: undefined }));
  takeHeaders(uri, request);
  const { route = [], stack, extensions = [], sendOptions } = options;
  const routes = typeof route === "function" ? route() : route;
  if (routes.length > 0 && !request.headers.has("Route")) request.headers.set("Route", routes);
  const { flow: given = sendOptions?.flow, target = sendOptions?.target } = way;
  const ways = { flow: given, target };
  // Only who is told the flow needs one: it may be a connection that would be opened for nothing.
  const flow = typeof options.contact === "function" ? wayOf(stack, request, ways) : undefined;
  const transport = flow ? flow.transport : transportFor(stack, request, ways);
  setContact(request, contactFor(options, flow, isSecure(request, "Route"), transport));
  addEvents(request, options.events);
  for (const extension of extensions) addOption(request, "Supported", extension.toLowerCase());
  const content = {
    ...(body === undefined ? {} : { body }),
    ...(contentType === undefined ? {} : { contentType }),
  };
  return addContent(request, content);
}

/**
 * Our Contact on a flow; on the first transport where there is none.
 * @param secure a SIPS URI is wanted, where it is ours to say
 */
export function contactFor(
  { contact, user, stack }: UserAgentOptions,
  flow: Flow | undefined,
  secure: boolean,
  transport: Transport | undefined = flow?.transport ?? stack.transports[0],
): NameAddr {
  const given = typeof contact === "function" ? contact(flow) : contact;
  if (given instanceof Uri) return NameAddr.of({ uri: given });
  if (given !== undefined) return typeof given === "string" ? NameAddr.parse(given) : given;
  if (!transport) throw new SipError("no_transport", "the stack has no transport");
  return ownAddress(transport, user, secure);
}

/**
 * Whether the Contact that goes with a request, or with our response to it, has to be a SIPS URI (RFC 3261 §8.1.1.8, §12.1.1).
 * @param name where its way is told: Route in ours, Record-Route in a peer's
 */
export function isSecure({ uri, headers }: Request, name: "Route" | "Record-Route"): boolean {
  if (uri.scheme === "sips") return true;
  const next = headers.first(name) ?? headers.first("Contact");
  return next?.uri.scheme === "sips";
}

/** The flow that a request will take; undefined where there is none, as sending it will tell. */
function wayOf(
  stack: Stack,
  request: Request,
  { flow, target }: Pick<SendOptions, "flow" | "target">,
): Flow | undefined {
  if (flow) return flow;
  try {
    return stack.route(request, target ? { target } : {});
  } catch {
    return undefined;
  }
}
