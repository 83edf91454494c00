// Standing: a flow that stands to where another one leads, which may be gone.

import type { Flow } from "./transport.ts";

/** The flow itself while it is open, else a new one, where it was opened from here; undefined where the peer had opened it. */
export function standing(flow: Flow): Flow | undefined {
  const { transport, remote, domain } = flow;
  if (flow.open) return flow;
  return domain === undefined ? undefined : transport.flow({ ...remote, domain });
}
