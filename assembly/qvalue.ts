// Qvalue: how much something is wanted, 0 to 1 with three decimals at most (RFC 3261 §25.1).

import { E_RANGE, NONE } from "../src/core/abi";
import { fail } from "./failure";
import { WINDOW } from "./memory";
import { qValue } from "./params";

/** Whether the `q` that params() has just seen, if any, is a qvalue; notes a failure where it is not. */
export function ranked(): bool {
  if (qValue == <u32>NONE) return true;
  const start = WINDOW + <usize>(qValue & 0xffff);
  const end = WINDOW + <usize>(qValue >>> 16);
  const whole = <u32>load<u8>(start) - 0x30;
  let good = end > start && end - start <= 5 && whole <= 1;
  if (end - start > 1 && load<u8>(start + 1) != 0x2e) good = false;
  const most: u32 = whole == 1 ? 0 : 9;
  for (let p = start + 2; p < end && good; p++) good = <u32>load<u8>(p) - 0x30 <= most;
  if (!good) fail(E_RANGE, start);
  return good;
}
