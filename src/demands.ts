// Demands: what options are held to when something is made of them: which must be there, which numbers they may be,
// and which secrets.
// What comes of a wrong one otherwise shows late, far from its cause, or never: no timer fires at NaN.

import { notWanted, SipError } from "./errors.ts";

/**
 * Sees to it that options are there.
 *
 * @param maker who wants them
 * @returns the options
 * @throws SipError `value_invalid` for one that is undefined or null
 */
export function need<T extends object>(maker: string, options: T, ...names: (keyof T & string)[]): T {
  for (const name of names) {
    // JavaScript may give nothing at all.
    if ((options as T | undefined)?.[name] == null)
      throw new SipError("value_invalid", `${maker}: the option ${name} is missing`);
  }
  return options;
}

/**
 * Sees to it that options are numbers, where they are given.
 *
 * @param least the least that they may be; Infinity is a number
 * @throws SipError `value_invalid` for NaN, text, and what is less
 */
export function checkNumbers<T extends object>(
  options: T,
  least: number,
  ...names: (keyof T & string)[]
): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === "number" && value >= least)) continue;
    throw notWanted(
      name,
      `a number from ${least}`,
      typeof value === "string" ? JSON.stringify(value) : value,
    );
  }
}

/**
 * Sees to it that a secret is one, where it is given: with an empty one, of a variable that is not set say, anybody could make
 * what it seals.
 *
 * @throws SipError `value_invalid` for no text, and for an empty one
 */
export function checkSecret<T extends object>(options: T, name: keyof T & string): void {
  const secret: unknown = options[name];
  if (secret === undefined || (typeof secret === "string" && secret !== "")) return;
  throw notWanted(name, "a text that nobody can guess", secret === "" ? "an empty one" : secret);
}
