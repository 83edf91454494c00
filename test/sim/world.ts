// World: builds what a scenario says, turns its clock until nothing is left to come, and says what was wrong.

import { VirtualClock } from "../../src/clock.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import { Callee } from "./callee.ts";
import { Caller } from "./caller.ts";
import { disagreement } from "./dialog.ts";
import { Dice } from "./dice.ts";
import { Forker } from "./forker.ts";
import type { Node, Surroundings } from "./node.ts";
import { readPacket } from "./packet.ts";
import { draw, type Scenario } from "./scenario.ts";

/** A run that has not ended by then never will. */
const EVENTS = 50_000;
/** As little as one that goes on for a day, in milliseconds: a Timer A without its Timer B doubles for ever. */
const LONGEST = 86_400_000;

export interface Outcome {
  readonly scenario: Scenario;
  /** What was wrong; empty for a good run. At most 50. */
  readonly violations: readonly string[];
  /** The messages, a line for each. */
  readonly ladder: () => string;
  readonly messages: number;
  /** The virtual time of the end, in milliseconds. */
  readonly time: number;
}

/** Runs one seed. The same seed gives the same outcome. */
export async function run(seed: number): Promise<Outcome> {
  const scenario = draw(seed);
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ ...scenario.faults, clock, seed: seed + 1, traceLimit: 100_000 });
  const violations: string[] = [];
  const around: Surroundings = {
    scenario,
    clock,
    network,
    violation(what) {
      if (violations.length < 50) violations.push(`${Math.round(clock.now())} ms: ${what}`);
    },
  };
  const { nodes, caller, callees, target } = build(around, new Dice(seed + 2));
  for (const node of nodes) await node.stack.start();
  for (const plan of scenario.plans) clock.set(() => caller.start(plan, target), plan.at);
  for (const at of scenario.cuts) clock.set(() => trouble(around, nodes), at);
  let events = 0;
  try {
    for (let next = clock.next; next !== undefined; next = clock.next) {
      if (next > LONGEST) throw new Error(`not over after ${LONGEST} ms`);
      await clock.advanceAsync(next - clock.now());
      for (const node of nodes) node.sweep();
      if (++events > EVENTS) throw new Error(`not over after ${EVENTS} events`);
    }
  } catch (cause) {
    around.violation(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  }
  for (const node of nodes) node.finish();
  agree(around, caller, callees);
  if (violations.length === 0) delivered(around, nodes);
  for (const { stack } of nodes) await stack.close();
  await clock.advanceAsync(0);
  // A connection that one side closes is still closing at the other.
  if (clock.size > 0) await clock.advanceAsync(20_000);
  if (clock.size > 0) around.violation(`${clock.size} timers are left`);
  return {
    scenario,
    violations,
    ladder: () => network.ladder(),
    messages: network.trace.length,
    time: clock.now(),
  };
}

function build(around: Surroundings, dice: Dice) {
  const { shape, agents, near, far } = around.scenario;
  const caller = new Caller(around, "10.0.0.1", dice.between(1, 1e6));
  const callees = Array.from(
    { length: agents },
    (_, i) => new Callee(around, `callee${i + 1}`, `10.0.1.${i + 1}`, dice.split()),
  );
  const contacts = callees.map((callee) => callee.uri("bob", far));
  if (shape === "direct") {
    return { nodes: [caller, ...callees], caller, callees, target: contacts[0] as string };
  }
  const first = new Forker(around, "proxy1", "10.0.2.1", near, far, dice.between(1, 1e6));
  const target = first.uri("bob", near);
  if (shape === "proxy") {
    first.targets = contacts;
    return { nodes: [caller, first, ...callees], caller, callees, target };
  }
  const second = new Forker(around, "proxy2", "10.0.2.2", far, far, dice.between(1, 1e6));
  first.targets =
    shape === "diamond" ? [second.uri("bob", far), contacts[0] as string] : [second.uri("bob", far)];
  second.targets =
    shape === "loop"
      ? [target.replace(/;.*/, "") + (far === "UDP" ? "" : ";transport=tcp"), ...contacts]
      : contacts;
  return { nodes: [caller, first, second, ...callees], caller, callees, target };
}

/** Cuts every connection, or blocks a way between two hosts for a while. */
function trouble({ scenario, network, clock }: Surroundings, nodes: readonly Node[]): void {
  const [one, other] = [nodes[0] as Node, nodes[1] as Node];
  for (const a of nodes) for (const b of nodes) if (a.host < b.host) network.cut(a.host, b.host);
  network.block(one.host, other.host);
  clock.set(() => network.unblock(one.host, other.host), scenario.outage);
}

/** The two ends of each call agree. */
function agree(around: Surroundings, caller: Caller, callees: readonly Callee[]): void {
  const theirs = new Map(callees.flatMap((callee) => [...callee.dialogs]));
  for (const id of new Set([...caller.dialogs.keys(), ...theirs.keys()])) {
    const fault = disagreement(caller.dialogs.get(id), theirs.get(id));
    if (fault) around.violation(`call ${id}: ${fault}`);
  }
}

/** Every request of which a copy arrived was given to the core there. */
function delivered({ network, violation }: Surroundings, nodes: readonly Node[]): void {
  const at = new Map(nodes.map((node) => [`${node.host}:5060`, node]));
  for (const { protocol, to, text, arrives } of network.trace) {
    if (protocol !== "UDP" || arrives.length === 0) continue;
    const packet = readPacket(text);
    if (packet.status !== undefined || packet.start === "ACK" || packet.start === "CANCEL") continue;
    if (at.get(to)?.servers.has(packet.serverKey) === false)
      violation(`${to} has never seen ${packet.serverKey}`);
  }
}
