// Basics: what every element checks of every message (RFC 3261 §8.1.1, §8.2, §16.3, §18.3). It runs for
// all that comes in, and reads no more than is read of a message anyway.

import { MAGIC_COOKIE } from "../../random.ts";
import { type Finding, Report } from "../finding.ts";
import { type HeaderInfo, headerInfo } from "../header-table.ts";
import type { Message } from "../parse.ts";
import type { Request } from "../request.ts";
import type { Role } from "../validate-options.ts";
import type { Via } from "../via.ts";

/** The first is checked of all messages, the others of requests, the last two where they are not to be passed on as they are. */
const CHECKED: readonly HeaderInfo[] = [
  "Content-Length",
  "Max-Forwards",
  "Route",
  "Contact",
  "Record-Route",
].map((name) => headerInfo(name) as HeaderInfo);

/** Protocol, version, transport and host, whatever stands behind them. */
const SENT_BY = /^SIP\s*\/\s*[^\s/;,]+\s*\/\s*[^\s/;,]+\s+(?:\[[\da-f:.]+\]|[\w.-]+)\s*(?:[:;,]|$)/i;

/** What the basics find wrong: what a stack goes by unless told otherwise. */
export function validateBasics(message: Message): readonly Finding[] {
  const report = new Report(message);
  checkBasics(message, report);
  return report.findings;
}

/**
 * Checks start line, mandatory header fields, and of a request those that lead it on its way.
 *
 * @param role of a proxy: what is not for it to read it leaves alone (RFC 3261 §16.3 step 1)
 */
export function checkBasics(message: Message, report: Report, role?: Role): void {
  if (message.version !== "SIP/2.0" && message.version.toUpperCase() !== "SIP/2.0") {
    const status = message.kind === "request" ? 505 : "drop";
    report.add({ code: "start_line_invalid", status, reason: "Version Not Supported" });
  }
  const via = readVia(message, report);
  const { headers } = message;
  const from = mandatory("From", report);
  mandatory("To", report);
  mandatory("Call-ID", report);
  const cseq = mandatory("CSeq", report);
  // The others lead no response on its way, and whoever waits for a final one would never get it.
  let left = message.kind === "response" ? 1 : role === "proxy" ? 3 : 5;
  for (const info of CHECKED) {
    if (left-- === 0) break;
    if (!headers.sound(info)) report.read(info.name, () => headers.get(info.name));
  }

  const branch = via?.branch;
  if (branch?.startsWith(MAGIC_COOKIE)) {
    // RFC 4475 §3.2.1: nothing behind the cookie is no branch of RFC 3261, and names no transaction.
    if (branch.length === MAGIC_COOKIE.length) report.fault("Empty Branch", "Via", 0);
    // RFC 3261 §8.1.1.3; RFC 2543 had senders without tags. Those may be behind a proxy (§12.1.1).
    if (from !== undefined && from.tag === undefined && isOfNow(headers.raw("Via").at(-1) as string))
      report.fault("Missing From Tag", "From");
  }
  const length = message.announcedLength;
  if (length !== undefined && !(length <= message.bodyLength) && !report.has("Content-Length")) {
    report.fault("Bad Content-Length", "Content-Length");
  }
  if (message.kind === "request") {
    if (cseq !== undefined && cseq.method !== message.method) {
      report.fault("CSeq Method Mismatch", "CSeq");
    }
    checkLine(message, report);
  }
}

/** The topmost Via, by which a response goes: of the Vias only that one is ours to read. */
function readVia(message: Message, report: Report): Via | undefined {
  try {
    const via = message.headers.first("Via");
    if (via !== undefined) return via;
    report.add({ code: "header_missing", status: "drop", reason: "Missing Via", header: "Via" });
  } catch (error) {
    // With a sender that is named there is a way back, whatever is wrong behind it (RFC 4475 §3.1.2.1).
    const named = SENT_BY.test(message.headers.raw("Via")[0] as string);
    report.addError(error, "Bad Via", "Via", named ? report.bad : "drop");
  }
  return undefined;
}

/** Whether the last of a field's Vias, the sender's own, has a branch of RFC 3261. */
function isOfNow(vias: string): boolean {
  return /branch\s*=\s*z9hG4bK/i.test(vias.slice(vias.lastIndexOf(",") + 1));
}

type Mandatory = "From" | "To" | "Call-ID" | "CSeq";

function mandatory<N extends Mandatory>(name: N, report: Report) {
  try {
    const value = report.message.headers.get(name);
    if (value !== undefined) return value;
    report.fault(`Missing ${name}`, name, undefined, "header_missing");
  } catch (error) {
    report.addError(error, `Bad ${name}`, name);
  }
  return undefined;
}

/** The Request-Line: one SP between its parts, and a URI that may stand there. */
function checkLine(request: Request, report: Report): void {
  try {
    // RFC 3261 §19.1.1: a Request-URI has no headers; they must not get into a message (RFC 4475 §3.1.2.11).
    if (request.uri.headers.size > 0) {
      report.fault("Headers In Request-URI", undefined, undefined, "uri_invalid");
    }
  } catch (error) {
    report.addError(error, "Bad Request-URI");
  }
  if (request.spaced) {
    report.fault("Bad Request-Line", undefined, undefined, "start_line_invalid");
  }
}
