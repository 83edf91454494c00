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

  /** Sends the final response, made of a status and perhaps header fields. */
  respond(status, fields = {}) {
    const response = this.request.createResponse(status);
    for (const [name, value] of Object.entries(fields)) response.headers.set(name, value);
    this.send(response);
  }

  /** Sends a final response that somebody else has made; nothing, where nobody waits for it any longer. */
  send(response) {
    if (!this.#transaction.waiting) return;
    this.#transaction.respond(response);
    this.#note(response);
  }

  /** Leaves the answer to a proxy. */
  async forward(proxy, targets, options) {
    this.#transaction.onCancel = (cancel) => this.#journal.request(cancel);
    const response = await proxy.forward(this.request, this.#transaction, targets, options);
    if (response) this.#note(response);
  }

  #note(response) {
    this.#journal.response(this.request, response, performance.now() - this.#began);
  }
}
