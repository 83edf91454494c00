// Arbitrary: what the property tests make values of: parts that RFC 3261 §25.1 allows, the odd ones often.
import fc, { type Arbitrary } from "fast-check";
import type { ParamsInit } from "../../src/message/params.ts";
import type { UriParts } from "../../src/message/uri.ts";

const TOKEN = [..."abzAZ09-.!%*_+`'~"];

/** A token (RFC 3261 §25.1). */
export const token: Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...TOKEN),
  minLength: 1,
  maxLength: 12,
});

/** Any text but CR, LF, NUL, and halves of surrogate pairs: what a quoted string or an escape can carry. */
export const text: Arbitrary<string> = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(..."ab \t\"\\;,=<>@:/?&%[]()'é⚡"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .filter((each) => !/[\r\n\0]/.test(each));

/** Text with CR, LF or NUL somewhere in it. */
export const unsafe: Arbitrary<string> = fc
  .tuple(text, fc.constantFrom("\r", "\n", "\0", "\r\n", "\r\nX: y", "\n "), text)
  .map((parts) => parts.join(""));

const label = fc.string({ unit: fc.constantFrom(..."ab09"), minLength: 1, maxLength: 6 });
const name = fc
  .tuple(fc.array(label, { maxLength: 2 }), fc.constantFrom("com", "x", "a-b", "x1"))
  .map(([labels, top]) => [...labels, top].join("."));

/** A host: a name, an IPv4 address, an IPv6 address without brackets. */
export const host: Arbitrary<string> = fc.oneof(name, fc.ipV4(), fc.ipV6());

/** A port, or none. */
export const port: Arbitrary<number | undefined> = fc.option(fc.integer({ min: 0, max: 65535 }), {
  nil: undefined,
});

/** Parameters of a header field's value: names once each in any case. */
export function params(
  names: Arbitrary<string>,
  values: Arbitrary<string>,
): Arbitrary<Record<string, string | true>> {
  return (
    fc
      .uniqueArray(
        fc.tuple(
          names,
          fc.oneof(
            values.filter((each) => each !== ""),
            fc.constant(true as const),
          ),
        ),
        {
          selector: ([each]) => each.toLowerCase(),
          maxLength: 4,
        },
      )
      // An object would sort names that are numbers before the others.
      .filter((entries) => entries.every(([each]) => !/^\d+$/.test(each) && each !== "__proto__"))
      .map((entries) => Object.fromEntries(entries) as Record<string, string | true>)
  );
}

/** The parts of a SIP URI. */
export const uriParts: Arbitrary<UriParts> = fc.record(
  {
    scheme: fc.constantFrom("sip", "sips"),
    user: text.filter((each) => each !== ""),
    host,
    port,
    params: params(token, text) as Arbitrary<ParamsInit>,
    headers: params(token, text) as Arbitrary<ParamsInit>,
  },
  { requiredKeys: ["host"] },
);
