// Writes the results as text that can stand in a README: fixed-width tables, ratios last.
import { timesLonger } from "./rounds.mjs";

const number = (value) =>
  value >= 100_000
    ? Math.round(value / 100) * 100
    : value >= 1000
      ? Math.round(value / 10) * 10
      : Math.round(value);
const grouped = (value) => number(value).toLocaleString("en-US");
const ratio = (value) => (value >= 100 ? grouped(value) : value.toFixed(value >= 10 ? 1 : 2));

/** Rows of cells to lines; the first column to the left, the others to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

function timesSection({ tasks, contenders }) {
  const names = contenders.map(({ name }) => name);
  const rows = [["CPU ns per message: median (best)", ...names]];
  for (const { title, times, missing } of tasks) {
    rows.push([
      title,
      ...names.map((name) => {
        const time = times[name];
        if (time !== undefined) return `${grouped(time.median)} (${grouped(time.best)})`;
        return missing.some((one) => one.name === name) ? "cannot" : "-";
      }),
    ]);
  }
  const reasons = new Set(
    tasks.flatMap(({ id, missing }) => missing.map(({ name, reason }) => `${name}, ${id}: ${reason}`)),
  );
  return [...table(rows), ...[...reasons].map((reason) => `  ${reason}`)];
}

function ratioSection({ tasks, contenders }) {
  const names = contenders.map(({ name }) => name).filter((name) => name !== "sippet");
  const rows = [["sippet is faster by: median of the rounds (best)", ...names]];
  for (const { title, times } of tasks) {
    const ours = times.sippet;
    if (ours === undefined) continue;
    rows.push([
      title,
      ...names.map((name) =>
        times[name] === undefined
          ? "-"
          : `${ratio(timesLonger(times[name], ours))} x (${ratio(times[name].best / ours.best)} x)`,
      ),
    ]);
  }
  if (rows.length === 1) return [];
  const own = (id) => {
    const { sippet, "its parse": parse } = tasks.find((task) => task.id === id).times;
    return `${ratio(timesLonger(sippet, parse))} (${ratio(sippet.best / parse.best)})`;
  };
  return [
    "",
    ...(names.length > 0 ? [...table(rows), ""] : []),
    `sippet: forward takes ${own("forward")} times its parse, respond ${own("respond")} times`,
  ];
}

function hostileSection({ hostile }) {
  if (hostile.length === 0) return [];
  const rows = [["sippet, hostile heads: CPU microseconds", "16 kB", "64 kB", "growth", "outcome"]];
  for (const { shape, small, large, growth, outcome } of hostile) {
    rows.push([shape, small.toFixed(1), large.toFixed(1), growth.toFixed(1), outcome]);
  }
  const worst = hostile.reduce((a, b) => (a.large > b.large ? a : b));
  return [
    "",
    ...table(rows),
    `slowest: ${worst.shape}, ${worst.large.toFixed(0)} microseconds (linear growth is 4)`,
  ];
}

function memorySection({ memory }) {
  if (memory.length === 0) return ["", "memory: not measured (no collector to call; try node --expose-gc)"];
  const rows = [["bytes per message", "parse", "parse and read", "kept", "kept, read"]];
  for (const { name, parse, read, kept, keptRead } of memory) {
    rows.push([name, grouped(parse), grouped(read), grouped(kept), grouped(keptRead)]);
  }
  return [
    "",
    ...table(rows),
    "  the first two allocated, the last two retained, input buffers' copies included",
  ];
}

function transactionSection({ transactions }) {
  if (transactions === undefined) return [];
  const { servers, growth, client, memory, timers } = transactions;
  const rows = [["sippet, transactions: CPU ns", "median (best)", "a second"]];
  for (const { live, median, best } of servers) {
    rows.push([
      `OPTIONS in, 200 out, ${grouped(live)} live`,
      `${grouped(median)} (${grouped(best)})`,
      grouped(1e9 / median),
    ]);
  }
  rows.push(["OPTIONS out, 200 in", grouped(client), grouped(1e9 / client)]);
  for (const { pending, cleared, fired } of timers) {
    rows.push([`timer set and cleared, ${grouped(pending)} pending`, grouped(cleared), ""]);
    rows.push([`timer set and fired, ${grouped(pending)} pending`, grouped(fired), ""]);
  }
  const held =
    memory &&
    `a live one holds ${grouped(memory.bytes)} bytes, ${grouped(memory.kept)} of them its response, at ${grouped(memory.live)} live`;
  return [
    "",
    ...table(rows),
    `${grouped(servers.at(-1).live)} live cost ${growth.toFixed(2)} times what ${grouped(servers[0].live)} do`,
    ...(held ? [held] : []),
  ];
}

function proxiedSection({ proxied }) {
  if (proxied === undefined) return [];
  const rows = [["sippet, a proxied call: CPU ns", "median (best)", "a second", "bytes held"]];
  for (const { live, median, best, bytes } of proxied) {
    rows.push([
      `${grouped(live)} alive or lingering`,
      `${grouped(median)} (${grouped(best)})`,
      grouped(1e9 / median),
      bytes === undefined ? "" : grouped(bytes),
    ]);
  }
  return ["", ...table(rows)];
}

function truthSection({ truth, absent }) {
  const lines = truth.map(({ name, right, wrong }) => {
    if (right) return `  ${name}: all seven values right`;
    return `  ${name}: ${Object.entries(wrong)
      .map(([what, how]) => `${what}: ${how}`)
      .join("; ")}`;
  });
  return [
    "",
    "checked before timing:",
    ...lines,
    ...absent.map(({ name, reason }) => `  ${name}: not here (${reason})`),
  ];
}

/** The whole report. */
export function toText(result) {
  const sizes = Object.entries(result.corpus.sizes).map(([name, size]) => `${name} ${size}`);
  return [
    `${result.runtime} (V8 ${result.v8}), ${result.platform}, ${result.cpu}${result.quick ? ", quick" : ""}`,
    `peers: ${result.contenders.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
    `${result.corpus.messages} messages, mean ${Math.round(result.corpus.mean)} bytes: ${sizes.join(", ")}`,
    ...truthSection(result),
    "",
    ...timesSection(result),
    ...ratioSection(result),
    ...hostileSection(result),
    ...memorySection(result),
    ...transactionSection(result),
    ...proxiedSection(result),
  ].join("\n");
}
