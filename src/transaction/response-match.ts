// ResponseMatch: whether a response is one to the request of a server transaction (RFC 3261 §8.2.6.2). One that does
// not match here would match nothing at the peer, and be dropped there without a word.

import { notWanted, SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";
import { hasBranch } from "./key.ts";

/** @throws SipError `response_mismatch` where the topmost Via has another branch than the key, or CSeq is another */
export function checkMatch(
  response: Response,
  key: string,
  number: number | undefined,
  method: string,
): void {
  if (response?.kind !== "response") throw notWanted("respond", "a status or a Response", response);
  const cseqText = response.headers.raw("CSeq")[0];
  if (cseqText === `${number} ${method}` && shows(response, key)) return;
  const branch = response.headers.first("Via")?.branch;
  if (!hasBranch(key, branch)) {
    const text = `the response's topmost Via has the branch ${branch}, which is not the request's`;
    throw new SipError("response_mismatch", text, { header: "Via" });
  }
  const cseq = response.headers.get("CSeq");
  if (cseq?.number !== number || cseq?.method !== method) {
    const text = `the response's CSeq is ${cseq}, the request's ${number} ${method}`;
    throw new SipError("response_mismatch", text, { header: "CSeq" });
  }
}

/** Whether the topmost Via shows the key's branch at a glance: most do, and reading one costs more than this. */
function shows(response: Response, key: string): boolean {
  const via = response.headers.raw("Via")[0];
  const end = key.indexOf("|");
  if (via === undefined || end === 0 || /[",%]/.test(via)) return false;
  const branch = `;branch=${key.slice(0, end)}`;
  return via.endsWith(branch) || via.includes(`${branch};`);
}
