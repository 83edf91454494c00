// What the kernel has dropped of a UDP socket's datagrams, as Linux tells it in /proc.

import { readFileSync } from "node:fs";
import { addressOctets } from "../address.ts";
import type { Address } from "../transport.ts";

/** Datagrams for sockets of that address for which there was no room; undefined where nobody tells. */
export function droppedDatagrams({ host, port }: Address): number | undefined {
  try {
    const table = readFileSync(`/proc/net/${host.includes(":") ? "udp6" : "udp"}`, "latin1");
    return countDropped(table, host, port);
  } catch {
    // Another system, or no leave to read there.
    return undefined;
  }
}

/** The last column of the lines whose second is the address. */
export function countDropped(table: string, host: string, port: number): number {
  const local = `${words(addressOctets(host))}:${hex(port, 4)}`;
  let dropped = 0;
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === local) dropped += Number(columns.at(-1));
  }
  return dropped;
}

/** Four octets a word, each word as the machine has it, as hexadecimal digits. */
function words(octets: Uint8Array): string {
  return Array.from(new Uint32Array(octets.slice().buffer), (word) => hex(word, 8)).join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
