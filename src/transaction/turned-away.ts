// TurnedAway: what the layer finds about a message that it answers or drops by itself.

import type { Finding } from "../message/validate.ts";

export const overloaded: Finding = { code: "overloaded", status: 503, reason: "Too Many Transactions" };
export const overlooked: Finding = { code: "overloaded", status: 481, reason: "Too Many Transactions" };
export const stray: Finding = { code: "response_stray", status: "drop", reason: "No Such Transaction" };
export const foreign: Finding = {
  code: "response_stray",
  status: "drop",
  reason: "Not Our Via",
  header: "Via",
};
