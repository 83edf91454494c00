// LatePrack: takes the PRACK for a reliable provisional response that a final one, or a CANCEL, has overtaken. The call is
// over, but its PRACK may be on its way, and must be processed still (RFC 3262 §3).

import type { TimerHandle } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Dialog } from "./dialog.ts";
import type { Host, Usage } from "./host.ts";

/** What is left of a call that was refused: it keeps the dialog for this, for 64 × T1 at most. */
export class LatePrack implements Usage {
  readonly #host: Host;
  readonly #dialog: Dialog;
  readonly #rack: string;
  readonly #timer: TimerHandle;

  /** @param rack the RAck that it has, as rackFor gives it */
  constructor(host: Host, dialog: Dialog, rack: string) {
    this.#host = host;
    this.#dialog = dialog;
    this.#rack = rack;
    // As long as the caller may send it again.
    this.#timer = host.clock.set(() => this.close(), 64 * host.t1);
    host.add(dialog, this);
  }

  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    if (request.method !== "PRACK" || !transaction || rackOf(request) !== this.#rack) return false;
    transaction.respond(200);
    this.close();
    return true;
  }

  close(): void {
    this.#host.clock.clear(this.#timer);
    this.#host.remove(this.#dialog, this);
  }
}

/** The RAck that acknowledges the response of this RSeq to an INVITE. */
export function rackFor(rseq: number, invite: Request): string {
  const cseq = invite.headers.get("CSeq");
  return `${rseq} ${cseq?.number} ${cseq?.method}`;
}

/** Which response a PRACK acknowledges, in the same way; undefined where it does not say. */
export function rackOf(prack: Request): string | undefined {
  return prack.headers.raw("RAck")[0]?.trim().split(/\s+/).join(" ");
}
