// Check: what a stack is made of, and what its requests are sent by, has to be. Something else shows at once, and not as a
// TypeError from within when it is used.

import { notWanted } from "../errors.ts";
import type { StackOptions } from "./options.ts";

/** @throws SipError `value_invalid` for what is no option of that name */
export function checkStack(options: StackOptions): void {
  const { core, transports, limits = {} } = options;
  for (const name of ["onRequest", "onResponse", "onError"] as const)
    if (!core?.[name]) throw notWanted(`core.${name}`, "a function", core?.[name]);
  if (!transports?.every?.((each) => each?.start))
    throw notWanted("transports", "a list of them", transports);
  for (const [name, limit] of Object.entries(limits))
    if (!((limit ?? 1) > 0)) throw notWanted(name, "a positive number", limit);
  demand("gate", options.gate, "receive");
  demand("resolver", options.resolver, "targets");
  demand("tap", options.tap, "call");
}

/**
 * Sees to it that what is given is what is wanted, by a method that this has: a function has `call`.
 *
 * @throws SipError `value_invalid` where it has none of that name
 */
export function demand(name: string, given: unknown, method: string): void {
  if (given && !(given as Readonly<Record<string, unknown>>)[method])
    throw notWanted(name, `one that has ${method}()`, given);
}
