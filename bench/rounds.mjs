// Timing: every contender's turn comes in every round, so that what else the machine does hits all
// alike. What is counted is CPU time, that of the collector's threads included: garbage is paid for.
// Figures are nanoseconds for one operation; ratios between them are what holds.

const now = () => process.hrtime.bigint();

/** The CPU time that this process has used, in nanoseconds. */
function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Median of numbers; the list is not changed. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times longer `a` took than `b`: the median over the rounds of the ratio within one. What else the machine
 * does comes and goes slower than that.
 */
export function timesLonger(a, b) {
  return median(a.samples.map((sample, round) => sample / b.samples[round]));
}

/** How many operations take about `budget` milliseconds; a multiple of `step`, so that batches are fair. */
function calibrate(work, budget, step) {
  let count = step;
  for (;;) {
    const start = now();
    work(count);
    const spent = Number(now() - start) / 1e6;
    if (spent >= budget / 2) return Math.max(step, Math.round((count * budget) / spent / step) * step);
    count *= spent < budget / 16 ? 8 : 2;
  }
}

/**
 * What is prepared at a time: an answer follows its request at once, which is then at hand. Of ten thousand prepared
 * together each has left the processor's caches, and to get it back takes longer than to answer it.
 */
const PORTION = 64;

/** The CPU time that so many operations of a job take, without that of their preparation. */
function timed(job, count) {
  if (job.prepare === undefined) return timedAtOnce(job, count);
  let spent = 0;
  for (let left = count; left > 0; left -= PORTION) {
    const part = Math.min(PORTION, left);
    job.prepare(part);
    spent += timedAtOnce(job, part);
  }
  return spent;
}

function timedAtOnce(job, count) {
  const start = cpuTime();
  job.work(count);
  return cpuTime() - start;
}

/**
 * Runs jobs in interleaved rounds. A job is `{ name, step, work(count), prepare?(count) }`: `work` does
 * `count` operations; `prepare`, outside the timed region, makes what some of them need. `budget` is the length
 * of a turn, `warmup` that of what each job runs before, `limit` that of the whole, in milliseconds. Returns a map of
 * name → { median, best, samples } in nanoseconds for one operation; the samples are one a round.
 */
export function interleave(jobs, { rounds, budget, warmup, limit = Number.POSITIVE_INFINITY }) {
  const began = now();
  const states = jobs.map((job) => {
    const once = (count) => void timed(job, count);
    // The compiler has to be done with the code before it is measured: by time, not by turns.
    const warmed = now();
    do once(job.step);
    while (Number(now() - warmed) / 1e6 < warmup);
    // What takes a preparation per operation is calibrated with it, or the preparing takes for ever.
    return { job, count: calibrate(once, budget, job.step), samples: [] };
  });
  for (let round = -1; round < rounds; round++) {
    // On a machine with other work to do: fewer rounds, never fewer than two.
    if (round >= 2 && Number(now() - began) / 1e6 > limit) break;
    for (let i = 0; i < states.length; i++) {
      const { job, count, samples } = states[(i + round + 1) % states.length];
      const spent = timed(job, count);
      if (round >= 0) samples.push(spent / count);
    }
  }
  return new Map(
    states.map(({ job, samples }) => [
      job.name,
      { median: median(samples), best: Math.min(...samples), samples },
    ]),
  );
}

/** The CPU time of one operation in nanoseconds: the median over `rounds` batches of about `budget` milliseconds. */
export function timeOne(operation, { rounds, budget }) {
  const work = (count) => {
    for (let i = 0; i < count; i++) operation();
  };
  work(3);
  const count = calibrate(work, budget, 1);
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const start = cpuTime();
    work(count);
    samples.push((cpuTime() - start) / count);
  }
  return median(samples);
}
