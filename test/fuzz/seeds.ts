// Seeds: what the fuzzer starts from: torture vectors, the bench's traffic, every header value of the tables
// in a message of its own, and the finds that were kept.

import { readdirSync, readFileSync } from "node:fs";
import { headerValues } from "../vectors/headers.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";

const HEAD = [
  "INVITE sip:bob@example.com SIP/2.0",
  "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1",
  "From: <sip:a@example.com>;tag=1",
  "To: <sip:b@example.com>",
  "Call-ID: c@d",
  "CSeq: 1 INVITE",
];

/** Where kept finds lie. */
export const kept: URL = new URL("corpus/", import.meta.url);

/** The finds that were kept, by file name. */
export function keptFinds(): [name: string, data: Uint8Array][] {
  return readdirSync(kept)
    .filter((name) => name.endsWith(".dat"))
    .sort()
    .map((name) => [name, new Uint8Array(readFileSync(new URL(name, kept)))]);
}

/** All seeds, always in the same order. */
export async function loadSeeds(): Promise<Uint8Array[]> {
  const bench = new URL("../../bench/corpus.mjs", import.meta.url).href;
  const { corpus } = (await import(/* @vite-ignore */ bench)) as {
    corpus(variants: number): { bytes: Uint8Array }[];
  };
  return [
    ...rfc4475.map(({ bytes }) => bytes),
    ...rfc5118.map(({ bytes }) => bytes),
    ...corpus(2).map(({ bytes }) => bytes),
    ...headerValues.map(({ header, value }) =>
      Buffer.from([...HEAD, `${header}: ${value}`, "Content-Length: 0", "", ""].join("\r\n")),
    ),
    ...keptFinds().map(([, data]) => data),
  ];
}
