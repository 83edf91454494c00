// Validate: what is wrong with a message that parsed, and which status answers it (RFC 3261 §8.2, §16.3,
// §18.3). The parser refuses next to nothing, so that there is a message to answer.

import { type Finding, Report } from "./finding.ts";
import type { Message } from "./parse.ts";
import { checkBasics } from "./rules/basics.ts";
import { checkBody } from "./rules/body.ts";
import { checkRequest } from "./rules/request.ts";
import { checkResponse } from "./rules/response.ts";
import { checkSource } from "./rules/source.ts";
import { checkThoroughly } from "./rules/thorough.ts";
import type { ValidateOptions } from "./validate-options.ts";

export type { Finding } from "./finding.ts";

/**
 * Checks what every element must check before it works with a message: version and form of the start line,
 * mandatory header fields and their grammar, single ones that come twice, the Request-URI, CSeq against the
 * method, Content-Length against the body. Requests of RFC 2543, which have no magic cookie, no From tag and
 * no Max-Forwards, are right. With options it checks also what a role, a source or a policy asks for.
 *
 * Nothing is thrown for a bad message. An ACK is never answered, whatever its finding says (RFC 3261 §17.1).
 *
 * @returns the findings, the worst first; empty where all is well
 */
export function validate(message: Message, options?: ValidateOptions): readonly Finding[] {
  const report = new Report(message);
  checkBasics(message, report, options?.role);
  if (options !== undefined) {
    const source = options.source === true ? message.flow : options.source;
    if (source !== undefined) checkSource(message, source, report);
    if (options.thorough === true) checkThoroughly(message, report);
    if (message.kind === "response") checkResponse(message, options, report);
    else {
      checkRequest(message, options, report);
      checkBody(message, options, report);
    }
  }
  return report.findings;
}
