// PcapFile: what a stack sends and gets, as a file for Wireshark, tshark or sngrep.

import { createWriteStream } from "node:fs";
import { ends, octets, packet } from "./packet.mjs";

/** Raw IP (https://www.tcpdump.org/linktypes.html). */
const LINKTYPE_RAW = 101;
const SNAPLEN = 65_535;
/** How many bytes may wait for the disk; what comes then is left out, and counted. */
const WAITING = 16 * 1024 * 1024;

export class PcapFile {
  /** Messages that the disk was too slow for. */
  lost = 0;
  #stream;

  /** @param failed called where the file cannot be written, once */
  constructor(path, failed = () => {}) {
    const stream = createWriteStream(path);
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#stream = undefined;
      failed(error);
    });
    const header = new DataView(new ArrayBuffer(24));
    header.setUint32(0, 0xa1b2c3d4);
    header.setUint16(4, 2);
    header.setUint16(6, 4);
    header.setUint32(16, SNAPLEN);
    header.setUint32(20, LINKTYPE_RAW);
    stream.write(new Uint8Array(header.buffer));
  }

  /** The tap of a stack: `new Stack({ tap: file.tap, … })`. */
  tap = (data, direction, flow) => {
    const stream = this.#stream;
    if (stream === undefined) return;
    if (stream.writableLength > WAITING) {
      this.lost++;
      return;
    }
    const content = packet(ends(direction, flow), octets(data));
    const record = new Uint8Array(16 + content.length);
    const words = new DataView(record.buffer);
    const now = Date.now();
    words.setUint32(0, Math.floor(now / 1000));
    words.setUint32(4, (now % 1000) * 1000);
    words.setUint32(8, content.length);
    words.setUint32(12, content.length);
    record.set(content, 16);
    stream.write(record);
  };

  /** Resolves when all of it is on the disk. */
  close() {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => {
      if (stream === undefined || stream.errored) resolve();
      else stream.end(resolve);
    });
  }
}
