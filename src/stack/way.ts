// Way: the flow that a message leaves by: which of the transports, and the flow to its target there.

import { SipError } from "../errors.ts";
import { tryParseMessage } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { formatAddress, ipFamily } from "../transport/address.ts";
import { flowBack } from "../transport/flow-back.ts";
import type { Flow, Target, Transport } from "../transport/transport.ts";
import { requestTarget, responseTarget } from "./target.ts";

/** What a caller may decide about the way. */
export interface WayOptions {
  flow?: Flow | undefined;
  target?: Target | undefined;
}

/**
 * The flow for a request: the one given, else one to the target given, else to its first Route or its
 * Request-URI.
 *
 * @throws SipError `no_target` or `no_transport`
 */
export function requestFlow(transports: readonly Transport[], request: Request, options: WayOptions): Flow {
  if (options.flow) return options.flow;
  const fallback = mainTransport(transports);
  const targets = options.target ?? requestTarget(request, fallback.protocol);
  // RFC 3261 §26.2.2: a WebSocket without TLS is no way to a SIPS URI, though it is the only one.
  return flowTo(transports, targets, fallback.secure || request.uri.scheme !== "sips" ? fallback : undefined);
}

/** The flow for a response: the one given, else its own, else one by its topmost Via. Throws as requestFlow. */
export function responseFlow(
  transports: readonly Transport[],
  response: Response,
  options: WayOptions,
): Flow {
  const { flow } = response;
  return (
    options.flow ??
    (flow && flowBack(flow, response)) ??
    flowTo(transports, options.target ?? responseTarget(response), undefined)
  );
}

/**
 * The transport for what asks for none: UDP, or the first.
 *
 * @throws SipError `no_transport` where there is none at all
 */
export function mainTransport(transports: readonly Transport[]): Transport {
  const main = transports.find((each) => each.protocol === "UDP") ?? transports[0];
  if (!main) throw new SipError("no_transport", "the stack has no transport");
  return main;
}

/**
 * A flow for a response whose connection is gone: to where its topmost Via says (RFC 3261 §18.2.2), if there
 * is a way. Undefined for requests: their transactions have to hear that it is gone.
 */
export function substituteFlow(transports: readonly Transport[], data: Uint8Array): Flow | undefined {
  const message = tryParseMessage(data);
  if (message.kind !== "response") return undefined;
  try {
    return flowTo(transports, responseTarget(message), undefined);
  } catch {
    // A WebSocket client, say, which nobody can call.
    return undefined;
  }
}

/**
 * The flow to the first of the targets that there is a way to.
 *
 * @throws SipError `no_target` or `no_transport`, for the last of them
 */
export function flowTo(
  transports: readonly Transport[],
  targets: Target | readonly Target[],
  fallback: Transport | undefined,
): Flow {
  if (isOne(targets)) return flowToOne(transports, targets, fallback);
  let failure: unknown;
  for (const target of targets) {
    try {
      return flowToOne(transports, target, fallback);
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new SipError("no_target", "there is no target");
}

function isOne(targets: Target | readonly Target[]): targets is Target {
  return !Array.isArray(targets);
}

function flowToOne(transports: readonly Transport[], target: Target, fallback: Transport | undefined): Flow {
  let able = false;
  for (const transport of ordered(transports, target)) {
    if (transport.protocol !== target.protocol) continue;
    able = true;
    const flow = transport.flow(target);
    if (flow) return flow;
  }
  // A WebSocket client has one way out, and everything takes it (RFC 7118 §5.3).
  if (!able && transports.length === 1 && fallback?.framed && fallback.reliable) {
    able = true;
    const flow = fallback.flow(target);
    if (flow) return flow;
  }
  if (able) {
    const where = `${formatAddress(target.host, target.port)} over ${target.protocol}`;
    throw new SipError("no_target", `no flow to ${where}: not started, or no way there`);
  }
  const known = transports.map(({ protocol }) => protocol).join(", ");
  throw new SipError("no_transport", `the stack has no transport for ${target.protocol}: it has ${known}`);
}

/**
 * Where several carry the target's protocol, those of its address family first: what the Via names can then be reached.
 * The list itself where there is only one, as usual.
 */
function ordered(transports: readonly Transport[], { protocol, host }: Target): readonly Transport[] {
  let carrying = 0;
  for (const each of transports) if (each.protocol === protocol) carrying++;
  if (carrying < 2) return transports;
  const family = ipFamily(host);
  const other = ({ local }: Transport): number => Number(ipFamily(local.host) !== family);
  return [...transports].sort((a, b) => other(a) - other(b));
}
