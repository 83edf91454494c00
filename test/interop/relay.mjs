// Relay: two UDP ports, one facing each peer, and what is lost between them. Whoever sends to one port is heard at
// the other end from the other one, so that a dialog's later requests go through it too.

import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** So often in a row one message may be lost. With it the timers save every call; without, only most. */
const MOST_IN_A_ROW = 2;

/**
 * What is lost is decided by the seed, the message and the number of its copy, never by the time. A copy is told by
 * what it is, since branches and ports are others in each run; tags are too, so that two runs lose the same only of
 * what has none. With few messages that could be nothing at all: hence the first of all is lost, where any may be.
 */
export class Relay {
  /** How many datagrams it has carried, and lost. */
  passed = 0;
  lost = 0;
  #loss;
  #seed;
  #sockets = [createSocket("udp4"), createSocket("udp4")];
  #peers = [];
  #copies = new Map();

  /** @param loss how much of all is lost, 0 to 1 */
  constructor(loss, seed) {
    this.#loss = loss;
    this.#seed = seed;
  }

  async open() {
    for (const [side, socket] of this.#sockets.entries()) {
      socket.on("message", (data, from) => this.#carry(data, side, from.port));
      await once(socket.bind(0, "127.0.0.1"), "listening");
    }
    return this;
  }

  /** The port that the peer on the near side sends to: it stands for the far peer. */
  get near() {
    return this.#sockets[0].address().port;
  }

  /** The port that the peer on the far side sends to: it stands for the near peer. */
  get far() {
    return this.#sockets[1].address().port;
  }

  /** Says at which ports the two peers listen. */
  connect(near, far) {
    this.#peers = [near, far];
  }

  close() {
    for (const socket of this.#sockets) socket.close();
  }

  #carry(data, side, from) {
    // Nobody else has a say.
    if (from !== this.#peers[side]) return;
    if (this.#loses(`${side} ${identity(data.toString("latin1"))}`)) {
      this.lost++;
      return;
    }
    this.passed++;
    this.#sockets[1 - side].send(data, this.#peers[1 - side], "127.0.0.1");
  }

  #loses(message) {
    const copy = this.#copies.get(message) ?? { number: 0, lost: 0 };
    this.#copies.set(message, copy);
    copy.number++;
    const digest = createHash("sha256").update(`${this.#seed} ${copy.number} ${message}`).digest();
    const first = this.#loss > 0 && this.lost + this.passed === 0;
    const lost = first || (copy.lost < MOST_IN_A_ROW && digest.readUInt32BE() / 2 ** 32 < this.#loss);
    copy.lost = lost ? copy.lost + 1 : 0;
    return lost;
  }
}

/** What a message is: its method or status, its call, its place in the call. */
function identity(message) {
  const header = (name) => new RegExp(`^${name}: *(.*)$`, "im").exec(message)?.[1]?.trim();
  const status = /^SIP\/2\.0 (\d+)/.exec(message)?.[1] ?? "";
  return [status, header("CSeq"), header("Call-ID"), /;tag=[^;]*/.exec(header("To") ?? "")].join(" ");
}
