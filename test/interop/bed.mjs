// Bed: one test's nodes, relays and SIPps, and what must be true of all of them in the end.

import { expect } from "vitest";
import { freePort } from "../browser/free-port.mjs";
import { startSipp } from "../browser/sipp.mjs";
import { ladder } from "./ladder.mjs";
import { SPEED } from "./quick-clock.mjs";
import { Relay } from "./relay.mjs";
import { Stall } from "./stall.mjs";

/** What is lost on the way. */
export const LOSSES = process.env.LOSSES?.split(",").map(Number) ?? [0, 0.1, 0.3];

/** Calls of one scenario, and how many begin in a second. */
export const CALLS = 10;
const RATE = 10;

const SEED = 3261;

export class Bed {
  #loss;
  #nodes = [];
  #relays = [];
  #sipps = [];

  constructor(loss) {
    this.#loss = loss;
  }

  async node(node) {
    this.#nodes.push(node);
    return node.start();
  }

  async relay() {
    const relay = await new Relay(this.#loss, SEED + this.#relays.length).open();
    this.#relays.push(relay);
    return relay;
  }

  /**
   * Starts SIPp.
   *
   * @param options.contact   the port of a relay that stands for it, if there is one
   * @param options.t2   what it takes for T2; 2xx and ACKs that pass two relays need more copies
   */
  async sipp(
    scenario,
    { port, target, user = "sipp", contact = port, callee = "callee", t2 = 4000, calls = CALLS, keys = {} },
  ) {
    // The longest interval and number of copies that fit into 64 × T1.
    const interval = t2 / SPEED;
    const copies = String(Math.ceil(32_000 / SPEED / interval) + 4);
    const options = [
      ...["-r", String(RATE), "-cid_str", "call-%u", "-T2", String(interval)],
      ...["-max_retrans", copies, "-max_invite_retrans", copies, "-max_non_invite_retrans", copies],
      // Copies, and what overtakes a lost message, are not what a scenario expects next: they end no call.
      ...["-default_behaviors", "none"],
    ];
    const sipp = await startSipp(new URL(`sipp/${scenario}.xml`, import.meta.url), {
      ...{ port, user, options, calls, seconds: 50 },
      ...(target ? { target: `127.0.0.1:${target}` } : {}),
      keys: { contact, callee, ...keys },
    });
    this.#sipps.push({ ...sipp, scenario });
    return sipp;
  }

  /** Waits for all SIPps. */
  ended() {
    return Promise.all(this.#sipps.map((sipp) => sipp.finish()));
  }

  /** Waits for all SIPps, and for the nodes to have nothing left. */
  async finish() {
    await this.ended();
    const left = await Promise.all(this.#nodes.map((node) => node.drain()));
    expect(left).toEqual(this.#nodes.map(() => ({})));
    expect(this.#nodes.flatMap(({ faults }) => faults)).toEqual([]);
    for (const relay of this.#relays) {
      expect(relay.passed).toBeGreaterThan(0);
      if (this.#loss > 0) expect(relay.lost).toBeGreaterThan(0);
    }
  }

  /** Ends all that a failed test has left. */
  async close() {
    await Promise.all(this.#sipps.map(({ program }) => program.kill()));
    await Promise.all(this.#nodes.map(({ stack }) => stack.close()));
    for (const relay of this.#relays) relay.close();
  }

  /** All messages of all SIPps, in their order, and what they complain of. */
  async ladder() {
    const each = this.#sipps.map(async ({ scenario, messages }) => ladder(scenario, await messages()));
    const complaints = await Promise.all(this.#sipps.map(({ errors }) => errors()));
    return [...(await Promise.all(each)).flat().sort(), ...complaints].join("\n");
  }

  /** Runs a test; again, where it failed while the machine stood still. */
  static async with(loss, test) {
    for (let left = 2; ; left--) {
      const stall = new Stall();
      try {
        return await Bed.#once(loss, test);
      } catch (error) {
        const stalled = stall.end();
        if (stalled === undefined || left === 0) throw error;
        console.log(`nothing ran for ${stalled} ms, and so once more: ${error.message.split("\n", 1)[0]}`);
      } finally {
        stall.end();
      }
    }
  }

  /** A test that fails shows what SIPp has sent and received. */
  static async #once(loss, test) {
    const bed = new Bed(loss);
    try {
      await test(bed);
    } catch (error) {
      error.message += `\n${await bed.ladder()}`;
      throw error;
    } finally {
      await bed.close();
    }
  }
}

export { freePort };

/** Does it for each call, at SIPp's pace. */
export function eachCall(act, number = CALLS) {
  const calls = Array.from({ length: number }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, (i * 1000) / RATE));
    return act(i + 1);
  });
  return Promise.all(calls);
}
