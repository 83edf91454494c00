// Granted: what a 200 to REGISTER gives a client: time, GRUUs, a Service-Route, the rate of its keep-alives.

import type { NameAddr } from "../message/name-addr.ts";
import type { Response } from "../message/response.ts";
import { Uri } from "../message/uri.ts";
import { LONGEST } from "./back-off.ts";

/** What others reach this client by, and no other of the same user (RFC 5627). */
export interface Gruus {
  /** It names user and instance, and is always the same. */
  readonly public?: Uri;
  /** It hides both; each registration gives a new one. */
  readonly temporary?: Uri;
}

/** What one 200 grants. */
export interface Granted {
  /** How long the binding holds, in seconds. */
  readonly seconds: number;
  readonly gruus: Gruus;
  readonly serviceRoute: readonly NameAddr[];
  /** The longest time between two keep-alives, in seconds (RFC 5626 §4.4); undefined where none are asked for. */
  readonly flowTimer: number | undefined;
}

/** Keep-alives of an outbound flow without Flow-Timer, in seconds: on connections and else (RFC 5626 §4.4.1, §4.4.2). */
const USUAL = { reliable: 120, unreliable: 29 } as const;

/** Reads a 200, whose Contact may be broken by another client's. @throws SipError where Expires is needed, and cannot be read */
export function readGranted(response: Response, contact: NameAddr, asked: number): Granted {
  const { headers, flow } = response;
  const contacts = lenient(() => headers.get("Contact"), undefined);
  const ours = contacts && find(contacts, contact);
  const text = contacts
    ? ours?.params.get("expires")
    : expiresBehind(`${contact.uri}`, headers.raw("Contact"));
  // Where none is ours, it stands there by another URI: what was bound just now has the most time left, as a rule.
  const most = contacts && !ours ? Math.max(...nobodys(contacts).map(timeOf)) : 0;
  const seconds = secondsOf(text) ?? headers.get("Expires") ?? (most > 0 ? Math.min(asked, most) : asked);
  const outbound = lenient(() => headers.get("Require"), []).some(
    (each) => each.toLowerCase() === "outbound",
  );
  const usual = outbound ? USUAL[flow?.transport.reliable === false ? "unreliable" : "reliable"] : undefined;
  const flowTimer = lenient(() => headers.get("Flow-Timer"), undefined) ?? usual;
  return {
    // A registrar that grants nothing must not be asked without end.
    seconds: Math.min(Math.max(seconds, 10), LONGEST),
    gruus: gruusOf(ours),
    serviceRoute: lenient(() => headers.get("Service-Route").filter(({ uri }) => uri.isSip), []),
    flowTimer: flowTimer === 0 ? undefined : flowTimer,
  };
}

/**
 * After how many seconds the binding is to be refreshed: a minute before the end, or at 90 % of a short time. A temporary
 * GRUU is over with it, so the REGISTER has to have ended before, be it by a timeout (RFC 5627 §4.2).
 */
export function refreshAfter({ seconds, gruus }: Granted, t1: number): number {
  const usual = Math.max(seconds * 0.9, seconds - 60);
  const timeout = (64 * t1) / 1000;
  if (!gruus.temporary) return usual;
  return seconds > 2 * timeout ? Math.min(usual, seconds - timeout) : seconds / 2;
}

/**
 * Ours among the Contacts of a user. All flows of a client have one URI (RFC 5626 §4.2), and so may another client of his
 * behind a NAT of its own, but not its instance. A registrar may tell of no instance, or of the URI whence the REGISTER came.
 */
function find(contacts: readonly NameAddr[], { uri, params }: NameAddr): NameAddr | undefined {
  const like = (name: string) => (each: NameAddr) => each.params.get(name) === params.get(name);
  const instances = contacts.filter(like("+sip.instance"));
  for (const some of [instances, nobodys(contacts)]) {
    const same = some.filter((each) => !each.isStar && each.uri.equals(uri));
    if (same.length > 0) return same.find(like("reg-id")) ?? same[0];
  }
  return params.has("+sip.instance")
    ? instances.sort((one, other) => timeOf(other) - timeOf(one))[0]
    : undefined;
}

/** Those that do not say whose they are. */
function nobodys(contacts: readonly NameAddr[]): NameAddr[] {
  return contacts.filter(({ params }) => !params.has("+sip.instance"));
}

/** The seconds that a Contact has left; 0 where it does not say. */
function timeOf({ params }: NameAddr): number {
  return secondsOf(params.get("expires")) ?? 0;
}

function secondsOf(text: string | undefined): number | undefined {
  return /^\d{1,10}$/.test(text ?? "") ? Number(text) : undefined;
}

/** The `expires` of a Contact, in a list that cannot be read as one. */
function expiresBehind(uri: string, fields: readonly string[]): string | undefined {
  const list = fields.join();
  const at = list.indexOf(uri);
  return at < 0 ? undefined : /^>?[^,]*?;\s*expires\s*=\s*(\d+)/i.exec(list.slice(at + uri.length))?.[1];
}

/** What is no SIP URI with `gr` is no GRUU. */
function gruusOf(contact: NameAddr | undefined): Gruus {
  const read = (name: string): Uri | undefined => {
    const uri = lenient(() => Uri.parse(contact?.params.get(name) ?? ""), undefined);
    return uri?.isSip && uri.params.has("gr") ? uri : undefined;
  };
  const [shown, hidden] = [read("pub-gruu"), read("temp-gruu")];
  return { ...(shown && { public: shown }), ...(hidden && { temporary: hidden }) };
}

/** An extension that cannot be read is none: the binding holds all the same. */
function lenient<T>(read: () => T, none: T): T {
  try {
    return read();
  } catch {
    return none;
  }
}
