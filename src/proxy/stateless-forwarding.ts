// StatelessForwarding: requests and responses that a proxy forwards without keeping anything (RFC 3261 §16.11): each
// always the same way, with the same branch.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Stack } from "../stack/stack.ts";
import { upstreamStatus } from "../transaction/error-status.ts";
import { statusOf } from "./branch.ts";
import { breadthFor, breadthOf, checkRequest, type Refusal } from "./check.ts";
import type { Marks } from "./marks.ts";
import type { ForwardOptions } from "./options.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Routes } from "./routes.ts";
import type { ProxyTarget } from "./target.ts";

/** What a proxy has done. */
export interface Tally {
  taken: number;
  branches: number;
  refused: number;
  dropped: number;
}

/** What it needs of its proxy. */
export interface StatelessHost {
  readonly stack: Stack;
  readonly marks: Marks;
  readonly routes: Routes;
  readonly extensions: ReadonlySet<string>;
  readonly maxBreadth: number;
  readonly tally: Tally;
  /** Makes the copy for a target; throws where there is no way. */
  make(
    request: Request,
    cameFrom: Request["flow"],
    target: ProxyTarget,
    breadth: number | undefined,
    options: ForwardOptions,
  ): Outgoing;
}

/** The stateless half of one proxy. */
export class StatelessForwarding {
  readonly #host: StatelessHost;

  constructor(host: StatelessHost) {
    this.#host = host;
  }

  /** As SipProxy.forwardStateless. */
  request(request: Request, target: ProxyTarget | undefined, options: ForwardOptions): void {
    const { stack, marks, routes, extensions, maxBreadth, tally } = this.#host;
    tally.taken++;
    if (request.method === "ACK" && marks.isRefusal(request)) return;
    try {
      const refusal = checkRequest(request, extensions, () => false);
      const routed = routes.preprocess(request);
      if (refusal) this.#refuse(request, refusal.status, refusal.headers);
      else if (routed.flowGone) this.#refuse(request, 430);
      else {
        const to = target ?? { uri: routed.request.uri, ...(routed.flow && { flow: routed.flow }) };
        // What follows an INVITE forks nowhere by itself.
        const follows = request.method === "ACK" || request.method === "CANCEL";
        const breadth = follows ? breadthOf(request) : breadthFor(request, maxBreadth);
        const made = this.#host.make(routed.request, request.flow, to, breadth, options);
        stack.sendStateless(made.request, {
          flow: made.flow,
          branch: marks.statelessBranch(request),
          uncopied: true,
        });
        tally.branches++;
      }
    } catch (error) {
      if (!(error instanceof SipError)) throw error;
      // A 503 would say that the proxy itself can serve nobody (§16.7 step 6).
      this.#refuse(request, upstreamStatus(statusOf(error)));
    }
  }

  /** As SipProxy.forwardResponse. */
  response(response: Response): void {
    const { stack, marks, tally } = this.#host;
    try {
      const via = response.headers.shift("Via");
      const connection = via?.branch === undefined ? undefined : marks.connectionOf(via.branch);
      const flow = connection && stack.flow(connection.id);
      response.flow = undefined;
      // A connection that is gone is opened anew, to where the Via says (§18.2.2), if anybody listens there.
      if (!response.headers.has("Via") || (connection?.only && !flow)) tally.dropped++;
      else stack.sendStateless(response, flow ? { flow } : {});
    } catch (error) {
      if (!(error instanceof SipError)) throw error;
      tally.dropped++;
    }
  }

  #refuse(request: Request, status: number, headers: Refusal["headers"] = {}): void {
    const { stack, marks, tally } = this.#host;
    if (request.method === "ACK") {
      tally.dropped++;
      return;
    }
    const response = request.createResponse(status);
    const to = request.headers.get("To");
    if (to && to.tag === undefined) {
      response.headers.set("To", to.with({ tag: marks.refusalTag(request) }));
    }
    for (const [name, values] of Object.entries(headers)) response.headers.set(name, values);
    tally.refused++;
    stack.sendStateless(response);
  }
}
