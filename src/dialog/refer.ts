// Refer: a REFER of the peer's, and what is told of its outcome by the subscription that it implies (RFC 3515).

import { SipError } from "../errors.ts";
import { TokenParams } from "../message/media-type.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { checkStatus } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { addContent, type Content } from "./content.ts";
import { Dialog } from "./dialog.ts";
import { answer, type Host, refuseForNow } from "./host.ts";
import { Notifier } from "./notifier.ts";
import { isQuiet } from "./quiet.ts";
import type { SessionHandlers } from "./session.ts";
import { sipfrag } from "./sipfrag.ts";

/** How long the outcome may take, in seconds: longer than a call may ring by Timer C, which is above 180 (RFC 3515 §3.4). */
const PATIENCE = 300;

/** A REFER that waits for its answer. */
export class IncomingRefer {
  /** The REFER. */
  readonly request: Request;
  /** Whom to call. */
  readonly target: NameAddr;
  readonly #host: Host;
  readonly #transaction: ServerTransaction;
  readonly #dialog: () => Dialog;

  private constructor(
    host: Host,
    request: Request,
    transaction: ServerTransaction,
    target: NameAddr,
    dialog: () => Dialog,
  ) {
    this.#host = host;
    this.request = request;
    this.target = target;
    this.#transaction = transaction;
    this.#dialog = dialog;
  }

  /**
   * One within a dialog, which is no more than it was by it. One without a single Refer-To is answered 400 (RFC 3515 §2.4.2).
   * @internal
   */
  static within(
    host: Host,
    request: Request,
    transaction: ServerTransaction,
    dialog: Dialog,
  ): IncomingRefer | undefined {
    return IncomingRefer.#of(host, request, transaction, () => {
      // What is refused changes nothing (RFC 3261 §12.2.2).
      dialog.refresh(request);
      return dialog;
    });
  }

  /** One that begins a dialog. @internal */
  static alone(host: Host, request: Request, transaction: ServerTransaction): IncomingRefer | undefined {
    return IncomingRefer.#of(host, request, transaction, () => {
      const tag = request.createResponse(200).headers.get("To")?.tag ?? "";
      const dialog = Dialog.ofCallee(request, tag, host.contactFor(request));
      dialog.confirm();
      return dialog;
    });
  }

  static #of(
    host: Host,
    request: Request,
    transaction: ServerTransaction,
    dialog: () => Dialog,
  ): IncomingRefer | undefined {
    const target = targetOf(request);
    if (target) return new IncomingRefer(host, request, transaction, target, dialog);
    answer(transaction, request.createResponse(400, "No Single Refer-To"));
    return undefined;
  }

  /**
   * Takes it: 200, in place of RFC 3515's 202 (RFC 7647 §5), and a NOTIFY that says "100 Trying". Tell what comes of it by
   * the progress; who has sent it with `Refer-Sub: false` is told no more, and gets no NOTIFY (RFC 4488).
   * @throws SipError `transaction_state` for one that was answered, or has waited too long; `header_missing`, with status
   *   400, for one that begins a dialog without a Contact, `value_invalid` for a Contact that is no SIP URI
   */
  accept(): ReferProgress {
    const { request } = this;
    if (!this.#transaction.waiting) throw new SipError("transaction_state", "the REFER was answered already");
    const quiet = isQuiet(request);
    const id = request.headers.get("CSeq")?.number;
    const dialog = this.#dialog();
    const response = request.createResponse(200);
    response.headers.set("Contact", dialog.contact);
    if (quiet) response.headers.set("Refer-Sub", "false");
    answer(this.#transaction, response);
    return new ReferProgress(this.#host, quiet ? undefined : dialog, new TokenParams("refer", { id }));
  }

  /**
   * Refuses it: 603 unless told.
   * @throws SipError `value_invalid` for a status that is not 300 to 699, `value_unsafe` for content that must not go on the wire
   */
  reject(status = 603, content: Content = {}): void {
    answer(this.#transaction, addContent(this.request.createResponse(checkStatus(status, 300)), content));
  }
}

/** Whom to call; undefined where a REFER does not say, names several, or cannot be understood. */
function targetOf({ headers }: Request): NameAddr | undefined {
  try {
    return headers.get("Refer-To");
  } catch {
    return undefined;
  }
}

/** Takes a REFER within a session: to its handler; 603 where it has none. */
export function receiveRefer(
  host: Host,
  request: Request,
  transaction: ServerTransaction,
  dialog: Dialog,
  handlers: SessionHandlers,
): void {
  if (handlers.onRefer && host.isFull(dialog)) {
    // Each lives for PATIENCE at most, and there will be room again.
    refuseForNow(host, request, transaction);
    return;
  }
  const refer = IncomingRefer.within(host, request, transaction, dialog);
  if (!refer || !handlers.onRefer) refer?.reject(603);
  else
    host.call(
      () => handlers.onRefer?.(refer),
      (status) => refer.reject(status),
    );
}

/** Tells the one who sent a REFER what comes of it. */
export class ReferProgress {
  readonly #notifier: Notifier | undefined;
  #said: Content = sipfrag(100);

  /** @internal */
  constructor(host: Host, dialog: Dialog | undefined, event: TokenParams) {
    if (!dialog) return;
    this.#notifier = new Notifier(host, dialog, event, { state: () => this.#said });
    this.#notifier.grant(PATIENCE);
    this.#notifier.notify();
  }

  /**
   * Tells the status of the request that the REFER asked for. A final one ends the subscription.
   * @param status 100 to 699
   * @param reason that of the status unless told
   * @throws SipError `value_invalid` for another status
   */
  notify(status: number, reason?: string): void {
    this.#said = sipfrag(checkStatus(status), reason);
    if (status < 200) this.#notifier?.notify();
    else this.#notifier?.terminate("noresource");
  }
}
