// OwnRefusals: what a user agent answers by itself, and refuses as a rule: a request that came by another way, too, that
// requires an extension which is not known here (RFC 3261 §8.2.2), or that would take a dialog over and is no INVITE; and
// one that nobody took.

import { METHODS } from "../core/words.ts";
import type { Request } from "../message/request.ts";
import { checkStatus } from "../message/response.ts";
import { MergedRequests } from "../transaction/merged-requests.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { addContent, addEvents, type Content, listOf } from "./content.ts";
import { answer } from "./host.ts";
import type { UserAgentOptions } from "./user-agent-options.ts";

/** What is known without being named in the options. */
const KNOWN = ["100rel", "gruu", "join", "norefersub", "replaces", "timer"];

/** What only a usage takes that is not there: its session is over, say, and the dialog stands for a subscription (RFC 5057). */
const OF_A_USAGE: ReadonlySet<string> = new Set(["BYE", "UPDATE", "PRACK", "NOTIFY"]);

/** What begins nothing, with a To tag and without (RFC 3261 §15.1.2). A NOTIFY may come of itself. */
export const OF_A_SESSION: ReadonlySet<string> = new Set(["BYE", "UPDATE", "PRACK"]);

/** Bodies that are taken. None is read here: their language is a matter of the user's. */
const TAKEN = { Accept: "application/sdp", "Accept-Encoding": "identity", "Accept-Language": "*" };

/** The status that a request is refused with, and what its response says besides. */
export interface Refusal extends Content {
  readonly status: number;
}

/** The refusals of one user agent. */
export class OwnRefusals {
  readonly #known: ReadonlySet<string>;
  readonly #merged: MergedRequests | undefined;
  readonly #events: readonly string[] | undefined;

  constructor({ extensions = [], answersMerged = true, events }: UserAgentOptions) {
    this.#events = events;
    this.#known = new Set([...KNOWN, ...extensions.map((extension) => extension.toLowerCase())]);
    this.#merged = answersMerged ? new MergedRequests() : undefined;
  }

  /** Why a request that begins something must be refused: 482, 420 or 400. Asked once for each. */
  ofFirst(request: Request, transaction: ServerTransaction): Refusal | undefined {
    return this.#merged?.check(request, transaction) ? { status: 482 } : this.#ofContent(request);
  }

  /** Refuses a request that begins something, where it must be; true then. Asked once for each. */
  refusesFirst(request: Request, transaction: ServerTransaction): boolean {
    return refuse(request, transaction, this.ofFirst(request, transaction));
  }

  /** Refuses a request within a dialog that requires what is not known; true then. An ACK has no transaction. */
  refusesNext(request: Request, transaction: ServerTransaction | undefined): boolean {
    return transaction !== undefined && refuse(request, transaction, this.#ofContent(request));
  }

  /** Answers a request that nobody took, its core or a usage of its dialog: refuses it, or says what we know (§11.2). */
  answerUntaken(request: Request, transaction: ServerTransaction, allow: string): void {
    const { method, headers } = request;
    if (method === "OPTIONS") {
      const headers = { Allow: allow, ...TAKEN, Supported: [...this.#known].join(", ") };
      const response = addContent(request.createResponse(200), { headers });
      addEvents(response, this.#events);
      answer(transaction, response);
      return;
    }
    const within = method === "INVITE" && headers.get("To")?.tag !== undefined;
    if (within || OF_A_USAGE.has(method)) refuse(request, transaction, { status: 481 });
    else if (method === "SUBSCRIBE") refuseEvent(request, transaction, this.#events);
    else if (!METHODS.includes(method)) refuse(request, transaction, { status: 501 });
    else {
      // RFC 3261 §21.4.6: it lists what is taken, which this was not.
      const taken = allow.split(/\s*,\s*/).filter((each) => each !== method);
      refuse(request, transaction, { status: 405, headers: { Allow: taken.join(", ") } });
    }
  }

  /** RFC 3261 §8.2.2.3; and what only an INVITE may have. */
  #ofContent(request: Request): Refusal | undefined {
    if (takesOver(request)) return { status: 400 };
    const unknown = listOf(request, "Require").filter((option) => !this.#known.has(option.toLowerCase()));
    return unknown.length === 0 ? undefined : { status: 420, headers: { Unsupported: unknown } };
  }
}

/** The status for a SUBSCRIBE to nothing that is here: a REFER alone begins a subscription to its outcome (RFC 3515 §2.4.4). */
function eventRefusal({ headers }: Request): 403 | 489 {
  return /^\s*refer\s*(?:;|$)/.test(headers.raw("Event")[0] ?? "") ? 403 : 489;
}

/** Refuses a SUBSCRIBE: 489 says which events there are instead. @param status for an event that is not there, unless told */
export function refuseEvent(
  request: Request,
  transaction: ServerTransaction,
  events: readonly string[] | undefined,
  status: number = eventRefusal(request),
  content: Content = {},
): void {
  const response = addContent(request.createResponse(checkStatus(status, 300)), content);
  if (response.status === 489) addEvents(response, events);
  answer(transaction, response);
}

/** RFC 3891 §3, RFC 3911 §4. A BYE is one, whatever else stands in it: its sender has gone. */
function takesOver({ method, headers }: Request): boolean {
  return method !== "INVITE" && method !== "BYE" && (headers.has("Replaces") || headers.has("Join"));
}

function refuse(request: Request, transaction: ServerTransaction, refusal: Refusal | undefined): boolean {
  if (!refusal) return false;
  answer(transaction, addContent(request.createResponse(refusal.status), refusal));
  return true;
}
