// Values of header fields, valid and invalid, for every header field that the library gives a type:
// the 46 of the Elixir library that it takes after, and the extensions. Validity is that of the RFCs'
// grammars and of the ranges in their text, to the letter: a receiver may be more lenient, and where
// it is, its tests say so.
import { addresses } from "./headers/addresses.ts";
import { identities } from "./headers/identities.ts";
import { lists } from "./headers/lists.ts";
import { numbers } from "./headers/numbers.ts";
import { preferences } from "./headers/preferences.ts";
import { routes } from "./headers/routes.ts";
import type { HeaderRow } from "./headers/rows.ts";
import { security } from "./headers/security.ts";
import { texts } from "./headers/texts.ts";

export type { HeaderRow } from "./headers/rows.ts";

/** All rows. */
export const headerValues: readonly HeaderRow[] = [
  ...addresses,
  ...routes,
  ...identities,
  ...lists,
  ...numbers,
  ...texts,
  ...security,
  ...preferences,
];
