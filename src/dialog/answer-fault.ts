// AnswerFault: why a 2xx to an INVITE of ours makes no session: where its sender is, or the way there, cannot be read
// (RFC 3261 §12.1.2).

import { SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";

/** The error for it; undefined where all is well. A Contact that is missing is one to be put up with. */
export function answerFault(response: Response): SipError | undefined {
  for (const header of ["Record-Route", "Contact"] as const) {
    const why = header === "Contact" ? ofContact(response) : ofRoutes(response);
    if (why === undefined) continue;
    const text = `the ${header} of the ${response.status} cannot be used: ${why}`;
    return new SipError("value_invalid", text, { header, status: 502, cause: response });
  }
  return undefined;
}

function ofRoutes({ headers }: Response): string | undefined {
  try {
    headers.get("Record-Route");
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function ofContact({ headers }: Response): string | undefined {
  try {
    const contact = headers.first("Contact");
    if (contact?.isStar) return "it names nobody";
    return contact?.uri.isSip === false ? "it is no SIP URI" : undefined;
  } catch (error) {
    return String(error);
  }
}
