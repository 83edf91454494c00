// What parsing costs in memory: bytes allocated for one message, and bytes that a kept one retains.
import { emptyRecord } from "./corpus.mjs";
import { median } from "./rounds.mjs";

/** The collector, asked for by --expose-gc or switched on at run time; undefined where neither works. */
export async function collector() {
  if (typeof globalThis.gc === "function") return globalThis.gc;
  try {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc");
    return typeof gc === "function" ? gc : undefined;
  } catch {
    return undefined;
  }
}

/** Bytes held: the heap's, and those of typed arrays beside it. */
export const used = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/**
 * Bytes allocated for one operation: the heap's growth over batches so small that no collection comes
 * between (a batch in which one came shrinks, and the median leaves it out).
 */
function allocated(gc, batch, rounds, work) {
  work(batch);
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    gc();
    const before = used();
    work(batch);
    samples.push((used() - before) / batch);
  }
  return median(samples.filter((sample) => sample >= 0));
}

/** Bytes that stay with each of `count` kept results, after collections; the median of some goes. */
function retained(gc, count, goes, make) {
  return median(Array.from({ length: goes }, () => retainedOnce(gc, count, make)));
}

// What is held and let go again, not what the heap grew by: code and caches come and go meanwhile.
function retainedOnce(gc, count, make) {
  let kept = [];
  for (let i = 0; i < count; i++) kept.push(make(i));
  gc();
  gc();
  const held = used();
  const last = kept.at(-1);
  kept = [];
  if (last === undefined) return Number.NaN;
  gc();
  gc();
  return (held - used()) / (count - 1);
}

/** A row for each contender: allocated by a parse, by a parse and read; retained by a kept message. */
export function memoryTable(contenders, messages, gc, goes) {
  return contenders.map((contender) => {
    const record = emptyRecord();
    const batch = contender.slow ? 9 : 180;
    const rounds = contender.slow ? 1 + 2 * Math.min(goes, 2) : 9;
    const at = (i) => messages[i % messages.length];
    // Each message comes in a buffer of its own, as a socket gives it: what is kept of it counts.
    const fresh = (i) => at(i).bytes.slice();
    const keep = contender.slow ? 36 : 1800;
    const inputs = (count) => Array.from({ length: count }, (_, i) => at(i).bytes);
    const list = inputs(batch);
    return {
      name: contender.name,
      parse: allocated(gc, batch, rounds, (count) => {
        for (let i = 0; i < count; i++) contender.parse(list[i]);
      }),
      read: allocated(gc, batch, rounds, (count) => {
        for (let i = 0; i < count; i++) contender.read(contender.parse(list[i]), record);
      }),
      kept: retained(gc, keep, goes, (i) => contender.parse(fresh(i))),
      keptRead: retained(gc, keep, goes, (i) => {
        const message = contender.parse(fresh(i));
        contender.read(message, record);
        return message;
      }),
    };
  });
}
