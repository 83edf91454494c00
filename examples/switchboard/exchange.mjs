// Exchange: one request and what is answered to it.

/** Answers a request, and writes the final answer down. */
export class Exchange {
  request;
  #transaction;
  #journal;
  #began = performance.now();

  constructor(request, transaction, journal) {
    this.request = request;
    this.#transaction = transaction;
    this.#journal = journal;
  }

  /** True until a final response is sent. */
  get waiting() {
    return this.#transaction.waiting;
  }

  /** True once it is answered 2xx: an INVITE may then be answered 2xx again, and only so (RFC 6026 §8.7). */
  get accepted() {
    return this.#transaction.state === "accepted";
  }

  /** Sends a response, or one made of a status and perhaps header fields. */
  respond(answer, fields = {}) {
    const response = typeof answer === "number" ? this.request.createResponse(answer) : answer;
    for (const [name, value] of Object.entries(fields)) response.headers.set(name, value);
    const isFirst = this.waiting;
    this.#transaction.respond(response);
    if (isFirst && response.status >= 200) {
      this.#journal.response(this.request, response, performance.now() - this.#began);
    }
  }

  /** Has `callback` called when the peer cancels the request (RFC 3261 §9.2). */
  onCancel(callback) {
    this.#transaction.onCancel = (cancel) => {
      this.#journal.request(cancel);
      callback();
    };
  }
}
