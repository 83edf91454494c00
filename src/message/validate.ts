// Validate: what is wrong with a message that parsed, and which status answers it (RFC 3261 §8.2, §16.3,
// §18.3). The parser refuses next to nothing, so that there is a message to answer.

import { type ErrorCode, SipError } from "../errors.ts";
import type { HeaderName } from "./header-types.ts";
import type { Message } from "./parse.ts";

/** One thing wrong with a message. */
export interface Finding {
  readonly code: ErrorCode;
  /** The status that answers it; "drop" for what no response can be sent to. */
  readonly status: number | "drop";
  /** In words, fit for a reason phrase. */
  readonly reason: string;
  readonly header?: string;
  readonly offset?: number;
}

const MANDATORY = ["Via", "From", "To", "Call-ID", "CSeq"] as const;
const CHECKED = ["Max-Forwards", "Content-Length", "Contact", "Route", "Record-Route"] as const;
const NOTHING: readonly Finding[] = [];

/**
 * Checks what every element must check before it works with a message: version, mandatory header fields
 * and their grammar, CSeq against the method, Content-Length against the body.
 *
 * @returns the findings, the worst first; empty where all is well
 */
export function validate(message: Message): readonly Finding[] {
  let findings: Finding[] | undefined;
  const add = (finding: Finding): void => {
    if (!findings) findings = [finding];
    // Without a Via or with a broken one there is no way back, whatever else is wrong.
    else if (finding.status === "drop") findings.unshift(finding);
    else findings.push(finding);
  };
  const bad = message.kind === "request" ? 400 : ("drop" as const);

  if (message.version.toUpperCase() !== "SIP/2.0") {
    add({ code: "start_line_invalid", status: bad === 400 ? 505 : bad, reason: "Version Not Supported" });
  }
  for (const name of MANDATORY) read(message, name, true, name === "Via" ? "drop" : bad, add);
  for (const name of CHECKED) if (message.headers.has(name)) read(message, name, false, bad, add);

  const length = message.announcedLength;
  if (length !== undefined && !(length <= message.bodyLength)) {
    add({ code: "value_invalid", status: bad, reason: "Bad Content-Length", header: "Content-Length" });
  }
  if (message.kind === "request" && !findings) {
    if (message.headers.get("CSeq")?.method !== message.method) {
      add({ code: "value_invalid", status: 400, reason: "CSeq Method Mismatch", header: "CSeq" });
    }
    checkUri(message, add);
  }
  return findings ?? NOTHING;
}

function read(
  message: Message,
  name: HeaderName,
  mandatory: boolean,
  status: number | "drop",
  add: (finding: Finding) => void,
): void {
  try {
    // Of the Vias only the topmost is ours to read; a response goes by it.
    const value = name === "Via" ? message.headers.first(name) : message.headers.get(name);
    if (mandatory && value === undefined) {
      add({ code: "header_missing", status, reason: `Missing ${name}`, header: name });
    }
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
    const offset = error.offset === undefined ? {} : { offset: error.offset };
    add({ code: error.code, status, reason: `Bad ${name}`, header: name, ...offset });
  }
}

function checkUri(message: Extract<Message, { kind: "request" }>, add: (finding: Finding) => void): void {
  try {
    void message.uri;
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
    add({ code: error.code, status: 400, reason: "Bad Request-URI" });
  }
}
