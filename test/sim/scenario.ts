// Scenario: what one seed makes of a network and the calls over it. Data only; world.ts builds and runs it.

import type { MemoryFaults } from "../../src/transport/memory.ts";
import { Dice } from "./dice.ts";

export type Protocol = "UDP" | "TCP";

/** One request that the client starts by itself. */
export interface Plan {
  readonly at: number;
  readonly method: "INVITE" | "OPTIONS" | "MESSAGE" | "REGISTER";
  /** INVITE: when the caller loses patience, after the start. Others: when it gives up, if at all. */
  readonly patience: number | undefined;
  /** How long a call lasts. */
  readonly talk: number;
  /** Where nobody listens. */
  readonly dead: boolean;
}

export interface Scenario {
  readonly seed: number;
  readonly faults: Omit<MemoryFaults, "drop">;
  /** Between caller and first proxy; between all others. */
  readonly near: Protocol;
  readonly far: Protocol;
  /** diamond: a user agent is reached by two ways; loop: the second proxy sends back to the first as well. */
  readonly shape: "direct" | "proxy" | "chain" | "diamond" | "loop";
  readonly agents: number;
  readonly recordRoute: boolean;
  /** When connections are cut, or, over UDP, the way is blocked for `outage` milliseconds. */
  readonly cuts: readonly number[];
  readonly outage: number;
  readonly plans: readonly Plan[];
  /** Nothing is lost for good and nobody is slow: whatever times out here should not have. */
  readonly calm: boolean;
}

export function draw(seed: number): Scenario {
  const dice = new Dice(seed);
  const weather = dice.pick("still", "fair", "lossy", "foul", "slow", "slow");
  const faults = {
    still: { delay: dice.between(0, 40) },
    fair: { loss: 0.1, duplicate: 0.1, reorder: 0.2, reorderBy: 100, delay: [5, 60] as const },
    lossy: { loss: dice.between(10, 40) / 100, duplicate: 0.05, reorder: 0.1, delay: [1, 300] as const },
    foul: { loss: 0.4, duplicate: 0.3, reorder: 0.3, reorderBy: 2000, delay: [0, 3000] as const },
    slow: { loss: dice.between(0, 20) / 100, duplicate: 0.2, delay: [0, 10_000] as const },
  }[weather];
  const near = dice.pick("UDP", "UDP", "TCP") as Protocol;
  const far = dice.chance(0.8) ? near : (dice.pick("UDP", "TCP") as Protocol);
  const shape = dice.pick(
    "direct",
    "direct",
    "proxy",
    "proxy",
    "chain",
    "diamond",
    "loop",
  ) as Scenario["shape"];
  const rough = dice.chance(0.3);
  const cuts = rough ? Array.from({ length: dice.between(1, 3) }, () => dice.between(0, 60_000)) : [];
  const outage = dice.between(100, 40_000);
  const dead = dice.chance(0.2);
  const plans = Array.from({ length: dice.between(1, 5) }, () => {
    const method = dice.pick(
      "INVITE",
      "INVITE",
      "INVITE",
      "OPTIONS",
      "MESSAGE",
      "REGISTER",
    ) as Plan["method"];
    const hasty = dice.chance(0.3);
    return {
      at: dice.between(0, 20_000),
      method,
      patience:
        method === "INVITE"
          ? hasty
            ? dice.between(0, 4000)
            : dice.between(30_000, 60_000)
          : hasty
            ? dice.between(0, 3000)
            : undefined,
      talk: dice.between(0, 40_000),
      dead: dead && dice.chance(0.3),
    };
  });
  return {
    seed,
    faults: { ...faults, unreachable: dice.chance(0.5) },
    near,
    far: shape === "direct" ? near : far,
    shape,
    agents: dice.between(1, 3),
    recordRoute: dice.chance(0.5),
    cuts,
    outage,
    plans,
    calm: (weather === "still" || weather === "fair") && cuts.length === 0,
  };
}
