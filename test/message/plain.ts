// Plain: typed values as plain objects, in the form in which the vectors expect them (vectors/headers/rows.ts).
import { Interval } from "../../src/message/interval.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Params } from "../../src/message/params.ts";
import { Privacy } from "../../src/message/privacy.ts";
import { Timestamp } from "../../src/message/times.ts";
import { Uri } from "../../src/message/uri.ts";

type Plain = Readonly<Record<string, unknown>>;

/** Names in lower case, in which they are compared; values as get() gives them. */
function plainParams(params: Params): Plain {
  return Object.fromEntries([...params].map(([name, value]) => [name.toLowerCase(), value]));
}

function plainUri(uri: Uri): Plain {
  return {
    scheme: uri.scheme,
    user: uri.user,
    password: uri.password,
    host: uri.host,
    port: uri.port,
    params: plainParams(uri.params),
    headers: Object.fromEntries(uri.headers),
    text: String(uri),
  };
}

/** The public properties of a value, getters among them. */
function keys(value: object): string[] {
  const getters = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value)))
    .filter(([, { get }]) => get !== undefined)
    .map(([key]) => key);
  return [...Object.keys(value), ...getters].filter((key) => !/^_/.test(key));
}

function each(value: unknown): unknown {
  if (value instanceof Params) return plainParams(value);
  if (value instanceof Uri) return plainUri(value);
  if (value instanceof NameAddr) {
    const { displayName, uri, tag, params } = value;
    return { displayName, uri: plainUri(uri), tag, params: plainParams(params) };
  }
  if (typeof value !== "object" || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const key of keys(value)) {
    const found = (value as Record<string, unknown>)[key];
    made[key] = found instanceof Params ? plainParams(found) : found;
  }
  if (value instanceof Interval) made.number = value.seconds;
  if (value instanceof Timestamp) made.number = value.time;
  return made;
}

/** A header field's value, or its list of them. */
export function plain(value: unknown, list: boolean): unknown {
  if (list) return { values: (value as readonly unknown[]).map(each) };
  if (typeof value === "number") return { number: value };
  if (typeof value === "string") return { text: value, token: value };
  if (value instanceof Params) return { params: plainParams(value) };
  if (value instanceof Privacy) return { values: value.values };
  return each(value);
}
