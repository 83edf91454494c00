// Response: what a role asks of a response (RFC 3261 §8.1.3.3, §16.7).

import type { Report } from "../finding.ts";
import type { Response } from "../response.ts";
import type { ValidateOptions } from "../validate-options.ts";

/** Checks that the response ends here, or that it can go on. */
export function checkResponse(response: Response, options: ValidateOptions, report: Report): void {
  const { role } = options;
  if (role === undefined || report.has("Via")) return;
  const next = report.read("Via", () => response.headers.get("Via"))?.[1];
  if (next === undefined) return;
  const found = { code: "value_invalid", status: "drop", header: "Via", index: 1 } as const;
  if (role !== "proxy") report.add({ ...found, reason: "Not The Last Via" });
  // RFC 4475 §3.3.10: what one asked for must not be sent to all.
  else if ((next.params.get("maddr") ?? next.received ?? next.host) === "255.255.255.255")
    report.add({ ...found, reason: "Broadcast Via" });
}
