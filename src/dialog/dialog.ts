// Dialog: what two user agents remember of each other (RFC 3261 §12): who they are, the way between them, and
// the numbers of their requests. It sends nothing; it can be saved as JSON.

import { apart } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { createRequest } from "../message/create-request.ts";
import { CSeq } from "../message/cseq.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { Uri } from "../message/uri.ts";
import type { Flow } from "../transport/transport.ts";
import { addContent, type Content } from "./content.ts";
import { contactOf, routesOf, sip } from "./peer-contact.ts";
import { PeerFlow } from "./peer-flow.ts";
import { type DialogJson, isDialogJson } from "./saved.ts";

/** Requests and responses that carry a Contact, and may move the peer (RFC 3261 §12.2, RFC 3311, RFC 6665). */
const TARGET_REFRESH = new Set(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]);

/** How long the URI may be to which a peer moves, in characters: how much a dialog holds is counted when it begins. */
const LONGEST_MOVE = 4096;

/** One side's view of a dialog. */
export class Dialog {
  /** The Call-ID of all its requests. */
  readonly callId: string;
  /** Our address, with our tag. */
  readonly local: NameAddr;
  /** The peer's address, with its tag. */
  readonly remote: NameAddr;
  /** Whether the request that made the dialog was ours. */
  readonly role: "caller" | "callee";
  /** How long its texts were when it began, in characters. */
  readonly size: number;
  #contact: NameAddr;
  #state: "early" | "confirmed";
  #target: Uri;
  /** As text, one a line: read, they take twenty times as much, and peers may have hundreds. */
  #routes: string;
  #localCSeq: number;
  #remoteCSeq: number | undefined;
  readonly #flow: PeerFlow;

  private constructor(json: DialogJson, flow: PeerFlow) {
    // Each text by itself: a dialog outlives the message that made it.
    this.callId = apart(json.callId);
    this.local = NameAddr.parse(apart(json.local));
    this.remote = NameAddr.parse(apart(json.remote));
    this.role = json.role;
    this.#contact = NameAddr.parse(json.contact);
    this.#state = json.state;
    this.#target = Uri.parse(apart(json.target));
    this.#routes = apart(json.routes.join("\n"));
    this.size = `${json.callId}${json.local}${json.remote}${json.target}${this.#routes}`.length;
    this.#localCSeq = json.localCSeq;
    this.#remoteCSeq = json.remoteCSeq ?? undefined;
    this.#flow = flow;
  }

  /**
   * The caller's side (RFC 3261 §12.1.2), made by a response with a To tag to our request. One whose Contact is missing, or
   * cannot be read, leaves the peer where our request went.
   * @param given the flow that our request had to take, whatever its URI says
   * @throws SipError `header_missing` for a response without To or From; as `headers.get`, for a Record-Route that cannot be read
   */
  static ofCaller(request: Request, response: Response, contact: NameAddr, given?: Flow): Dialog {
    const { headers } = response;
    return new Dialog(
      {
        version: 1,
        state: response.status < 200 ? "early" : "confirmed",
        role: "caller",
        callId: need(headers.get("Call-ID"), "Call-ID"),
        local: need(headers.get("From"), "From").toString(),
        remote: need(headers.get("To"), "To").toString(),
        target: String(contactOf(response)?.uri ?? request.uri),
        routes: headers.get("Record-Route").map(String).reverse(),
        contact: contact.toString(),
        localCSeq: headers.get("CSeq")?.number ?? 1,
        remoteCSeq: undefined,
      },
      PeerFlow.ofAnswer(request, response, given),
    );
  }

  /**
   * The callee's side (RFC 3261 §12.1.1), made by our response to the peer's request; or a subscriber's, made by
   * the first NOTIFY (RFC 6665 §4.4.1), whose To has our tag already.
   *
   * @param tag our tag
   * @throws SipError with status 400: `header_missing` for a request without Contact, `value_invalid` for one that is no SIP URI
   */
  static ofCallee(request: Request, tag: string, contact: NameAddr): Dialog {
    const { headers } = request;
    return new Dialog(
      {
        version: 1,
        state: "early",
        role: "callee",
        callId: need(headers.get("Call-ID"), "Call-ID"),
        local: need(headers.get("To"), "To").with({ tag }).toString(),
        remote: need(headers.get("From"), "From").toString(),
        target: String(sip(need(headers.first("Contact"), "Contact").uri)),
        routes: headers.get("Record-Route").map(String),
        contact: contact.toString(),
        localCSeq: 0,
        remoteCSeq: headers.get("CSeq")?.number,
      },
      PeerFlow.ofRequest(request),
    );
  }

  /**
   * A dialog that toJSON wrote, perhaps in another process.
   * @throws SipError `value_invalid` or `uri_invalid` for what it did not write
   */
  static fromJSON(json: DialogJson): Dialog {
    if (!isDialogJson(json)) throw new SipError("value_invalid", "not a dialog of version 1");
    for (const route of json.routes) NameAddr.parse(route);
    return new Dialog(json, PeerFlow.none());
  }

  /** Names the dialog at this side: Call-ID, our tag, the peer's tag. */
  get id(): string {
    return dialogId(this.callId, this.local.tag, this.remote.tag);
  }

  /** Early until a final response has made it confirmed. */
  get state(): "early" | "confirmed" {
    return this.#state;
  }

