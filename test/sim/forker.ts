// Forker: a stateful, forking, optionally record-routing proxy (RFC 3261 §16), as small as it can be while it
// keeps the rules that transactions depend on.

import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { SentRequest } from "../../src/stack/options.ts";
import { isLoop, loopBranch, statelessBranch } from "../../src/transaction/branch.ts";
import { errorStatus, upstreamStatus } from "../../src/transaction/error-status.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { Node, type Surroundings } from "./node.ts";
import type { Protocol } from "./scenario.ts";

interface Branch {
  transaction: SentRequest | undefined;
  final: number | undefined;
  response: Response | undefined;
}

export class Forker extends Node {
  /** Where requests that come without a Route of ours go. */
  targets: readonly string[] = [];
  readonly #up: Protocol;
  readonly #down: Protocol;

  constructor(around: Surroundings, name: string, host: string, up: Protocol, down: Protocol, seed: number) {
    super(around, name, host, up === down ? [up] : [up, down], seed);
    this.#up = up;
    this.#down = down;
  }

  protected request(request: Request, transaction: ServerTransaction): void {
    const { headers } = request;
    const hops = headers.get("Max-Forwards") ?? 70;
    if (hops === 0) {
      transaction.respond(483);
      return;
    }
    const owns = (via: { host: string }): boolean => via.host === this.host;
    if (isLoop(request, owns)) {
      transaction.respond(482);
      return;
    }
    const copy = request.clone();
    this.#dropRoutes(copy);
    copy.headers.set("Max-Forwards", hops - 1);
    const inDialog = headers.get("To")?.tag !== undefined;
    const targets = inDialog ? [copy.uri] : this.targets;
    // Two of them where the protocol changes (RFC 5658).
    if (
      !inDialog &&
      request.method === "INVITE" &&
      (this.around.scenario.recordRoute || this.#up !== this.#down)
    ) {
      copy.headers.prepend("Record-Route", `<${this.uri("up", this.#up)};lr>`);
      if (this.#up !== this.#down)
        copy.headers.prepend("Record-Route", `<${this.uri("down", this.#down)};lr>`);
    }
    const branches: Branch[] = targets.map(() => ({
      transaction: undefined,
      final: undefined,
      response: undefined,
    }));
    transaction.onCancel = () => this.#cancel(branches);
    targets.forEach((target, i) => {
      const forked = copy.clone();
      forked.uri = target;
      const branch = branches[i] as Branch;
      branch.transaction = this.send(forked, {
        branch: loopBranch(request, this.stack.random),
        timerC: true,
        onResponse: (response) => this.#response(response, branch, branches, transaction),
        onError: (error) =>
          this.#final(branch, errorStatus(error), undefined, branches, transaction, request),
      });
    });
  }

  protected acknowledged(ack: Request): void {
    const copy = ack.clone();
    this.#dropRoutes(copy);
    const hops = ack.headers.get("Max-Forwards") ?? 70;
    copy.headers.set("Max-Forwards", hops - 1);
    // One to a refusal of ours, which the network has kept for longer than its transaction lived: it leads back here.
    if (hops === 0 || (copy.headers.first("Route")?.uri ?? copy.uri).host === this.host) return;
    try {
      this.stack.sendStateless(copy, { branch: statelessBranch(ack) });
    } catch {
      // No way there any more: as good as lost.
    }
  }

  #dropRoutes(request: Request): void {
    for (
      let top = request.headers.first("Route");
      top?.uri.host === this.host;
      top = request.headers.first("Route")
    ) {
      request.headers.shift("Route");
    }
  }

  #cancel(branches: readonly Branch[]): void {
    for (const { transaction, final } of branches) {
      if (transaction === undefined || final !== undefined) continue;
      this.clients.get(transaction.key)?.canceled();
      transaction.cancel();
    }
  }

  #response(response: Response, branch: Branch, branches: Branch[], upstream: ServerTransaction): void {
    const { status } = response;
    if (status === 100) return;
    const copy = response.clone();
    copy.headers.shift("Via");
    if (status < 200) {
      // A provisional response to a non-INVITE is none of a proxy's to forward (RFC 4320 §4.1).
      if (upstream.method === "INVITE" && upstream.waiting) upstream.respond(copy);
    } else if (status < 300) {
      branch.final ??= status;
      this.#forward(copy, upstream);
      this.#cancel(branches);
    } else this.#final(branch, status, copy, branches, upstream, undefined);
  }

  #forward(response: Response, upstream: ServerTransaction): void {
    if (upstream.waiting || upstream.state === "accepted") upstream.respond(response);
    // RFC 3261 §16.7 step 5: every 2xx to an INVITE, also after another final response.
    else if (upstream.method === "INVITE") {
      try {
        this.stack.sendStateless(response, { flow: upstream.flow });
      } catch {
        // Its flow is gone.
      }
    }
  }

  #final(
    branch: Branch,
    status: number,
    response: Response | undefined,
    branches: Branch[],
    upstream: ServerTransaction,
    _request: Request | undefined,
  ): void {
    branch.final = status;
    branch.response = response;
    if (status >= 600) this.#cancel(branches);
    if (branches.some(({ final }) => final === undefined) || !upstream.waiting) return;
    const failed = branches.filter(({ final }) => (final as number) >= 300);
    if (failed.length < branches.length) return;
    const rank = ({ final }: Branch): number => ((final as number) >= 600 ? 0 : (final as number));
    const best = failed.reduce((one, other) => (rank(other) < rank(one) ? other : one));
    const chosen = upstreamStatus(best.final as number);
    if (best.response && chosen === best.final) upstream.respond(best.response);
    else upstream.respond(chosen);
  }
}
