// Before anything is timed: does every contender read the same seven values, and are they right?
import { checksum, emptyRecord, parts } from "./corpus.mjs";

/**
 * Reads `messages` (bytes and string) with each contender. Returns the corpus's own checksum and, for
 * each contender, its checksum and the values that it gives otherwise: `{ name, sum, wrong }` with
 * `wrong` a map of "part of message" → what it gave instead, or the error that it threw.
 */
export function compare(contenders, messages) {
  let expected = 0x811c9dc5;
  for (const message of messages) {
    expected = checksum(message.truth, expected);
    expected = checksum(message.truth, expected);
  }
  const results = contenders.map((contender) => {
    let sum = 0x811c9dc5;
    const wrong = new Map();
    for (const message of messages) {
      for (const data of [message.bytes, message.string]) {
        const record = emptyRecord();
        try {
          contender.read(contender.parse(data), record);
        } catch (error) {
          wrong.set(message.name, `threw ${error?.message ?? error}`);
          continue;
        }
        for (const part of parts) {
          // Peers have several ways of saying "not there"; all count as the one.
          if (record[part] === null || record[part] === "" || Number.isNaN(record[part]))
            record[part] = undefined;
          if (record[part] === message.truth[part]) continue;
          wrong.set(`${part} of ${message.name}`, `${record[part]} instead of ${message.truth[part]}`);
        }
        sum = checksum(record, sum);
      }
    }
    return { name: contender.name, sum, wrong };
  });
  return { expected, results };
}
