// Body: whether the body of a request can be taken, and an answer to it given (RFC 3261 §8.2.3, §21.4.7,
// §21.4.11, §21.4.13). Bodies are not looked into.

import type { Report } from "../finding.ts";
import type { MediaType } from "../media-type.ts";
import type { Request } from "../request.ts";
import type { ValidateOptions } from "../validate-options.ts";

/** Checks size, type and encoding, and what an INVITE may be answered with. */
export function checkBody(request: Request, options: ValidateOptions, report: Report): void {
  const { bodySize, types, encodings, answers } = options;
  if (bodySize !== undefined && Math.max(request.bodyLength, request.announcedLength || 0) > bodySize) {
    report.refuse(413, undefined, undefined, "message_too_large");
  }
  if (request.bodyLength > 0 && !isOptional(request, report)) {
    if (types !== undefined) checkType(request, types, report);
    if (encodings !== undefined || types !== undefined) checkEncoding(request, encodings ?? [], report);
  }
  if (answers !== undefined && request.method === "INVITE") checkAnswers(request, answers, report);
}

/** RFC 3261 §20.11: what is not understood is ignored where the sender says that it may be. */
function isOptional(request: Request, report: Report): boolean {
  const read = () => request.headers.get("Content-Disposition");
  const disposition = report.has("Content-Disposition")
    ? undefined
    : report.read("Content-Disposition", read);
  return disposition?.params.get("handling")?.toLowerCase() === "optional";
}

function checkType(request: Request, types: readonly string[], report: Report): void {
  if (report.has("Content-Type")) return;
  const type = report.read("Content-Type", () => request.headers.get("Content-Type"));
  if (report.has("Content-Type")) return;
  const header = "Content-Type";
  if (type === undefined) {
    // RFC 3261 §20.15
    report.fault("Missing Content-Type", header, undefined, "header_missing");
  } else if (!types.some((range) => isWithin(type.essence, range.toLowerCase()))) {
    report.refuse(415, header, { Accept: types.join(", ") });
  }
}

function checkEncoding(request: Request, encodings: readonly string[], report: Report): void {
  const header = "Content-Encoding";
  const known = ["identity", ...encodings.map((each) => each.toLowerCase())];
  const used = report.has(header) ? undefined : report.read(header, () => request.headers.get(header));
  if (!used || used.every((each) => known.includes(each.toLowerCase()))) return;
  const taken = encodings.join(", ") || "identity";
  report.refuse(415, header, { "Accept-Encoding": taken });
}

/** RFC 3261 §20.1: without Accept an INVITE takes application/sdp; an empty one takes nothing. */
function checkAnswers(request: Request, answers: readonly string[], report: Report): void {
  if (report.has("Accept") || !request.headers.has("Accept")) return;
  const ranges = report.read("Accept", () => request.headers.get("Accept"));
  if (ranges === undefined) return;
  const taken = (answer: string) =>
    ranges.some((range) => isWanted(range) && isWithin(answer, range.essence));
  if (answers.some((answer) => taken(answer.toLowerCase()))) return;
  report.refuse(406, "Accept");
}

function isWanted(range: MediaType): boolean {
  return Number(range.params.get("q") ?? 1) > 0;
}

/** Whether a media type is of a range: that very one, or `type/*`, or all. */
function isWithin(type: string, range: string): boolean {
  return range === "*/*" || range === type || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)));
}
