// Dialog: one end of a simulated call, and how the two ends must agree when all is over.

import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";

/** How a call ended at one end. */
export type End = "BYE answered" | "BYE came" | "BYE refused" | "BYE failed" | "no ACK";

export interface Dialog {
  readonly id: string;
  /** At the callee: the ACK came. At the caller: it was sent. */
  confirmed: boolean;
  ending: boolean;
  end: End | undefined;
}

/** Call-ID and the callee's tag: the caller has one tag for all branches of a call. */
export function dialogId({ headers }: Response | Request, calleeTag: "From" | "To"): string {
  return `${headers.get("Call-ID")} ${headers.get(calleeTag)?.tag}`;
}

/** The ends at which one of the two has heard that something went wrong. */
const KNOWS: readonly (End | undefined)[] = ["BYE came", "BYE refused", "BYE failed"];

/** What is wrong with a call, as its caller and its callee left it; undefined for nothing. */
export function disagreement(caller: Dialog | undefined, callee: Dialog | undefined): string | undefined {
  if (callee === undefined) return "the caller has a dialog that no callee made";
  if (callee.end === undefined)
    return `the callee's dialog is left, ${callee.confirmed ? "" : "not "}confirmed`;
  if (caller === undefined) {
    if (callee.confirmed) return "an ACK came for a dialog that the caller has not";
    return callee.end === "BYE came" ? "a BYE came for a dialog that the caller has not" : undefined;
  }
  if (caller.end === undefined) return "the caller's dialog is left";
  if (callee.end === "no ACK" && !KNOWS.includes(caller.end)) {
    return `the callee had no ACK, and the caller thinks "${caller.end}"`;
  }
  return undefined;
}
