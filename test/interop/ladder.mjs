// Ladder: what SIPp has written down of its messages, a line each: what a failed test shows.

/**
 * @param name   whose messages they are
 * @param log   as SIPp's -trace_msg writes it
 */
export function ladder(name, log) {
  return log
    .split(/^-{20,} /m)
    .slice(1)
    .map((entry) => {
      const [, time, way] = /^\S+ (\S+)\n(?:\S+ )?message (sent|received)/.exec(entry) ?? [];
      if (way === undefined) return entry.trim();
      const [, first] = entry.split("\n\n", 2);
      const header = (field) => new RegExp(`^${field}: *(.*?)\\s*$`, "im").exec(entry)?.[1] ?? "";
      const start = (first ?? "").split("\n", 1)[0].trim();
      const words = [time, name, way === "sent" ? "→" : "←", start, header("Call-ID"), header("CSeq")];
      return [...words, /branch=([^;\s]*)/.exec(header("Via"))?.[1]].join("  ");
    });
}
