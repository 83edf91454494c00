// Unpack: octets out of printable text, as scripts/embed.mjs packs them. A character for each octet below 86, which most
// octets of a WebAssembly module are, and another before it for the rest: gzip makes as little of it as of the octets
// themselves, and less than of hexadecimal or base64. No character needs an escape in any kind of quotes.

/** How many octets have no character before theirs, and how many have the same one. */
const STEP = 86;
/** The character of the octet 0; those of the others follow it, but for two that quotes or escapes are made of. */
const FIRST = 0x28;
const STAND_INS: Readonly<Record<string, string>> = { "!": "\\", "#": "`" };

/** The octets of packed text. */
export function unpack(text: string): Uint8Array<ArrayBuffer> {
  const octets: number[] = [];
  let step = 0;
  for (const each of text) {
    if (each === " " || each === "~") {
      step = each === " " ? STEP : 2 * STEP;
    } else {
      octets.push(step + (STAND_INS[each] ?? each).charCodeAt(0) - FIRST);
      step = 0;
    }
  }
  return Uint8Array.from(octets);
}
