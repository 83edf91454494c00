// The messages that the bench parses: variants of the nine that differ in branch, tags, Call-ID and
// CSeq but not in length, so that no cache keyed by a string flatters anyone. Every variant carries
// the truth about its seven values: what a contender reads is held against that.
import { templates } from "./messages.mjs";

/** Pseudo-random numbers from a seed (xorshift32): the corpus is the same in every run. */
function generator(seed) {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** The parts of a message that differ from variant to variant, each always of the same length. */
function idsFrom(next) {
  const letters = "0123456789abcdefghijklmnopqrstuvwxyz";
  const token = (length) => {
    let text = "";
    for (let i = 0; i < length; i++) text += letters[next() % letters.length];
    return text;
  };
  return {
    branch: `z9hG4bK${token(16)}`,
    edgeBranch: `z9hG4bK${token(14)}`,
    coreBranch: `z9hG4bK${token(14)}`,
    fromTag: token(10),
    toTag: token(10),
    callId: token(20),
    seq: 10_000 + (next() % 90_000),
    session: String(1_000_000_000 + (next() % 1_000_000_000)),
    nonce: token(32),
    digest: token(32),
    cnonce: token(16),
  };
}

/** The names of the nine messages, in the order of the corpus. */
export const names = Object.keys(templates);

/** The parts of the seven values that every contender has to give, and the order they are compared in. */
export const parts = [
  "viaHost",
  "viaPort",
  "viaBranch",
  "fromUser",
  "fromHost",
  "fromTag",
  "toUser",
  "toHost",
  "toTag",
  "seq",
  "method",
  "callId",
  "contactUser",
  "contactHost",
  "maxForwards",
];

/** A record with every part, to be filled by a contender's `read`. */
export function emptyRecord() {
  return {
    viaHost: "",
    viaPort: 0,
    viaBranch: "",
    fromUser: "",
    fromHost: "",
    fromTag: "",
    toUser: "",
    toHost: "",
    toTag: "",
    seq: 0,
    method: "",
    callId: "",
    contactUser: "",
    contactHost: "",
    maxForwards: 0,
  };
}

/** FNV-1a over the parts of a record, so that two contenders can be compared by one number. */
export function checksum(record, hash = 0x811c9dc5) {
  let sum = hash;
  for (const part of parts) {
    const text = `${record[part] ?? "-"}|`;
    for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  }
  return sum >>> 0;
}

function truth(seven, seq) {
  return {
    viaHost: seven.via[0],
    viaPort: seven.via[1],
    viaBranch: seven.via[2],
    fromUser: seven.from[0].user,
    fromHost: seven.from[0].host,
    fromTag: seven.from[1],
    toUser: seven.to[0].user,
    toHost: seven.to[0].host,
    toTag: seven.to[1],
    seq,
    method: seven.method,
    callId: seven.callId,
    contactUser: seven.contact?.user,
    contactHost: seven.contact?.host,
    maxForwards: seven.maxForwards,
  };
}

/**
 * The corpus: for each of the nine messages `variants` ones of the same length, interleaved as
 * traffic is (message 1 of every kind, message 2 of every kind, …). Each is
 * `{ name, bytes, string, truth }`.
 */
export function corpus(variants = 200, seed = 0x51bbe7) {
  const next = generator(seed);
  const encoder = new TextEncoder();
  const list = [];
  for (let i = 0; i < variants; i++) {
    for (const name of names) {
      const ids = idsFrom(next);
      const { head, body, seven } = templates[name](ids);
      const tail = body.length === 0 ? "" : `${body.join("\r\n")}\r\n`;
      const length = encoder.encode(tail).length;
      const bytes = encoder.encode(`${head.join("\r\n")}\r\nContent-Length: ${length}\r\n\r\n${tail}`);
      // Decoded, so that the string is flat, as one from a WebSocket frame is, and not a rope.
      list.push({ name, bytes, string: new TextDecoder().decode(bytes), truth: truth(seven, ids.seq) });
    }
  }
  return list;
}
