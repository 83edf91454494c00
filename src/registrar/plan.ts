// Plan: what a REGISTER makes of the bindings of its address-of-record, all or nothing (RFC 3261 §10.3 steps 6 and 7,
// RFC 5626 §6).

import { apart } from "../core/text.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Uri } from "../message/uri.ts";
import { isCallable } from "../stack/callable.ts";
import { addressOf, hiddenAddress } from "../stack/translated.ts";
import type { Flow } from "../transport/transport.ts";
import type { Binding } from "./location.ts";

/** The rules of one registrar, in seconds. */
export interface Rules {
  readonly minExpires: number;
  readonly maxExpires: number;
  readonly defaultExpires: number;
  readonly maxBindings: number;
  readonly acceptContact: (uri: Uri, request: Request) => boolean;
  /** Whether a client over UDP that keeps no flow is called where its REGISTER came from. */
  readonly nat: (request: Request, contact: Uri) => boolean;
  /** The longest time of such a binding. */
  readonly natExpires: number;
  /** Whether there is no way any more to the client of a binding: its connection is gone. */
  readonly isGone: (binding: Binding) => boolean;
  /** The Route to a connection of this machine. */
  readonly edge: (flow: Flow) => string | undefined;
  /** What names a flow of datagrams. */
  readonly datagrams: (flow: Flow) => string;
}

/** Bindings to be, or a status that refuses the request. */
export type Plan = { readonly bindings: readonly Binding[] } | { readonly status: number };

/** A binding's Contact, Path and Call-ID have this many characters at most. */
const MOST_TEXT = 4096;

/** A Contact with this reg-id of this instance (RFC 5626 §4.2). */
interface Outbound {
  readonly instance: string;
  readonly regId: number;
}

/** The flow of this Contact among those of its client; undefined where it is none, or its client keeps one. */
function outboundOf({ params }: NameAddr, request: Request): Outbound | undefined {
  const [instance, regId] = [params.get("+sip.instance"), params.get("reg-id")];
  if (!instance || !regId || !/^[1-9]\d{0,9}$/.test(regId)) return undefined;
  return knows(request, "outbound") ? { instance, regId: Number(regId) } : undefined;
}

/** Whether the client knows an extension; one that insists on it does, too. */
export function knows({ headers }: Request, tag: string): boolean {
  return [...headers.get("Supported"), ...headers.get("Require")].some((each) => each.toLowerCase() === tag);
}

/** True where the request has a Contact that is bound by instance and reg-id. */
export function isOutbound(request: Request): boolean {
  return request.headers.get("Contact").some((contact) => outboundOf(contact, request));
}

/**
 * What the bindings become.
 *
 * @param mark for the temporary GRUUs of instances that are new here, or come with a new Call-ID; undefined where
 *   there are none
 */
export function plan(
  request: Request,
  current: readonly Binding[],
  now: number,
  rules: Rules,
  mark?: string,
): Plan {
  const contacts = request.headers.get("Contact");
  if (contacts.some(({ isStar }) => isStar)) return planStar(request, current);
  // One can add so many, and change or end what is there. Each costs a comparison with all others.
  if (contacts.length > current.length + rules.maxBindings) return { status: 403 };
  let bindings = [...current];
  let [live, flows] = [0, 0];
  for (const [index, contact] of contacts.entries()) {
    if (!contact.uri.isSip || !rules.acceptContact(contact.uri, request)) return { status: 403 };
    const seconds = requestedExpires(request, contact, rules);
    if (seconds > 0 && seconds < rules.minExpires) return { status: 423 };
    const outbound = outboundOf(contact, request);
    // One request comes on one flow, and binds nothing else with it (RFC 5626 §6).
    if (seconds > 0) live++;
    if (outbound && seconds > 0) flows++;
    if (flows > 0 && live > 1) return { status: 400 };
    const known = bindings.find((each) => isSame(each, contact, outbound));
    // What this request has made itself cannot have overtaken it: what it says last of a URI counts.
    if (known && current.some((each) => isSame(each, contact, outbound) && isOutdated(request, each)))
      return { status: 500 };
    bindings = bindings.filter((each) => each !== known);
    if (seconds === 0) continue;
    const made = bind(request, contact, now, seconds, outbound, rules);
    if (`${made.contact}${made.path.join()}${made.callId}`.length > MOST_TEXT) return { status: 403 };
    bindings.push(made);
    // One to each Contact: two instances must not have the same.
    if (mark !== undefined) bindings = remark(bindings, current, made, `${mark}${index}`);
  }
  // Where more may be there from before, they can be asked for, refreshed and taken away.
  const most = Math.max(rules.maxBindings, current.length);
  const kept = withoutGone(bindings, bindings.length - most, rules);
  return kept.length > most ? { status: 403 } : { bindings: kept };
}

/**
 * Takes so many away whose clients are gone without a word, the oldest first: a page that crashes leaves a binding each time,
 * and must not be locked out by them.
 */
