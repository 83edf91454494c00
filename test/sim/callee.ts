// Callee: a user agent server. It rings, answers, refuses, dawdles and throws, as its dice say.

import { SipError } from "../../src/errors.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import { AnswerKeeper } from "../../src/transaction/answer-keeper.ts";
import { MergedRequests } from "../../src/transaction/merged-requests.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { type Dialog, dialogId } from "./dialog.ts";
import type { Dice } from "./dice.ts";
import { Node, type Surroundings, Thrown } from "./node.ts";

/** How long it rings at most. */
const RINGING = 100_000;

export class Callee extends Node {
  readonly dialogs: Map<string, Dialog> = new Map();
  readonly #dice: Dice;
  readonly #answers: AnswerKeeper;
  readonly #merged = new MergedRequests();
  readonly #transactions: Map<string, ServerTransaction> = new Map();
  #tags = 0;

  constructor(around: Surroundings, name: string, host: string, dice: Dice) {
    super(around, name, host, [around.scenario.far], dice.between(1, 1e6));
    this.#dice = dice;
    this.#answers = new AnswerKeeper(this.stack);
  }

  override finish(): void {
    super.finish();
    if (this.#answers.size > 0) this.violation(`${this.#answers.size} answers wait`);
  }

  protected request(request: Request, transaction: ServerTransaction): void {
    const { method } = request;
    if (method === "BYE") this.#bye(request, transaction);
    else if (this.#merged.check(request, transaction)) transaction.respond(482);
    else if (method === "INVITE") this.#invite(request, transaction);
    else this.#other(request, transaction);
  }

  protected acknowledged(ack: Request): void {
    // One to a refusal comes here too where the network keeps it for longer than T4.
    const known = this.dialogs.has(dialogId(ack, "To"));
    if (!known && this.around.scenario.calm) this.violation("an ACK for no dialog");
    this.#answers.acknowledge(ack);
  }

  #invite(request: Request, transaction: ServerTransaction): void {
    const dice = this.#dice;
    const way = dice.pick("answer", "answer", "answer", "answer", "refuse", "ring", "throw");
    if (way === "throw") {
      if (dice.chance(0.5)) throw new Thrown(488);
      this.#later(100, transaction, () => transaction.respond(500));
      return;
    }
    const tag = `${this.name}-${++this.#tags}`;
    const rings = dice.between(0, 3);
    const at = way === "ring" ? RINGING : dice.chance(0.3) ? 0 : dice.between(1, 12_000);
    const ring = (): void => transaction.respond(tagged(request, 180, tag));
    for (let i = 0; i < rings; i++) this.#later(dice.between(0, 6000), transaction, ring);
    const status = way === "answer" ? 200 : way === "refuse" ? dice.pick(486, 404, 603, 503) : 480;
    if (dice.chance(0.3)) {
      const wait = dice.between(0, 1000);
      transaction.onCancel = () =>
        this.#later(wait, transaction, () => transaction.respond(tagged(request, 487, tag)));
    }
    this.#later(at, transaction, () => {
      if (status === 200) this.#accept(request, transaction, tag);
      else transaction.respond(tagged(request, status, tag));
    });
  }

  #accept(request: Request, transaction: ServerTransaction, tag: string): void {
    const response = tagged(request, 200, tag);
    response.headers.set("Contact", `<${this.uri(this.name, this.around.scenario.far)}>`);
    const id = dialogId(response, "To");
    const dialog: Dialog = { id, confirmed: false, ending: false, end: undefined };
    this.dialogs.set(id, dialog);
    this.#transactions.set(id, transaction);
    const talk = this.#dice.between(0, 60_000);
    this.#answers.accept(transaction, response, (outcome) => {
      if (outcome instanceof SipError) {
        if (this.around.scenario.calm) this.violation(`no ACK to the 2xx of ${id}: ${outcome.code}`);
        dialog.end = "no ACK";
        this.#hangUp(dialog, request, tag);
      } else {
        dialog.confirmed = true;
        this.clock.set(() => this.#hangUp(dialog, request, tag), talk);
      }
    });
  }

  #hangUp(dialog: Dialog, invite: Request, tag: string): void {
    if (dialog.ending) return;
    dialog.ending = true;
    const { headers } = invite;
    const bye = createRequest("BYE", headers.get("Contact")[0]!.uri, {
      from: headers.get("To")!.with({ tag }),
      to: headers.get("From")!,
      callId: headers.get("Call-ID")!,
    });
    const route = headers.get("Record-Route");
    if (route.length > 0) bye.headers.set("Route", [...route]);
    this.send(bye, {
      onResponse: ({ status }) => {
        if (status >= 200) dialog.end ??= status < 300 ? "BYE answered" : "BYE refused";
      },
      onError: () => {
        dialog.end ??= "BYE failed";
      },
    });
  }

  #bye(request: Request, transaction: ServerTransaction): void {
    const id = dialogId(request, "To");
    const dialog = this.dialogs.get(id);
    if (dialog === undefined) this.violation("a BYE for no dialog");
    if (dialog === undefined || dialog.end === "no ACK") {
      transaction.respond(481);
      return;
    }
    dialog.ending = true;
    dialog.end = "BYE came";
    // The peer has the 2xx, whatever became of its ACK.
    this.#answers.release(this.#transactions.get(id) as ServerTransaction);
    transaction.respond(200);
  }

  #other(request: Request, transaction: ServerTransaction): void {
    const dice = this.#dice;
    if (request.method === "OPTIONS" && dice.chance(0.2)) return;
    // A 408 says nothing (RFC 4320 §4.2): the asker times out.
    const status = dice.pick(200, 200, 404, request.method === "OPTIONS" ? 408 : 480);
    const early = dice.chance(0.2);
    if (early) this.#later(dice.between(0, 5000), transaction, () => transaction.respond(100));
    const at = dice.chance(0.5) ? 0 : dice.between(1, 8000);
    this.#later(at, transaction, () => transaction.respond(status));
  }

  /** Does it in `wait` milliseconds, if the request still waits then. */
  #later(wait: number, transaction: ServerTransaction, act: () => void): void {
    const guarded = (): void => {
      if (transaction.waiting) act();
    };
    if (wait === 0) guarded();
    else this.clock.set(guarded, wait);
  }
}

function tagged(request: Request, status: number, tag: string): ReturnType<Request["createResponse"]> {
  const response = request.createResponse(status);
  response.headers.set("To", request.headers.get("To")!.with({ tag }));
  return response;
}