  /** Our Contact in this dialog: the last that the peer has taken. */
  get contact(): NameAddr {
    return this.#contact;
  }

  /** Where the peer is: its last Contact. */
  get target(): Uri {
    return this.#target;
  }

  /** The proxies on the way, the nearest first. */
  get routes(): readonly NameAddr[] {
    return this.#routeTexts.map((route) => NameAddr.parse(route));
  }

  /** The number of our last request. */
  get localCSeq(): number {
    return this.#localCSeq;
  }

  /**
   * The flow that our requests must take: there is no proxy between, and the peer came by a connection, or over UDP from behind a
   * NAT.
   */
  get flow(): Flow | undefined {
    return this.#routes === "" ? this.#flow.to(this.#target) : undefined;
  }

  /** Confirms it; the caller's route set is that of the 2xx (RFC 3261 §13.2.2.4), where that can be read. */
  confirm(response?: Response): void {
    if (response && this.#state === "early" && this.role === "caller") {
      this.#routes = routesOf(response) ?? this.#routes;
      this.noteFlow(response);
    }
    this.#state = "confirmed";
  }

  /**
   * Takes the peer's new Contact over (RFC 3261 §12.2.1.2, §12.2.2), from a target refresh request or a 2xx to one. One that
   * cannot be read, or is too long to be kept, moves nobody.
   * @param ours what we have sent, which the peer has taken with it, and the Contact in there
   */
  refresh(message: Request | Response, ours?: Request): void {
    const moves = TARGET_REFRESH.has(message.headers.get("CSeq")?.method ?? "");
    const contact = moves ? contactOf(message) : undefined;
    const uri = `${contact?.uri ?? ""}`;
    if (uri !== "" && uri.length <= LONGEST_MOVE) this.#target = Uri.parse(apart(uri));
    if (moves && ours) this.noteContact(ours);
    this.noteFlow(message);
  }

  /** Takes note of the Contact that we have told the peer, who has taken it. */
  noteContact(ours: Request | Response): void {
    this.#contact = contactOf(ours) ?? this.#contact;
  }

  /** Takes note of the flow that the peer has used last, whatever becomes of its request. */
  noteFlow(message: Request | Response): void {
    this.#flow.note(message);
  }

  /** Takes note of the number of the peer's request; false for one that a later one has overtaken (§12.2.2). */
  isInOrder(request: Request): boolean {
    const number = request.headers.get("CSeq")?.number ?? 0;
    if (this.#remoteCSeq !== undefined && number <= this.#remoteCSeq) return false;
    this.#remoteCSeq = number;
    return true;
  }

  /** Takes note of the number that the request which made the dialog went out with, where somebody has counted on. */
  noteSent(number: number): void {
    this.#localCSeq = Math.max(this.#localCSeq, number);
  }

  /** Gives a request of ours, which goes out again with credentials, the next number (RFC 3261 §12.2.1.1, §22.2). */
  renumber(request: Request): void {
    request.headers.set("CSeq", new CSeq(++this.#localCSeq, request.method));
  }

  /**
   * The next request within the dialog (RFC 3261 §12.2.1.1), with the whole route set as Route. What a strict router
   * first wants is done by who sends it: Stack.send, or sendStateless.
   *
   * @param cseq the number of an ACK, which is its INVITE's; others count on
   * @throws SipError `value_unsafe` or `value_invalid` for a method or content that must not go on the wire
   */
  createRequest(method: string, content: Content = {}, cseq?: number): Request {
    const number = cseq ?? this.#localCSeq + 1;
    const routes = this.#routeTexts;
    const request = createRequest(method, this.#target, {
      from: this.local,
      to: this.remote,
      callId: this.callId,
      cseq: number,
      ...(TARGET_REFRESH.has(method) ? { contact: this.contact } : {}),
    });
    if (routes.length > 0) request.headers.prepend("Route", routes);
    addContent(request, content);
    // Where that throws nothing is sent, and no number is lost.
    if (cseq === undefined) this.#localCSeq = number;
    return request;
  }

  get #routeTexts(): readonly string[] {
    return this.#routes === "" ? [] : this.#routes.split("\n");
  }

  /** All that it takes to go on in another process. */
  toJSON(): DialogJson {
    return {
      version: 1,
      state: this.#state,
      role: this.role,
      callId: this.callId,
      local: this.local.toString(),
      remote: this.remote.toString(),
      target: this.#target.toString(),
      routes: this.#routeTexts,
      contact: this.contact.toString(),
      localCSeq: this.#localCSeq,
      remoteCSeq: this.#remoteCSeq,
    };
  }
}

/** A dialog's name at one side (RFC 3261 §12). Tags are tokens, and a token has no `|`; a Call-ID comes last. */
export function dialogId(callId: string, localTag = "", remoteTag = ""): string {
  return [localTag, remoteTag, callId].join("|");
}

/** The name of the dialog that a peer's request belongs to, at our side. */
export function idOf({ headers }: Request): string {
  return dialogId(headers.get("Call-ID") ?? "", headers.get("To")?.tag, headers.get("From")?.tag);
}

function need<T>(value: T | undefined, header: string): T {
  if (value === undefined)
    throw new SipError("header_missing", `${header} is missing`, { status: 400, header });
  return value;
}
