// Fields: the header fields in the table, two words each (T_FIELDS), and the place of the first of a frequent header.

import { T_FIELDS, T_HOT } from "../src/core/abi";
import { TABLE, WINDOW } from "./memory";

/** Where the words of the field of that number are. */
export function fieldAt(count: u32): usize {
  return TABLE + ((<usize>T_FIELDS) << 2) + ((<usize>count) << 3);
}

/** Where the words of the first field of that frequent id are, or 0. */
export function firstField(id: u32): usize {
  const number = <u32>load<u8>(TABLE + ((<usize>T_HOT) << 2) + id);
  return number == 0 ? 0 : fieldAt(number - 1);
}

export function valueStart(field: usize): usize {
  return WINDOW + <usize>load<u16>(field, 2);
}

export function valueEnd(field: usize): usize {
  return WINDOW + <usize>load<u16>(field, 4);
}
