// LateAnswers: hands the 2xx on that come for an INVITE when its response context has ended (RFC 3261 §16.7 step 5): those of
// a fork further on, and those that come again. A context holds ten times as much, and an accepted INVITE is kept for 32
// seconds (RFC 6026 §7.2).

import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { ClientHandlers } from "../transaction/user.ts";
import { guard } from "../watch.ts";
import { takeVia } from "./branch.ts";
import type { ContextHost } from "./context-host.ts";
import type { ForwardOptions } from "./options.ts";

export class LateAnswers implements ClientHandlers {
  readonly #transaction: ServerTransaction;
  readonly #seen: ForwardOptions["onResponse"];
  readonly #tally: ContextHost["tally"];

  /**
   * @param seen the option of the proxy's user
   * @param tally counts what is nobody's
   */
  constructor(
    transaction: ServerTransaction,
    seen: ForwardOptions["onResponse"],
    tally: ContextHost["tally"],
  ) {
    this.#transaction = transaction;
    this.#seen = seen;
    this.#tally = tally;
  }

  /** A transaction that was accepted asks it, and not the branch that it takes the place of. */
  get forgets(): boolean {
    return true;
  }

  onResponse(response: Response): void {
    if (!takeVia(response) || this.#transaction.state !== "accepted") {
      this.#tally.dropped++;
      return;
    }
    // The promise that would tell of what it throws was settled with the first.
    guard(
      () => this.#seen?.(response),
      () => {},
    );
    try {
      this.#transaction.respond(response);
      this.#transaction.forget();
    } catch {
      // It is to another request: nobody's.
      this.#tally.dropped++;
    }
  }
}
