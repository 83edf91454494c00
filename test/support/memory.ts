// What is left on the heap: whether what was made lets go of the texts that it was made of.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** The length of what a part was cut out of, in octets. */
export const WHOLE = 500_000;

/** The same text, as it is read out of a message: a part of another one, which V8 keeps with it. */
export function cut(text: string): string {
  return Buffer.alloc(WHOLE, text.padEnd(100, ".")).toString("latin1").slice(0, text.length);
}

/** How often what is measured is done, and how often before that: what runs for the first time leaves something. */
export const TIMES = 40;
export const BEFORE = 5;

/** How much more there is on the heap when `work` was done so often, in octets, and its garbage is gone. */
export async function growth(work: () => unknown): Promise<number> {
  for (let i = 0; i < BEFORE; i++) await work();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < TIMES; i++) await work();
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  return process.memoryUsage().heapUsed - before;
}
