// Saved: what toJSON of a dialog or session has written, and nothing else: it may come from a store that others write to.

import type { SessionJson } from "./session.ts";

/** A dialog as JSON. A version tells what wrote it; keep the object as it is. */
export interface DialogJson {
  /** The form of the object. */
  readonly version: 1;
  /** A session is saved when it is `confirmed`; `restore` refuses an early dialog. */
  readonly state: "early" | "confirmed";
  /** Whether the request that made the dialog was ours (`caller`) or the peer's. */
  readonly role: "caller" | "callee";
  /** Call-ID. */
  readonly callId: string;
  /** Our address, with our tag. */
  readonly local: string;
  /** The peer's address, with its tag. */
  readonly remote: string;
  /** The URI that requests go to: the peer's Contact. */
  readonly target: string;
  /** The route set, the nearest proxy first. */
  readonly routes: readonly string[];
  /** Our Contact. */
  readonly contact: string;
  /** The CSeq number of our last request. */
  readonly localCSeq: number;
  /** The CSeq number of the peer's last request; undefined where none came. */
  readonly remoteCSeq: number | undefined;
}

/** Whether that is a dialog's JSON, its texts unread. */
export function isDialogJson(json: unknown): json is DialogJson {
  const { version, state, role, callId, local, remote, target, routes, contact, localCSeq, remoteCSeq } =
    fieldsOf(json);
  return (
    version === 1 &&
    (state === "early" || state === "confirmed") &&
    (role === "caller" || role === "callee") &&
    [callId, local, remote, target, contact].every(isText) &&
    Array.isArray(routes) &&
    routes.every(isText) &&
    isNumber(localCSeq) &&
    (isNothing(remoteCSeq) || isNumber(remoteCSeq))
  );
}

/** Whether that is a session's JSON, but for its dialog. */
export function isSessionJson(json: unknown): json is SessionJson {
  const { timer, body } = fieldsOf(json);
  const { expires, refresher } = fieldsOf(timer);
  const { text, contentType } = fieldsOf(body);
  return (
    typeof json === "object" &&
    json !== null &&
    (isNothing(timer) ||
      (isNumber(expires) && expires > 0 && (refresher === "us" || refresher === "peer"))) &&
    (isNothing(body) || (isText(text) && isText(contentType)))
  );
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** JSON has no undefined: some stores write null for it. */
function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
