// Machine: what a transaction's table is (state × event → next state and effects), and the pure step
// through it. It never sends, never waits and never calls anyone; a runner carries the effects out.

/**
 * The timers: A to M as RFC 3261 (its Table 4) and RFC 6026 name them, and three that the RFCs ask for
 * without a letter: `trying` (the automatic 100: RFC 3261 §17.2.1, RFC 4320 §4.1), `expire` (a
 * non-INVITE that nobody answered: RFC 4320 §4.2) and `abandon` (an INVITE that ignores its CANCEL:
 * RFC 3261 §9.1).
 */
export type TimerName =
  | "A"
  | "B"
  | "C"
  | "D"
  | "E"
  | "F"
  | "G"
  | "H"
  | "I"
  | "J"
  | "K"
  | "L"
  | "M"
  | "trying"
  | "expire"
  | "abandon";

/**
 * What a step asks its runner to do.
 *
 * - `set X`, `clear X`: start timer X at its first value (again, if it runs), or stop it;
 *   `double X`: start it at twice its last value (A), at most T2 (E, G); `slow E`: start it at T2.
 * - `send`: keep the bytes of this request or response, and send them; `resend`: the kept bytes again,
 *   if there are any; `forget`: let go of the kept bytes.
 * - `send 100`: the automatic 100 (Trying).
 * - `ack`: make, keep and send the ACK to a final response other than 2xx.
 * - `hold`: note that a CANCEL is wanted; `cancel held`: if so, the event `cancel`; `cancel`: send it. No
 *   INVITE is cancelled twice.
 * - `destroy`: forget every timer and leave the layer's map; always there on the way to `terminated`.
 * - To the user, always last, when all else is done: `deliver` (the message), `timeout`, `transport`
 *   and `fail` (errors), `canceled` (a CANCEL came for this INVITE).
 * - `refuse`: the caller asked for what this state cannot do; its call throws.
 */
export type Effect =
  | `set ${TimerName}`
  | `clear ${TimerName}`
  | `double ${"A" | "E" | "G"}`
  | "slow E"
  | "send"
  | "resend"
  | "forget"
  | "send 100"
  | "ack"
  | "hold"
  | "cancel held"
  | "cancel"
  | "destroy"
  | "deliver"
  | "timeout"
  | "transport"
  | "fail"
  | "canceled"
  | "refuse";

/** A timer's event: `timer A` and so on. */
export type TimerEvent = `timer ${TimerName}`;

/** The events that timers make when they fire, by name: to put one together for each would be dear. */
export const TIMER_EVENTS = Object.fromEntries(
  "A B C D E F G H I J K L M trying expire abandon".split(" ").map((name) => [name, `timer ${name}`]),
) as Readonly<Record<TimerName, TimerEvent>>;

/** A timer's effect, taken apart. */
export interface TimerStep {
  readonly verb: "set" | "clear" | "double" | "slow";
  readonly timer: TimerName;
}

/** An effect that is no timer's. */
export type OtherEffect = Exclude<Effect, `${TimerStep["verb"]} ${TimerName}`>;

/** An effect as its runner takes it. */
export type Step = TimerStep | OtherEffect;

/** One decided cell: where to, what to do, and where the RFCs say so. */
export interface Row<State extends string> {
  readonly next: State;
  readonly effects: readonly Effect[];
  /** The effects as the runner takes them. */
  readonly steps: readonly Step[];
  readonly cite: string;
}

/** A row, or two where the transport's reliability decides (timers D, I, J and K of 0: RFC 3261 Table 4). */
export type Cell<State extends string> =
  | Row<State>
  | { readonly reliable: Row<State>; readonly unreliable: Row<State> };

/** A machine. Its type demands a cell for every event in every state. */
export interface Table<State extends string, Event extends string> {
  /** The machine's name, for logs. */
  readonly name: string;
  /** The state that a transaction is born in. */
  readonly initial: State;
  /**
   * The states in which it waits for nothing any more: what still comes is retransmitted, and absorbed. An
   * INVITE whose refusal was not acknowledged is not there yet: it may have to send that again.
   */
  readonly settled: readonly State[];
  /** What is done at birth. */
  readonly entry: Row<State>;
  readonly cells: { readonly [S in State]: { readonly [E in Event]: Cell<State> } };
}

/** Makes a row. Its effects are taken apart here, once: carrying one out looks up no text. */
export function to<State extends string>(next: State, effects: readonly Effect[], cite: string): Row<State> {
  return { next, effects, steps: effects.map(stepOf), cite };
}

const TIMER_EFFECT = /^(set|clear|double|slow) (\w+)$/;

function stepOf(effect: Effect): Step {
  const [, verb, timer] = TIMER_EFFECT.exec(effect) ?? [];
  return verb === undefined ? (effect as Step) : ({ verb, timer } as TimerStep);
}

/** Makes a cell that depends on the transport. */
export function by<State extends string>(reliable: Row<State>, unreliable: Row<State>): Cell<State> {
  return { reliable, unreliable };
}

/**
 * The row for `event` in `state`: pure, and total over the table's states and events.
 *
 * @param reliable whether the flow's transport retransmits by itself (TCP, TLS, WS)
 */
export function step<State extends string, Event extends string>(
  table: Table<State, Event>,
  state: State,
  event: Event,
  reliable: boolean,
): Row<State> {
  const cell = table.cells[state][event];
  return "next" in cell ? cell : reliable ? cell.reliable : cell.unreliable;
}
