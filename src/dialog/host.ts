// Host: what the usages of dialogs need of their user agent: the stack, time, and the table of dialogs.

import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Random } from "../random.ts";
import type { SendOptions } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Dialog } from "./dialog.ts";
import type { Pace } from "./resend.ts";

/** What shares a dialog (RFC 5057): a session, a subscription at either side. */
export interface Usage {
  /** True for a session: it takes what the dialog's other usages leave. */
  readonly isSession?: boolean;
  /** Takes a request of its dialog; false where it is not its own. */
  receive(request: Request, transaction: ServerTransaction | undefined): boolean;
  /** Ends without a word on the wire, with all its timers. */
  close(): void;
}

/** Anything else that has timers, and ends with the user agent. */
export interface Closable {
  close(): void;
}

/** The user agent, as its usages see it. */
export interface Host extends Pace {
  readonly stack: Stack;
  readonly random: Random;
  /** The methods for Allow. */
  readonly allow: string;
  /** Extensions that the user knows, for Supported; in lower case. */
  readonly extensions: readonly string[];
  /** Event packages of which the user is a notifier, for Allow-Events. */
  readonly events: readonly string[];
  /** Adds a usage to a dialog, and the dialog to the table. */
  add(dialog: Dialog, usage: Usage): void;
  /** Takes a usage away, and the dialog with its last one. */
  remove(dialog: Dialog, usage: Usage): void;
  /** Whether a peer may begin no more within that dialog. */
  isFull(dialog: Dialog): boolean;
  /** Our BYE is under way in that dialog. */
  part(dialog: Dialog, answered: Promise<unknown>): void;
  /** Things that live outside of dialogs, to be closed with the user agent. */
  readonly loose: Set<Closable>;
  /** What waits for a NOTIFY that makes a dialog, by Event, our tag and Call-ID: see subscriptionKey. */
  readonly expecting: Map<string, Usage>;
  /** Our Contact for the dialog that a peer's message makes. */
  contactFor(message: Request | Response): NameAddr;
  /** Options that everything is sent with, such as credentials. */
  readonly sendOptions: SendOptions;
  /**
   * Sends a request, and waits for its final response; rejects as ClientTransaction.final does.
   * @param dialog whose request it is: it goes its way, and with its numbers
   * @param onAgain sees the request when it is sent again with credentials
   */
  ask(request: Request, dialog: Dialog | undefined, onAgain?: (request: Request) => void): Promise<Response>;
  /** What belonged to nothing, or could not be read: see UserAgentStats. */
  readonly counts: { strays: number; unreadable: number };
  /** Tells the user of an error. */
  report(error: unknown): void;
  /**
   * Calls the user's code; what it throws or rejects with is reported, after `failed` has done what it left undone. It
   * gets the status that refuses a request for that, and what was thrown.
   */
  call<T>(callback: () => T, failed?: (status: number, error: unknown) => void): T | undefined;
}

/** A runtime's timers run 24 days at most; this, in seconds, is a little less. Nothing here is timed for longer. */
export const LONGEST = 2_000_000;

/** Answers a request, unless its transaction has ended meanwhile; true where it was answered. */
export function answer(transaction: ServerTransaction | undefined, response: Response): boolean {
  if (transaction === undefined) return false;
  // Of an INVITE, which alone can be accepted, a 2xx is sent again.
  const repeated = transaction.state === "accepted" && response.statusClass === 2;
  if (!transaction.waiting && !repeated) return false;
  transaction.respond(response);
  return true;
}

/** Refuses what would begin something more within a dialog that is full: there may be room later. */
export function refuseForNow({ random }: Host, request: Request, transaction: ServerTransaction): void {
  const response = request.createResponse(500);
  response.headers.set("Retry-After", `${1 + Math.floor(random.fraction() * 10)}`);
  answer(transaction, response);
}

/** Sends a request, and waits for its final response: Host.ask. A 2xx may move the peer (RFC 3261 §12.2.1.2). */
export async function askFinal(
  { stack, sendOptions }: Pick<Host, "stack" | "sendOptions">,
  request: Request,
  dialog: Dialog | undefined,
  onAgain: ((request: Request) => void) | undefined,
): Promise<Response> {
  const nothing = () => {};
  const flow = dialog?.flow;
  const response = await stack.send(request, {
    onResponse: nothing,
    onError: nothing,
    ...sendOptions,
    ...(flow ? { flow } : {}),
    onAgain: (again) => {
      dialog?.renumber(again);
      onAgain?.(again);
    },
  }).final;
  if (response.statusClass === 2) dialog?.refresh(response, request);
  return response;
}

/** A promise whose rejection is no unhandled one where nobody waits for it: a peer must not end a process by hanging up. */
export function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
