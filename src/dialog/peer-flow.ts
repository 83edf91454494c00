// PeerFlow: the flow that the requests of a dialog take, in place of one to where the peer's Contact is: a client that cannot be
// called, behind a NAT say, has no other way.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import { addressOf, hiddenAddress } from "../stack/translated.ts";
import { ipFamily, unbracketed } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";

/** What is known of the flow to one peer. */
export class PeerFlow {
  #flow: Flow | undefined;
  /**
   * No proxy is between, as far as one can know. One that is, and not in the route set, has left the path: what follows goes to
   * the peer's Contact (RFC 3261 §8.1.2, §12.2.1.1).
   */
  #direct: boolean;
  /** What the peer calls himself behind a NAT: a Contact there is reached by the flow, over UDP as well. */
  #hidden: string | undefined;

  private constructor(flow: Flow | undefined, direct: boolean, hidden?: string) {
    this.#flow = flow;
    this.#direct = direct;
    this.#hidden = hidden;
  }

  /**
   * That of a response to our request: one with a Route has gone to a proxy.
   * @param given the flow that the request had to take, whatever its URI says
   */
  static ofAnswer(request: Request, { flow }: Response, given: Flow | undefined): PeerFlow {
    return new PeerFlow(flow, !request.headers.has("Route"), given && addressOf(request.uri));
  }

  /** That of a peer's request. */
  static ofRequest(request: Request): PeerFlow {
    return new PeerFlow(request.flow, isDirect(request), hiddenAddress(request));
  }

  /** None is known. */
  static none(): PeerFlow {
    return new PeerFlow(undefined, false);
  }

  /** Takes note of the flow that was used last. A response comes by the way that we have gone. */
  note(message: Request | Response): void {
    const { flow } = message;
    const direct = message.kind === "request" ? isDirect(message) : this.#direct;
    if (!flow || (this.#direct && !direct)) return;
    this.#flow = flow;
    this.#direct = direct;
    if (message.kind === "request") this.#hidden = hiddenAddress(message) ?? this.#hidden;
  }

  /** The flow to take; undefined where the way is that to the target. */
  to(target: Uri): Flow | undefined {
    const flow = this.#flow;
    if (!flow?.open) return undefined;
    if (!flow.transport.reliable) {
      const seen = this.#direct && this.#hidden !== undefined && this.#hidden === addressOf(target);
      return seen ? flow : undefined;
    }
    return this.#direct || isOnly(flow, target) ? flow : undefined;
  }
}

/** Whether a request came from the peer himself: who was between has left a Via, be it in the route set or not. */
function isDirect({ headers }: Request): boolean {
  try {
    return headers.get("Via").length < 2;
  } catch {
    return false;
  }
}

/**
 * Whether there is no other way: to a name that is none (RFC 7118 §5), and by TLS to an address, which as a rule no certificate
 * is for (RFC 5922 §7.2). A proxy that has left the path may be the peer after all, called by another name.
 */
function isOnly({ transport }: Flow, target: Uri): boolean {
  if (!target.isSip) return false;
  const host = target.host.toLowerCase();
  return host.endsWith(".invalid") || (transport.secure && ipFamily(unbracketed(host)) !== 0);
}
