// What a torture vector is: a message's bytes, what the RFC says that a receiver owes it, and facts
// that hold for what was parsed. The tables of the two RFCs are in rfc4475/ and rfc5118/.
import { readFileSync } from "node:fs";

/**
 * What a parser owes the message. `must-accept`: well-formed, refusing it is a fault; `may-reject`:
 * faulty, but liberal elements may go on; `must-reject`: nothing else is right; `must-not-crash`: it
 * breaks rules above the grammar, a parser takes it and what stands over it answers.
 */
export type Verdict = "must-accept" | "may-reject" | "must-reject" | "must-not-crash";

/** Who gives the answer that the RFC names: any element, or only one of that role. */
export type Role = "any" | "uas" | "registrar" | "proxy";

/** Parameters as `Params.get` gives them: unquoted and unescaped; `""` for one without a value. */
export type ExpectedParams = Readonly<Record<string, string>>;

/** Parts of a URI; the user and password unescaped, an IPv6 host without brackets. */
export interface ExpectedUri {
  scheme?: string;
  user?: string | undefined;
  password?: string;
  host?: string;
  port?: number | undefined;
  params?: ExpectedParams;
  headers?: ExpectedParams;
  /** What stands behind the colon of a URI that is not a SIP one. */
  opaque?: string;
}

/** Parts of a name-addr or addr-spec with the header field's own parameters. */
export interface ExpectedAddress {
  displayName?: string;
  uri?: ExpectedUri;
  tag?: string | undefined;
  params?: ExpectedParams;
  /** Names that may be no parameter of this header field. */
  noParams?: readonly string[];
}

/** Parts of a Via value. */
export interface ExpectedVia {
  transport?: string;
  host?: string;
  port?: number | undefined;
  branch?: string | undefined;
  received?: string;
}

/** Facts about a message; whatever is left out is not asserted. */
export interface Expected {
  method?: string;
  uri?: ExpectedUri;
  status?: number;
  reason?: string;
  /** How many Via values there are. */
  vias?: number;
  /** The Via values from the top, as many as are listed. */
  via?: readonly ExpectedVia[];
  from?: ExpectedAddress;
  to?: ExpectedAddress;
  callId?: string;
  cseq?: readonly [number: number, method: string];
  maxForwards?: number | undefined;
  /** All Contact values. */
  contact?: readonly ExpectedAddress[];
  route?: readonly ExpectedAddress[];
  recordRoute?: readonly ExpectedAddress[];
  /** Header field values as text, one entry a line: folds made one SP, no space at the ends. */
  raw?: Readonly<Record<string, readonly string[]>>;
  /** Names under which nothing may be found. */
  absent?: readonly string[];
  contentLength?: number;
  /** The body's length in bytes. */
  body?: number;
  /** Header fields whose typed value is refused (RFC 3261 grammar or range). */
  invalid?: readonly string[];
}

/** A vector as its table has it. */
export interface Row {
  /** The name that the RFC gives the message, and its file before `.dat`. */
  name: string;
  /** The section of the RFC. */
  section: string;
  verdict: Verdict;
  /** The status that the RFC answers with, "drop" for none at all, undefined where it names none. */
  response: number | "drop" | undefined;
  /** Who answers so; `any` where nothing else is said. */
  by?: Role;
  /** Other statuses that the RFC finds right too. */
  alternatives?: readonly number[];
  /** SHA-256 of the bytes, in hex. */
  sha256: string;
  /** What the message tries, in a line. */
  tests: string;
  /** What holds where the message, or as much of it as is named, was taken. */
  expect?: Expected;
}

/** A vector with its bytes. */
export interface Vector extends Row {
  bytes: Uint8Array;
}

/** The rows with the bytes of their files, which stand in `folder`. */
export function load(rows: readonly Row[], folder: URL): readonly Vector[] {
  return rows.map((row) => ({
    ...row,
    bytes: new Uint8Array(readFileSync(new URL(`${row.name}.dat`, folder))),
  }));
}
