// Request: what a role and its abilities ask of a request, in the order of RFC 3261 §8.2 and §16.3: method,
// Request-URI, hops, extensions; and what a registrar asks of a REGISTER (§10.3).

import { METHODS } from "../../core/words.ts";
import type { Report } from "../finding.ts";
import type { Request } from "../request.ts";
import type { ValidateOptions } from "../validate-options.ts";

/** Checks all but the body. */
export function checkRequest(request: Request, options: ValidateOptions, report: Report): void {
  const { role, methods, schemes, supported, required } = options;
  if (methods !== undefined) checkMethod(request, methods, report);
  if (schemes !== undefined) checkScheme(request, schemes, report);
  if (role === "registrar" && request.method === "REGISTER") checkBinding(request, report);
  if (role === "proxy" && !report.has("Max-Forwards") && request.headers.get("Max-Forwards") === 0) {
    report.refuse(483, "Max-Forwards", undefined, "too_many_hops");
  }
  // RFC 3261 §8.2.2.3: in a CANCEL or ACK they are ignored.
  if (request.method === "ACK" || request.method === "CANCEL") return;
  if (supported !== undefined) checkExtensions(request, supported, role === "proxy", report);
  if (required !== undefined) checkAbilities(request, required, report);
}

function checkMethod({ method }: Request, methods: readonly string[], report: Report): void {
  if (methods.includes(method)) return;
  report.refuse(METHODS.includes(method) ? 405 : 501, undefined, { Allow: methods.join(", ") });
}

function checkScheme(request: Request, schemes: readonly string[], report: Report): void {
  let scheme: string;
  try {
    scheme = request.uri.scheme;
  } catch {
    return; // The basics have said so.
  }
  if (!schemes.includes(scheme)) {
    report.refuse(416);
  }
}

/** The option tags of a header field; none where it cannot be read, which is a finding. */
function tags(
  request: Request,
  name: "Require" | "Proxy-Require" | "Supported",
  report: Report,
): readonly string[] {
  return report.has(name) ? [] : (report.read(name, () => request.headers.get(name)) ?? []);
}

/** Those of `wanted` that are not in `given`; tokens are compared in any case (RFC 3261 §7.3.1). */
function missing(wanted: readonly string[], given: readonly string[]): readonly string[] {
  const lower = given.map((tag) => tag.toLowerCase());
  return wanted.filter((tag) => !lower.includes(tag.toLowerCase()));
}

function checkExtensions(
  request: Request,
  supported: readonly string[],
  proxy: boolean,
  report: Report,
): void {
  const header = proxy ? "Proxy-Require" : "Require";
  const unknown = missing(tags(request, header, report), supported);
  if (unknown.length === 0) return;
  report.refuse(420, header, { Unsupported: unknown.join(", ") });
}

function checkAbilities(request: Request, required: readonly string[], report: Report): void {
  const able = [...tags(request, "Supported", report), ...tags(request, "Require", report)];
  const lacking = missing(required, able);
  if (lacking.length === 0) return;
  report.refuse(421, "Supported", { Require: lacking.join(", ") });
}

/** RFC 3261 §10.3: To is an address-of-record; `*` stands alone, and only to take all bindings away. */
function checkBinding(request: Request, report: Report): void {
  const { headers } = request;
  if (!report.has("To") && headers.get("To")?.uri.isSip === false) {
    report.fault("To Is No Address-Of-Record", "To");
  }
  if (report.has("Contact") || !headers.get("Contact").some(({ isStar }) => isStar)) return;
  const expires = report.has("Expires") ? 0 : report.read("Expires", () => headers.get("Expires"));
  if (headers.get("Contact").length > 1 || expires !== 0) {
    report.fault("Bad Contact", "Contact");
  }
}
