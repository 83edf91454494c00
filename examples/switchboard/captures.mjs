// Captures: who looks on at what is on the wire: a file for Wireshark, and a Homer server.

import { HepSender } from "../capture/hep.mjs";
import { PcapFile } from "../capture/pcap.mjs";
import { UsageError } from "./options.mjs";

/** A tap for the stack, undefined where nobody looks on, and what ends it. */
export function openCaptures({ pcap, hep }) {
  const captures = [];
  if (pcap) captures.push(new PcapFile(pcap, ({ message }) => console.error(`--pcap: ${message}`)));
  if (hep) captures.push(new HepSender(serverOf(hep)));
  const tap = (...seen) => {
    for (const each of captures) each.tap(...seen);
  };
  return {
    tap: captures.length > 0 ? tap : undefined,
    close: () => Promise.all(captures.map((each) => each.close())),
  };
}

function serverOf(text) {
  const [, host, port] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port < 1 || port > 65_535)
    throw new UsageError(`--hep takes HOST:PORT, not "${text}"`);
  return { host, port: Number(port) };
}