function withoutGone(bindings: readonly Binding[], many: number, { isGone }: Rules): readonly Binding[] {
  if (many <= 0) return bindings;
  const gone = new Set(bindings.filter(isGone).slice(0, many));
  return bindings.filter((each) => !gone.has(each));
}

/** `Contact: *` takes all away, alone and with Expires: 0 (§10.3 step 6). */
function planStar(request: Request, current: readonly Binding[]): Plan {
  const { headers } = request;
  if (headers.get("Contact").length > 1 || headers.get("Expires") !== 0) return { status: 400 };
  return current.some((each) => isOutdated(request, each)) ? { status: 500 } : { bindings: [] };
}

/** What a 200 says of a Contact, whatever its client has put there (RFC 3261 §10.3, RFC 5627 §5.2). */
const OURS = ["expires", "q", "pub-gruu", "temp-gruu"];

function bind(
  request: Request,
  contact: NameAddr,
  now: number,
  seconds: number,
  outbound: Outbound | undefined,
  rules: Rules,
): Binding {
  const { headers } = request;
  const path = headers.get("Path").map((each) => apart(String(each)));
  const flow = path.length === 0 && headers.get("Via").length === 1 ? request.flow : undefined;
  const hidden = flow?.transport.reliable === false && !outbound && rules.nat(request, contact.uri);
  const most = hidden ? Math.min(rules.maxExpires, rules.natExpires) : rules.maxExpires;
  const instance = contact.params.get("+sip.instance");
  // Each text by itself: a binding outlives its REGISTER.
  return {
    contact: String(
      contact.with({ params: OURS.reduce((params, name) => params.without(name), contact.params) }),
    ),
    expires: now + Math.min(seconds, most) * 1000,
    q: preference(contact),
    callId: apart(headers.get("Call-ID") as string),
    cseq: headers.get("CSeq")?.number ?? 0,
    path,
    ...(flow ? wayBack(flow, hidden || outbound !== undefined, rules) : {}),
    ...(flow && !outbound && isCallable(contact.uri, flow) ? { callable: true } : {}),
    ...(instance ? { instance: apart(instance) } : {}),
    ...(outbound && { regId: outbound.regId }),
  };
}

/** The way to a client of ours that its Contact does not tell. @param seen whether it is called where it was seen */
function wayBack(flow: Flow, seen: boolean, rules: Rules): Pick<Binding, "flow" | "edge"> {
  // A client's own connection is the way to it, whatever its Contact says, and as a rule the only one.
  if (flow.transport.reliable) return { flow: flow.id, edge: rules.edge(flow) };
  // Who keeps a flow open over UDP is reached where he was seen, by the same socket (RFC 5626 §6, §7).
  return seen ? { flow: rules.datagrams(flow) } : {};
}

/** True where a client's Contact is its address behind a NAT. */
export function isBehindNat(request: Request, contact: Uri): boolean {
  return hiddenAddress(request) === addressOf(contact);
}

/**
 * RFC 5627 §5.1: temporary GRUUs of an instance are over when it comes with another Call-ID than last, one that keeps flows
 * than last by the same flow.
 */
function remark(
  bindings: readonly Binding[],
  current: readonly Binding[],
  made: Binding,
  fresh: string,
): Binding[] {
  const { instance, regId, callId } = made;
  if (instance === undefined) return [...bindings];
  const own = current.filter((each) => each.instance === instance);
  const last = own.filter((each) => regId === undefined || each.regId === regId).at(-1);
  const goesOn = last === undefined || last.callId === callId;
  const gruuMark = (goesOn && own.at(-1)?.gruuMark) || fresh;
  return bindings.map((each) => (each.instance === instance ? { ...each, gruuMark } : each));
}

/** Flows are told apart by instance and reg-id, other contacts by their URIs. */
function isSame(binding: Binding, contact: NameAddr, outbound: Outbound | undefined): boolean {
  if (outbound) return binding.instance === outbound.instance && binding.regId === outbound.regId;
  return binding.regId === undefined && NameAddr.parse(binding.contact).uri.equals(contact.uri);
}

/** The same client's REGISTERs count upwards; one that does not has been overtaken on its way. */
function isOutdated(request: Request, { callId, cseq }: Binding): boolean {
  const { headers } = request;
  return headers.get("Call-ID") === callId && (headers.get("CSeq")?.number ?? 0) <= cseq;
}

/** What an expiry that is no number stands for: such as the date that RFC 2543 had (§8.3, §10.2). */
const MALFORMED = 3600;

/** The Contact's own `expires`, else the Expires header field, else the default (§10.3 step 7). */
function requestedExpires({ headers }: Request, { params }: NameAddr, rules: Rules): number {
  const said = params.get("expires") ?? headers.raw("Expires")[0]?.trim();
  if (said === undefined) return rules.defaultExpires;
  return /^\d+$/.test(said) ? Number(said) : MALFORMED;
}

/** The q of a Contact; one that is none counts as 1. */
function preference({ params }: NameAddr): number {
  const text = params.get("q") ?? "1";
  const q = /^[01](?:\.\d{0,3})?$/.test(text) ? Number(text) : 1;
  return Math.min(1, q);
}
