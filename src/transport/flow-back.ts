// FlowBack: the flow that the responses to a request take: that of the request, but where its transport knows better.

import type { Message } from "../message/parse.ts";
import type { Flow } from "./transport.ts";

/** The flow for responses to what came in on `flow`, whose topmost Via is that of `message` (RFC 3261 §18.2.2). */
export function flowBack(flow: Flow, message: Message): Flow {
  return flow.transport.responseFlow?.(flow, message) ?? flow;
}
