// Work: what a response context needs until its last branch has ended.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { ContextHost } from "./context-host.ts";
import type { Departure } from "./departure.ts";
import type { Recourse } from "./recourse.ts";
import type { TargetSet } from "./target-set.ts";

export interface Work {
  readonly host: ContextHost;
  readonly departure: Departure;
  readonly request: Request;
  readonly targets: TargetSet;
  /** Undefined where the user has nothing to say. */
  readonly recourse: Recourse | undefined;
  /** Final responses, 3xx to 6xx, of the branches that ended. */
  readonly finals: Response[];
  /** Of an INVITE's branches. Each may bring another 2xx for 32 seconds (RFC 6026 §7.2). */
  readonly accepted: ClientTransaction[];
}
