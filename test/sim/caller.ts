// Caller: a user agent client. It calls, gives up, acknowledges, talks and hangs up.

import { createAck } from "../../src/message/create-ack.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { AckKeeper } from "../../src/transaction/ack-keeper.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { DEAD } from "./client-watch.ts";
import { type Dialog, dialogId } from "./dialog.ts";
import { Node, type Surroundings } from "./node.ts";
import type { Plan } from "./scenario.ts";

export class Caller extends Node {
  readonly dialogs: Map<string, Dialog> = new Map();
  readonly #acks: AckKeeper;
  readonly #invites: Map<string, Request> = new Map();
  #calls = 0;

  constructor(around: Surroundings, host: string, seed: number) {
    super(around, "caller", host, [around.scenario.near], seed);
    const send = (ack: Request): void => {
      try {
        this.stack.sendStateless(ack);
      } catch {
        // No way there any more: as good as lost.
      }
    };
    this.#acks = new AckKeeper({ clock: this.clock, timers: this.stack.timers, send });
  }

  /** Carries a plan out, now. `target` is the URI to ask. */
  start(plan: Plan, target: string): void {
    const { near } = this.around.scenario;
    const number = ++this.#calls;
    const uri = plan.dead ? `sip:nobody@${DEAD}${near === "UDP" ? "" : ";transport=tcp"}` : target;
    const request = createRequest(plan.method, uri, {
      from: `<sip:caller@sim>;tag=caller-${number}`,
      to: "<sip:bob@sim>",
      callId: `call-${number}`,
      contact: `<${this.uri("caller", near)}>`,
    });
    if (plan.method !== "INVITE") {
      const aborts = new Aborter();
      this.send(request, { onResponse() {}, onError() {}, signal: aborts });
      if (plan.patience !== undefined) this.clock.set(() => aborts.abort(), plan.patience);
      return;
    }
    let done = false;
    const transaction = this.send(request, {
      onResponse: (response) => {
        if (response.status >= 200) done = true;
        if (response.status >= 200 && response.status < 300)
          this.#answered(response, transaction.request, plan.talk);
      },
      onError: () => {
        done = true;
      },
    });
    this.#invites.set(`call-${number}`, transaction.request);
    this.clock.set(() => {
      if (done) return;
      this.clients.get(transaction.key)?.canceled();
      transaction.cancel();
    }, plan.patience ?? 0);
  }

  override finish(): void {
    super.finish();
    if (this.#acks.size > 0) this.violation(`${this.#acks.size} ACKs are kept`);
  }

  protected override stray(response: Response): void {
    const invite = this.#invites.get(response.headers.get("Call-ID") ?? "");
    if (invite) this.#answered(response, invite, 0);
  }

  #answered(response: Response, invite: Request, talk: number): void {
    const id = dialogId(response, "To");
    if (this.#acks.receive(response)) return;
    this.#acks.acknowledge(response, createAck(invite, response));
    // A copy that the network has kept longer than the keeper does.
    if (this.dialogs.has(id)) return;
    const dialog: Dialog = { id, confirmed: true, ending: false, end: undefined };
    const first = ![...this.dialogs.keys()].some((other) => other.startsWith(`${id.split(" ")[0]} `));
    this.dialogs.set(id, dialog);
    // Of a forked call's answers the first is talked to (RFC 3261 §13.2.2.4).
    this.clock.set(() => this.#hangUp(dialog, response, invite), first ? talk : 0);
  }

  #hangUp(dialog: Dialog, response: Response, invite: Request): void {
    if (dialog.ending) return;
    dialog.ending = true;
    const { headers } = response;
    const bye = createRequest("BYE", headers.get("Contact")[0]!.uri, {
      from: headers.get("From")!,
      to: headers.get("To")!,
      callId: headers.get("Call-ID")!,
      cseq: (invite.headers.get("CSeq")?.number ?? 1) + 1,
    });
    const route = headers.get("Record-Route");
    if (route.length > 0) bye.headers.set("Route", [...route].reverse());
    this.send(bye, {
      onResponse: ({ status }) => {
        if (status >= 200) dialog.end ??= status < 300 ? "BYE answered" : "BYE refused";
      },
      onError: () => {
        dialog.end ??= "BYE failed";
      },
    });
  }

  protected request(request: Request, transaction: ServerTransaction): void {
    const dialog = this.dialogs.get(dialogId(request, "From"));
    if (request.method !== "BYE" || dialog === undefined) {
      transaction.respond(481);
      return;
    }
    dialog.ending = true;
    dialog.end = "BYE came";
    transaction.respond(200);
  }

  protected acknowledged(): void {
    this.violation("an ACK came to the caller");
  }
}

/** An AbortSignal, as plain as the stack needs it. */
class Aborter {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(): void {
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}
