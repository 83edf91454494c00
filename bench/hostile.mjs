// Hostile heads: each shape at two sizes. Time that grows more than the input does is a defect
// (one datagram would stop the process); the column to look at is the growth.
import { timeOne } from "./rounds.mjs";

const head = [
  "INVITE sip:bob@biloxi.example.com SIP/2.0",
  "Via: SIP/2.0/UDP client.atlanta.example.com:5060;branch=z9hG4bK776asdhds;rport",
  "Max-Forwards: 70",
  "From: <sip:alice@atlanta.example.com>;tag=1928301774",
  "To: <sip:bob@biloxi.example.com>",
  "Call-ID: a84b4c76e66710@atlanta.example.com",
  "CSeq: 314159 INVITE",
];

const times = (text) => (room) => text.repeat(Math.max(0, Math.floor(room / text.length)));

/** Shape → the header line or lines that fill `room` bytes; `[name, make]` with the header to read. */
const shapes = {
  commas: ["Contact", (room) => `Contact: ${times(",")(room)}`],
  "values between commas": ["Contact", (room) => `Contact: <sip:a@b>${times(",<sip:a@b>")(room)}`],
  semicolons: ["Contact", (room) => `Contact: <sip:a@b>${times(";")(room)}`],
  "parameters, distinct": [
    "Contact",
    (room) =>
      `Contact: <sip:a@b>${Array.from({ length: Math.floor(room / 9) }, (_, i) => `;p${String(i).padStart(5, "0")}=1`).join("")}`,
  ],
  quotes: ["Contact", (room) => `Contact: ${times('"')(room)}`],
  "open quote": ["Contact", (room) => `Contact: "${times("a")(room)}`],
  backslashes: ["Contact", (room) => `Contact: "${times("\\")(room - (room % 2))}" <sip:a@b>`],
  spaces: ["Contact", (room) => `Contact: <sip:a@b>${times(" ")(room)}x`],
  folds: ["Contact", (room) => `Contact: <sip:a@b>${times("\r\n ")(room)};x`],
  "<": ["Contact", (room) => `Contact: ${times("<")(room)}`],
  "(": ["Retry-After", (room) => `Retry-After: 5 ${times("(")(room)}`],
  "nested comments": [
    "Retry-After",
    (room) => `Retry-After: 5 ${times("(")(room / 2)}${times(")")(room / 2)}`,
  ],
  "comment after comment": ["User-Agent", (room) => `User-Agent: a${times(" (b)")(room)}`],
  "%41 in a user": ["Contact", (room) => `Contact: <sip:${times("%41")(room)}@b>`],
  "semicolons in a URI": ["Contact", (room) => `Contact: <sip:a@b${times(";")(room)}>`],
  "headers in a URI": ["Contact", (room) => `Contact: <sip:a@b?x=1${times("&x=1")(room)}>`],
  "distinct headers": [
    "X-00000",
    (room) =>
      Array.from({ length: Math.floor(room / 12) }, (_, i) => `X-${String(i).padStart(5, "0")}: 1`).join(
        "\r\n",
      ),
  ],
  "repeated Via": [
    "Via",
    (room) =>
      Array.from(
        { length: Math.floor(room / 44) },
        () => "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK123",
      ).join("\r\n"),
  ],
  "repeated From": [
    "From",
    (room) => Array.from({ length: Math.floor(room / 12) }, () => "From: <a:b>").join("\r\n"),
  ],
  "one giant value": ["Subject", (room) => `Subject: ${times("a")(room)}`],
  "one giant name": ["X", (room) => `${times("a")(room)}: 1`],
  colons: ["Subject", (room) => times(":")(room)],
  "empty lines in front": [undefined, undefined, (room) => times("\r\n")(room)],
};

/** A message of about `size` bytes in one shape, and the header that carries it. */
export function hostile(shape, size) {
  const [name, make, before] = shapes[shape];
  const start = `${head.join("\r\n")}\r\n`;
  const room = size - start.length - 40;
  const lines = make === undefined ? "" : `${make(room)}\r\n`;
  return {
    name,
    bytes: new TextEncoder().encode(`${before?.(room) ?? ""}${start}${lines}Content-Length: 0\r\n\r\n`),
  };
}

/** Parses, reads the seven values and the hostile header, walks all headers; says where it was refused. */
function chew(contender, bytes, name, limits) {
  let message;
  try {
    message = contender.parseWith(bytes, limits);
  } catch (error) {
    return `refused: ${error.code ?? error.message}`;
  }
  let outcome = "read";
  for (const header of ["Via", "From", "To", "CSeq", "Call-ID", "Contact", "Max-Forwards", name]) {
    if (header === undefined) continue;
    try {
      const value = message.headers.get(header);
      if (Array.isArray(value)) for (const one of value) void one?.uri?.user;
      else void value?.uri?.user;
    } catch (error) {
      outcome = `value: ${error.code ?? error.message}`;
    }
  }
  for (const entry of message.headers) void entry;
  return outcome;
}

/** Times each shape at 16,000 and 64,000 bytes: `{ shape, small, large, growth, outcome }`, in microseconds. */
export function hostileTable(contender, { rounds, budget, limits }) {
  return Object.keys(shapes).map((shape) => {
    const [small, large] = [16_000, 64_000].map((size) => {
      const { name, bytes } = hostile(shape, size);
      const outcome = chew(contender, bytes, name, limits);
      return {
        outcome,
        spent: timeOne(() => chew(contender, bytes, name, limits), { rounds, budget }) / 1000,
      };
    });
    return {
      shape,
      small: small.spent,
      large: large.spent,
      growth: large.spent / small.spent,
      outcome: large.outcome,
    };
  });
}
