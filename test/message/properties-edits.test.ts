// Properties of edits: whatever is done to the header fields of a message that came in, in whatever order, to it or to a
// copy of it, it is then the plain list of names and values to which the same was done; and it is written as that list,
// with the lines that nobody touched as they came.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { HeaderName } from "../../src/message/header-types.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";

/** A line as it came in, or one made here; the values of a list that stand in one field. */
interface Line {
  readonly name: string;
  readonly values: readonly string[];
  readonly came?: string | undefined;
}
interface State {
  readonly request: Request;
  lines: Line[];
}

/** A single header, lists that are read often and seldom, a name that nobody knows. */
const VALUES: Record<string, (n: number) => string> = {
  Via: (n) => `SIP/2.0/UDP h${n};branch=z${n}`,
  Route: (n) => `<sip:r${n};lr>`,
  Require: (n) => `o${n}`,
  "Max-Forwards": (n) => `${n}`,
  Subject: (n) => `s${n}`,
  "X-A": (n) => `x${n}`,
};
const NAMES = Object.keys(VALUES);

const line = (name: string, count: number, written = name, spaces = " "): Line => {
  const values = Array.from({ length: count }, (_, n) => (VALUES[name] as (n: number) => string)(n + 1));
  return { name, values, came: `${written}:${spaces}${values.join(", ")}` };
};
const fixed = (text: string): Line => ({ name: text.split(":")[0] as string, values: [], came: text });

const CAME: readonly Line[] = [
  line("Via", 1, "v", ""),
  line("Max-Forwards", 1, "MAX-FORWARDS", "   "),
  line("Via", 2),
  line("X-A", 1, "x-a"),
  fixed("From: <sip:a@example.com>;tag=1"),
  fixed("To: <sip:b@example.com>"),
  line("Route", 3),
  fixed("X-B:   odd  "),
  line("Route", 1, "route"),
  fixed("Call-ID: c1"),
  fixed("CSeq: 1 OPTIONS"),
  line("Require", 2, "Require", ""),
  line("X-A", 1),
];

const written = ({ name, values, came }: Line): string => came ?? `${name}: ${values.join(", ")}`;
const at = ({ lines }: State, name: string) => lines.findIndex((each) => each.name === name);
const last = ({ lines }: State, name: string) => lines.map((each) => each.name).lastIndexOf(name);

/** Of a single header that is there twice no value can be read. */
const isTwice = ({ lines }: State, name: string): boolean =>
  (name === "Max-Forwards" || name === "Subject") && lines.filter((each) => each.name === name).length > 1;

type Edit = (state: State, name: string, values: string[]) => void;

function take(state: State, name: string, first: boolean): void {
  const place = first ? at(state, name) : last(state, name);
  const { headers } = state.request;
  const taken = first ? headers.shift(name as HeaderName) : headers.pop(name as HeaderName);
  const values = [...(state.lines[place]?.values ?? [])];
  expect(taken === undefined ? undefined : `${taken}`).toBe(first ? values.shift() : values.pop());
  if (place >= 0) state.lines.splice(place, 1, ...(values.length > 0 ? [{ name, values }] : []));
}

const made = (name: string, values: string[]): Line[] => values.map((value) => ({ name, values: [value] }));

const EDITS: Record<string, Edit> = {
  set(state, name, values) {
    state.request.headers.set(name as HeaderName, values);
    const place = at(state, name);
    const fields = made(name, values);
    if (place < 0) state.lines.push(...fields);
    else
      state.lines = [
        ...state.lines.slice(0, place),
        ...fields,
        ...state.lines.slice(place).filter((each) => each.name !== name),
      ];
  },
  append(state, name, values) {
    state.request.headers.append(name as HeaderName, values);
    const place = last(state, name);
    state.lines.splice(place < 0 ? state.lines.length : place + 1, 0, ...made(name, values));
  },
  prepend(state, name, values) {
    state.request.headers.prepend(name as HeaderName, values);
    state.lines.splice(Math.max(at(state, name), 0), 0, ...made(name, values));
  },
  delete(state, name) {
    expect(state.request.headers.delete(name)).toBe(at(state, name) >= 0);
    state.lines = state.lines.filter((each) => each.name !== name);
  },
  shift: (state, name) => take(state, name, true),
  pop: (state, name) => take(state, name, false),
  updateFirst(state, name, values) {
    if (isTwice(state, name)) return;
    const place = at(state, name);
    state.request.headers.updateFirst(name as HeaderName, () => values[0]);
    const left = state.lines[place]?.values.slice(1) ?? [];
    const there =
      place < 0 ? [] : state.lines.splice(place, 1, ...(left.length > 0 ? [{ name, values: left }] : []));
    const next = at(state, name);
    const into = next >= 0 ? next : there.length > 0 ? place : state.lines.length;
    state.lines.splice(into, 0, ...made(name, values.slice(0, 1)));
  },
  read(state, name) {
    const { headers } = state.request;
    const values = state.lines.filter((each) => each.name === name).flatMap((each) => each.values);
    if (isTwice(state, name)) return;
    expect([headers.get(name as HeaderName) ?? []].flat().map(String)).toEqual(values);
    expect(`${headers.first(name as HeaderName)}`).toBe(`${values[0]}`);
  },
  note(state) {
    const { headers } = state.request;
    const via = headers.first("Via")?.seenFrom("192.0.2.1", 5);
    if (via === undefined || !headers.replaceVia(via)) return;
    state.lines[at(state, "Via")] = { name: "Via", values: [`${via}`] };
  },
};

function check(state: State): void {
  const { request, lines } = state;
  const text = ["OPTIONS sip:a SIP/2.0", ...lines.map(written), "", "body"].join("\r\n");
  expect(request.toString()).toBe(text);
  expect(Buffer.from(request.toBytes()).toString("latin1")).toBe(text);
  const { headers } = request;
  expect(headers.size).toBe(lines.length);
  const again = parseMessage(text) as Request;
  expect([...headers]).toEqual([...again.headers]);
  expect(parseMessage(request.toString({ compact: true })).headers.raw("Via")).toEqual(headers.raw("Via"));
  for (const name of NAMES) {
    const fields = lines.filter((each) => each.name === name);
    expect(headers.has(name)).toBe(fields.length > 0);
    expect(headers.raw(name as HeaderName)).toEqual(fields.map(({ values }) => values.join(", ")));
    EDITS.read?.(state, name, []);
  }
  expect(request.createResponse(100).headers.raw("Via")).toEqual(headers.raw("Via"));
}

const step = fc.tuple(
  fc.constantFrom(...Object.keys(EDITS)),
  fc.constantFrom(...NAMES),
  fc.array(fc.integer({ min: 10, max: 99 }), { maxLength: 3 }),
  fc.boolean(),
);

it("edits of a message that came in, and of its copy, are those of a plain list", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.nat(14), (steps, when) => {
      const text = ["OPTIONS sip:a SIP/2.0", ...CAME.map(written), "", "body"].join("\r\n");
      const first: State = { request: parseMessage(text) as Request, lines: [...CAME] };
      const states = [first];
      steps.forEach(([edit, name, numbers, copy], index) => {
        if (index === when) states.push({ request: first.request.clone(), lines: [...first.lines] });
        const values = numbers.map((n) => (VALUES[name] as (n: number) => string)(n));
        EDITS[edit]?.(states[copy ? states.length - 1 : 0] as State, name, values);
      });
      for (const state of states) check(state);
    }),
    { numRuns: 1500, seed: 3261 },
  );
});
