// Stored: how the bindings of one address-of-record stand in Redis: one key with a JSON array, written by a script that
// compares before it sets.

import { SipError } from "../errors.ts";
import type { Binding } from "../registrar/location.ts";

/**
 * Sets KEYS[1] to ARGV[2] for ARGV[3] milliseconds, if it holds ARGV[1] still; an empty text stands for no key. Redis
 * runs a script as one step, so that of two writers who read the same one is told of what the other has written.
 *
 * Returns 1, or what is there instead.
 */
export const REPLACE = `local held = redis.call('GET', KEYS[1]) or ''
if held ~= ARGV[1] then return held end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** The bindings of a stored text. @throws SipError `core_failed` (500) for what was not written here */
export function readBindings(key: string, text: string): readonly Binding[] {
  try {
    const bindings = JSON.parse(text) as unknown;
    if (Array.isArray(bindings) && bindings.every(isBinding)) return bindings;
  } catch {
    // Said below.
  }
  throw new SipError("core_failed", `${key} holds no bindings`, { status: 500 });
}

/** Whether that is of a binding's form; what its texts say is for their reader to see. */
function isBinding(value: unknown): value is Binding {
  if (typeof value !== "object" || value === null) return false;
  const { contact, callId, path, expires, q, cseq, flow, edge, instance, gruuMark } =
    value as Partial<Binding>;
  return (
    [contact, callId].every(isText) &&
    [expires, q, cseq].every((each) => typeof each === "number") &&
    [flow, edge, instance, gruuMark].every((each) => each === undefined || isText(each)) &&
    Array.isArray(path) &&
    path.every(isText)
  );
}

const isText = (value: unknown): boolean => typeof value === "string";
