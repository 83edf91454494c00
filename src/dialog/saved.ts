// Saved: what toJSON of a dialog or session has written, and nothing else: it may come from a store that others write to.

import type { DialogJson } from "./dialog.ts";
import type { SessionJson } from "./session.ts";

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
