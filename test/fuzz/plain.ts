// Plain: a typed value as data that can be compared: every field and every getter of it, whatever its class.

/** The value without its classes. Reading a getter may throw what the getter throws. */
export function plain(value: unknown, depth = 6): unknown {
  if (value === null || typeof value !== "object") return Number.isNaN(value) ? "NaN" : value;
  if (depth === 0) return String(value);
  if (Array.isArray(value)) return value.map((each) => plain(each, depth - 1));
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (Symbol.iterator in value)
    return [...(value as Iterable<unknown>)].map((each) => plain(each, depth - 1));
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (!name.startsWith("_")) found[name] = plain((value as Record<string, unknown>)[name], depth - 1);
  }
  for (const [name, get] of gettersOf(Object.getPrototypeOf(value)))
    found[name] = plain(get.call(value), depth - 1);
  return found;
}

type Getter = readonly [name: string, get: () => unknown];
const known = new WeakMap<object, readonly Getter[]>();

function gettersOf(prototype: object): readonly Getter[] {
  const before = known.get(prototype);
  if (before) return before;
  const getters: Getter[] = [];
  for (let from = prototype; from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (get !== undefined && !name.startsWith("_")) getters.push([name, get]);
    }
  }
  known.set(prototype, getters);
  return getters;
}
