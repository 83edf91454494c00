// ContextHost: what a response context needs of its proxy.

import type { Clock } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Stack } from "../stack/stack.ts";
import type { Target } from "../transport/transport.ts";
import type { NextHops } from "./next-hops.ts";
import type { Judge, Outgoing } from "./outgoing.ts";
import type { Tally } from "./stateless-forwarding.ts";
import type { ProxyTarget } from "./target.ts";

export interface ContextHost {
  readonly stack: Stack;
  readonly clock: Clock;
  /** How many branches may live at once (RFC 5393 §5.3.3). */
  readonly breadth: number;
  /** Makes the copy for a target. */
  copy(target: ProxyTarget, breadth: number): Request;
  readonly hops: NextHops;
  /** Counts what had nowhere to go. */
  readonly tally: Pick<Tally, "dropped">;
  /** Puts a copy on its way, by a hop of its target, or another; throws where there is none. */
  finish(copy: Request, target: ProxyTarget, hop: Target | undefined, judge: Judge | undefined): Outgoing;
  newBranch(): string;
  /**
   * Called once, with the final response that went to the caller, undefined where none could, and with what a
   * callback of the user's threw meanwhile.
   */
  ended(final: Response | undefined, thrown: { readonly cause: unknown } | undefined): void;
}
