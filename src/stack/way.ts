// Way: the flow that a message leaves by: which of the transports, and the flow to its target there.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Flow, Target, Transport } from "../transport/transport.ts";
import { requestTarget, responseTarget } from "./target.ts";

/** What a caller may decide about the way. */
export interface WayOptions {
  flow?: Flow;
  target?: Target;
}

/**
 * The flow for a request: the one given, else one to the target given, else to its first Route or its
 * Request-URI.
 *
 * @throws SipError `no_target` or `no_transport`
 */
export function requestFlow(transports: readonly Transport[], request: Request, options: WayOptions): Flow {
  if (options.flow) return options.flow;
  const fallback = transports.find((each) => each.protocol === "UDP") ?? transports[0];
  if (!fallback) throw new SipError("no_transport", "the stack has no transport");
  return flowTo(transports, options.target ?? requestTarget(request, fallback.protocol), fallback);
}

/** The flow for a response: the one given, else its own, else one by its topmost Via. Throws as requestFlow. */
export function responseFlow(
  transports: readonly Transport[],
  response: Response,
  options: WayOptions,
): Flow {
  return (
    options.flow ?? response.flow ?? flowTo(transports, options.target ?? responseTarget(response), undefined)
  );
}

function flowTo(transports: readonly Transport[], target: Target, fallback: Transport | undefined): Flow {
  const able = transports.filter((each) => each.protocol === target.protocol);
  // A WebSocket client has one way out, and everything takes it (RFC 7118 §5.3).
  const only = transports.length === 1 && fallback?.framed && fallback.reliable ? [fallback] : [];
  for (const transport of able.length > 0 ? able : only) {
    const flow = transport.flow(target);
    if (flow) return flow;
  }
  if (able.length + only.length > 0) {
    throw new SipError("no_target", `no flow to ${target.host}:${target.port} over ${target.protocol}`);
  }
  throw new SipError("no_transport", `the stack has no transport for ${target.protocol}`);
}
