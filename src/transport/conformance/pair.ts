// Pair: the two transports that a check runs over, and what it does and asks of them. A check that fails throws.

import type { SipError } from "../../errors.ts";
import type { Address, Flow, Transport } from "../transport.ts";
import { encode, message, Recorder } from "./recorder.ts";

/** Two transports that can reach each other, not yet started: what `transportConformance` is given. */
export interface TransportPair {
  /** The one that is reached. Listens on a free port, or on any of its own. */
  readonly callee: Transport;
  /** Makes the one that sends first. Called once, after `callee` was started, so that `callee.local` is known. */
  caller(): Transport;
  /**
   * Lets time pass until what was sent has arrived, or could have. Unless told, several short waits by the
   * runtime's timers, 50 milliseconds in all; a network on a virtual clock moves that clock.
   */
  settle?(): Promise<void>;
  /** How many timers the two hold; asked when both are closed, and has to be 0. Not checked without it. */
  timers?(): number;
}

/** A pair with its gaps filled, and its caller made once. @internal */
export interface Pair extends Required<TransportPair> {
  /** The caller, if it was made. */
  readonly made: Transport | undefined;
}

/** A message with a body, and the Content-Length that a stream needs. */
export function framed(transport: Transport, startLine: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = transport.framed ? "" : `Content-Length: ${body.length}\r\n`;
  return Uint8Array.from([...encode(`${startLine}\r\n${length}\r\n`), ...body]);
}

/** Fails the check where the two are not the same value. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

/** Fails the check where the condition does not hold. */
export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** A pair under way. */
export interface Started {
  readonly callee: Transport;
  settle(): Promise<void>;
  timers(): number;
  readonly caller: Transport;
  readonly calling: Recorder;
  readonly called: Recorder;
  readonly address: Address;
  /** The caller's flow to the callee. */
  readonly flow: Flow;
  send(data: Uint8Array<ArrayBuffer>, flow?: Flow): SipError[];
}

/** Starts both, the callee first. */
export async function started(pair: Pair): Promise<Started> {
  const { callee } = pair;
  const [calling, called] = [new Recorder(), new Recorder()];
  await callee.start(called);
  const caller = pair.caller();
  await caller.start(calling);
  const address = callee.local;
  const flow = caller.flow(address);
  if (!flow) throw new Error(`no flow to ${address.host}:${address.port}`);
  const send = (data: Uint8Array<ArrayBuffer>, over: Flow = flow): SipError[] => {
    const failures: SipError[] = [];
    over.transport.send(data, over, (error) => failures.push(error));
    same(failures.length, 0, "failed was called within the send");
    return failures;
  };
  return {
    caller,
    callee,
    settle: () => pair.settle(),
    timers: () => pair.timers(),
    calling,
    called,
    address,
    flow,
    send,
  };
}

/** Starts both, and sends one message; `back` is the flow that it came in on. */
export async function exchange(pair: Pair): Promise<Started & { readonly back: Flow }> {
  const all = await started(pair);
  all.send(message("first"));
  await all.settle();
  same(all.called.messages.length, 1, "messages that arrived");
  return { ...all, back: all.called.messages[0]!.flow };
}
