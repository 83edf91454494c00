// Thorough: reads all header fields that the library knows, those too that this element may never need.

import type { Report } from "../finding.ts";
import { headerInfo } from "../header-table.ts";
import type { Message } from "../parse.ts";

/** Checks every header field that has no finding yet, and that every line is one. */
export function checkThoroughly(message: Message, report: Report): void {
  const seen = new Set<string>();
  for (const [written] of message.headers) {
    const name = headerInfo(written)?.name ?? written;
    if (seen.has(name) || report.has(name)) continue;
    seen.add(name);
    if (name === "") {
      report.fault("Bad Header Field Line");
    } else {
      report.read(name, () => message.headers.get(name));
    }
  }
}
