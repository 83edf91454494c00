// Restore: a session that was saved as JSON goes on.

import { SipError } from "../errors.ts";
import { Dialog } from "./dialog.ts";
import type { Host } from "./host.ts";
import { InviteUsage } from "./invite-usage.ts";
import { isSessionJson } from "./saved.ts";
import type { Session, SessionHandlers, SessionJson, SessionOptions } from "./session.ts";

/** UserAgent.restore. */
export function restoreSession(
  host: Host,
  json: SessionJson,
  handlers: SessionHandlers,
  options: SessionOptions,
): Session {
  if (!isSessionJson(json)) throw new SipError("value_invalid", "not a session");
  const dialog = Dialog.fromJSON(json.dialog);
  if (dialog.state !== "confirmed") throw new SipError("value_invalid", "an early dialog cannot be restored");
  const usage = new InviteUsage(host, dialog, handlers, options);
  usage.resume(json);
  return usage;
}
