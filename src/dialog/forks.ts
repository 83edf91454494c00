// Forks: the dialogs that the responses to an INVITE of ours make, one for each To tag (RFC 3261 §12.1.2, §13.2.2.4).

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { contentOf } from "./content.ts";
import { Dialog, dialogId } from "./dialog.ts";
import type { Closable, Host } from "./host.ts";
import type { InviteHandlers, InviteOptions } from "./invite-options.ts";
import { InviteUsage } from "./invite-usage.ts";
import { hasSession } from "./session-body.ts";

/** No call is forked to more; what comes from others makes no dialog. A peer can make up as many tags as he likes. */
const MOST_FORKS = 100;

/** One fork: its dialog, and the number of its last reliable response. */
export interface Fork {
  readonly usage: InviteUsage;
  rseq: number | undefined;
}

/** The forks of one call. */
export class Forks {
  readonly #host: Host;
  readonly #handlers: InviteHandlers;
  readonly #options: InviteOptions;
  readonly #forks = new Map<string, Fork>();

  constructor(host: Host, handlers: InviteHandlers, options: InviteOptions) {
    this.#host = host;
    this.#handlers = handlers;
    this.#options = options;
  }

  /** How many there are, those that have ended among them. */
  get size(): number {
    return this.#forks.size;
  }

  /** All of them. */
  get usages(): readonly InviteUsage[] {
    return [...this.#forks.values()].map(({ usage }) => usage);
  }

  /** Those that ring. */
  get early(): readonly InviteUsage[] {
    return this.usages.filter(({ state }) => state === "early");
  }

  /**
   * That of a response, made by the first of its tag; undefined where there are too many, or no way can be read.
   * @param invite what it answers, as it was sent
   * @param call whose it is
   * @param accepted another has accepted already: the one that does so first is the call, whoever has rung before
   */
  of(response: Response, invite: Request, call: InviteUsage["call"], accepted: boolean): Fork | undefined {
    const { headers } = response;
    const id = dialogId(headers.get("Call-ID") ?? "", headers.get("From")?.tag, headers.get("To")?.tag);
    const known = this.#forks.get(id);
    const full = this.#forks.size >= MOST_FORKS && (response.status < 200 || accepted);
    if (known || full) return known;
    const contact = invite.headers.first("Contact") ?? this.#host.contactFor(response);
    let dialog: Dialog;
    try {
      dialog = Dialog.ofCaller(invite, response, contact, this.#options.flow);
    } catch {
      // The way to it cannot be read.
      return undefined;
    }
    const usage = new InviteUsage(this.#host, dialog, this.#handlers, this.#options);
    usage.call = call;
    usage.peerOffers.awaited = hasSession(invite);
    usage.peerOffers.unmade = !hasSession(invite);
    usage.noteBody(contentOf(invite));
    const fork = { usage, rseq: undefined };
    this.#forks.set(id, fork);
    return fork;
  }

  /**
   * A final response that is no 2xx ends all early dialogs of its INVITE (RFC 3261 §13.2.2.3), and so does what stands for
   * one.
   */
  end(reason: "refused" | "closed" = "refused"): void {
    for (const usage of this.usages) usage.end({ reason });
    this.#forks.clear();
  }

  /** 64 × T1 after the first 2xx those that have not accepted are over (RFC 3261 §13.2.2.4). */
  endLater(): void {
    const { clock, t1, loose } = this.#host;
    const timer = clock.set(() => end("refused"), 64 * t1);
    const end = (reason: "refused" | "closed") => {
      clock.clear(timer);
      loose.delete(waiting);
      for (const usage of this.early) usage.end({ reason });
    };
    const waiting: Closable = { close: () => end("closed") };
    loose.add(waiting);
  }
}
