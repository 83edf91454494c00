// How a table of header field values is written: for each header field the section that has its
// grammar, the values that follow it with what they mean, and those that do not with the reason.

/** One header field value. */
export interface HeaderRow {
  /** The header field's name as its RFC writes it. */
  header: string;
  /** What stands behind the colon. */
  value: string;
  valid: boolean;
  /** The RFC and section that decide, and for an invalid value what is wrong with it. */
  why: string;
  /**
   * Parts of the typed value, as plain objects. Lists: `{ values: [...] }`. Numbers: `{ number }`.
   * Texts: `{ text }`. Addresses: `{ displayName, uri, tag, params }` (uri as parts; `text` for the
   * whole of one that is not SIP). Via: `{ version, transport, host, port, branch, received, params }`.
   * Tokens: `{ token, params }`. Media types: `{ type, subtype, params }` in lower case. Credentials and
   * challenges: `{ scheme, params }`. URIs in brackets: `{ uri, params }` with the URI's text. Dates:
   * `{ time }` in milliseconds since 1970. Parameters and quoted texts are unquoted; a parameter
   * without a value is `""`.
   */
  expect?: Readonly<Record<string, unknown>>;
}

/** A valid value, alone or with parts of what it means. */
export type Good = string | readonly [value: string, expect: Readonly<Record<string, unknown>>];

/** An invalid value with what is wrong with it; perhaps another section that says so. */
export type Bad = readonly [value: string, reason: string, section?: string];

/** Makes the rows of one header field. */
export function rows(
  header: string,
  section: string,
  good: readonly Good[],
  bad: readonly Bad[],
): HeaderRow[] {
  return [
    ...good.map((entry): HeaderRow => {
      if (typeof entry === "string") return { header, value: entry, valid: true, why: section };
      return { header, value: entry[0], valid: true, why: section, expect: entry[1] };
    }),
    ...bad.map(
      ([value, reason, other]): HeaderRow => ({
        header,
        value,
        valid: false,
        why: `${other ?? section}: ${reason}`,
      }),
    ),
  ];
}
