// Replaces and Join: which dialog an INVITE means to take over or to join (RFC 3891, RFC 3911); and Target-Dialog: which one
// a request outside of it speaks of (RFC 4538).

import type { DialogId } from "../message/dialog-id.ts";
import type { Request } from "../message/request.ts";
import { Uri } from "../message/uri.ts";
import { dialogId } from "./dialog.ts";
import type { DialogTable } from "./dialog-table.ts";
import { InviteUsage } from "./invite-usage.ts";
import type { FoundDialog } from "./user-agent-options.ts";

/** What a Replaces or Join header field says. */
export interface DialogReference {
  readonly name: "Replaces" | "Join";
  /** The dialog's ids at the side that is asked: its to-tag is our tag (RFC 3891 §3). */
  readonly ids: readonly string[];
  /** Only where the dialog is early still. */
  readonly earlyOnly: boolean;
}

/**
 * Reads Replaces or Join of an INVITE, or of a URI that one is to be formed of.
 *
 * @returns undefined where there is none; `"bad"` for more than one, both, or one without both tags: answer 400
 */
export function readReference(of: Request | Uri): DialogReference | "bad" | undefined {
  const found: DialogReference[] = [];
  for (const name of ["Replaces", "Join"] as const) {
    for (const text of of instanceof Uri ? ofUri(of, name) : of.headers.raw(name)) {
      const reference = text.includes(",") ? undefined : read(name, text);
      if (!reference) return "bad";
      found.push(reference);
    }
  }
  if (found.length > 1) return "bad";
  return found[0];
}

/** What is meant of the dialogs that there are: UserAgent.find. */
export function findMeant(of: Request | Uri, dialogs: DialogTable): FoundDialog | number | undefined {
  const reference = readReference(of);
  if (reference === undefined) return undefined;
  if (reference === "bad") return 400;
  const { name, ids, earlyOnly } = reference;
  for (const usage of ids.flatMap((id) => dialogs.of(id))) {
    if (!(usage instanceof InviteUsage)) continue;
    if (usage.state === "confirmed") return earlyOnly ? 486 : { name, session: usage };
    // RFC 3891 §3: an early dialog can be replaced where we have called, and not where we are being called.
    return usage.call ? { name, early: usage, call: usage.call } : 481;
  }
  // RFC 3891 §3: or else a phone would ring for a call that nobody wants any more.
  return ids.some((id) => dialogs.isOver(id)) ? 603 : 481;
}

/** The call that a request names by Target-Dialog: UserAgent.findTarget. Its tags are as we know them (RFC 4538 §4). */
export function findTarget({ headers }: Request, dialogs: DialogTable): InviteUsage | undefined {
  let named: DialogId | undefined;
  try {
    named = headers.get("Target-Dialog");
  } catch {
    // One that cannot be read names nothing.
  }
  if (!named) return undefined;
  const id = dialogId(named.callId, named.params.get("local-tag"), named.params.get("remote-tag"));
  return dialogs.of(id).find((usage) => usage instanceof InviteUsage);
}

/** The headers of that name, one after the other: a URI may have several. */
function ofUri({ headers }: Uri, name: string): readonly string[] {
  return [...headers].filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

function read(name: "Replaces" | "Join", text: string): DialogReference | undefined {
  const [callId, ...params] = text.split(";").map((part) => part.trim());
  const tags = new Map<string, string>();
  for (const param of params) {
    const [key = "", value = ""] = param.split("=").map((part) => part.trim());
    if (tags.has(key.toLowerCase())) return undefined;
    tags.set(key.toLowerCase(), value);
  }
  const [to, from] = [tags.get("to-tag"), tags.get("from-tag")];
  if (!callId || !to || !from) return undefined;
  // A tag of 0 stands for none, too, as RFC 2543 peers have it (RFC 3891 §6.1).
  const ids = (from === "0" ? [from, ""] : [from]).map((tag) => dialogId(callId, to, tag));
  return { name, ids, earlyOnly: tags.has("early-only") };
}
