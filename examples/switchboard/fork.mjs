// Fork: one request sent to one or several targets, and the one final response that comes of it: the
// "response context" of RFC 3261 §16.7.

import { bestResponse } from "./best-response.mjs";

/** What an error of a branch counts as; 503 where nothing is said (§16.8, §16.9). */
const STATUS = { timeout: 408, aborted: 487 };

/** The branches of one request. */
export class Fork {
  #stack;
  #exchange;
  /** The client transactions that have no final response yet. */
  #open = new Set();
  /** Final responses, 3xx to 6xx, of the other branches. */
  #finals = [];
  #canceled = false;

  constructor(stack, exchange) {
    this.#stack = stack;
    this.#exchange = exchange;
    exchange.onCancel(() => this.cancel());
  }

  /**
   * Sends one branch, on `flow` where it is known. All of them are sent in one turn, so that none ends before
   * the last has begun.
   */
  send(request, flow, branch) {
    const transaction = this.#stack.send(request, {
      ...(flow && { flow }),
      branch,
      timerC: true,
      onResponse: (response, branch) => this.#onResponse(response, branch),
      onError: (error, branch) => this.#onError(error, branch),
    });
    this.#open.add(transaction);
  }

  /** Cancels every branch that has no final response (§16.10). The others answer 487 then, or what they have. */
  cancel() {
    this.#canceled = true;
    for (const branch of this.#open) branch.cancel();
  }

  #onResponse(response, branch) {
    // 3. The topmost Via is ours: the one that the branch went out with.
    response.headers.shift("Via");
    const { status } = response;
    // One without the caller's Via would not find its way, and is not for the caller (§16.7 step 3).
    if (!response.headers.has("Via")) {
      if (status >= 200) this.#fail(branch, 502);
      return;
    }
    if (status >= 200 && status < 300) this.#succeed(response, branch);
    else if (status >= 300) this.#end(branch, response);
    // 5. A 100 has come from ourselves already, and RFC 4320 §4.1 allows no other 1xx but to an INVITE.
    else if (status > 100 && this.#exchange.request.method === "INVITE" && this.#exchange.waiting) {
      this.#exchange.respond(response);
    }
  }

  /** 5. A 2xx goes on at once, each of them to an INVITE, and 10. ends the other branches. */
  #succeed(response, branch) {
    this.#open.delete(branch);
    if (this.#exchange.waiting || this.#exchange.accepted) this.#exchange.respond(response);
    for (const other of this.#open) other.cancel();
  }

  /** A branch ended without a response. */
  #onError(error, branch) {
    this.#fail(branch, STATUS[error.code] ?? error.status ?? 503);
  }

  #fail(branch, status) {
    this.#end(branch, this.#exchange.request.createResponse(status));
  }

  #end(branch, response) {
    this.#open.delete(branch);
    this.#finals.push(response);
    // 5. Nobody else need ring when one branch speaks for all.
    if (response.status >= 600) for (const other of this.#open) other.cancel();
    if (this.#open.size > 0 || !this.#exchange.waiting) return;
    // A phone that never answered our CANCEL has no say in what its caller is told.
    const best = bestResponse(this.#finals);
    this.#exchange.respond(this.#canceled && best.status === 408 ? 487 : best);
  }
}
