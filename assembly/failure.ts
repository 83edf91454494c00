// Failure: what a grammar function leaves behind when the value does not follow the grammar.

import { R_ERROR, R_ERROR_AT } from "../src/core/abi";
import { record, WINDOW } from "./memory";

/** Notes an E_* code and where it happened; the result is 0, which no address is. */
export function fail(code: u32, p: usize): usize {
  record(R_ERROR, code);
  record(R_ERROR_AT, <u32>(p - WINDOW));
  return 0;
}
