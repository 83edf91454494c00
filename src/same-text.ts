// SameText: compares secrets, so that the time does not tell how much of a guess is right.

/** Compares two texts in a time that only their lengths decide. */
export function sameText(one: string, other: string): boolean {
  let differ = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) differ |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return differ === 0;
}
