// DatagramRound: the datagrams that come in one turn of the event loop. The first is worked on at once: most often it is
// the only one. The others are, each in an immediate of its own so that the promises of one are settled before the next,
// when all of them are read; what is sent meanwhile goes out behind the last. One at a time, reading, working and sending
// would push each other's code and data out of the processor's caches: a tenth of the time for each message.

import { setImmediate } from "node:timers";
import type { DatagramEvents } from "../datagram-socket.ts";

/** As many are worked on in a turn at most, and as many answers wait for the end of a round. */
export const ROUND = 32;
/** Node reads no more than so many in a turn: when it did, there are more. */
const FULL = 32;
/** After so many full turns it is a burst: with many peers that wait for their answers a turn may be full by chance. */
const BURST = 4;
/**
 * Then so many are worked on in a turn. To read is quicker than to answer: most of what is read waits here, so that the
 * kernel, which has room for some hundred where nobody has told it otherwise, can take the rest.
 */
const FEW = 4;
/** As many may wait here: then no fewer are worked on than Node reads. */
const KEPT = 4096;
/**
 * What comes past so many, or so many octets, is lost, as it is where the kernel has no room: Bun reads all that is there,
 * however much that is. A burst of some ten thousand messages is less.
 */
const MOST = 8 * KEPT;
const MOST_OCTETS = 16 * 1024 * 1024;

/** What a socket has read and not worked on yet. */
export class DatagramRound {
  readonly #message: DatagramEvents["message"];
  readonly #over: () => void;
  // Side by side: an object for each datagram would be one more to make.
  readonly #data: Uint8Array[] = [];
  readonly #hosts: string[] = [];
  readonly #ports: number[] = [];
  /** The next that is to be worked on. */
  #next = 0;
  /** Of all that are to be worked on. */
  #octets = 0;
  /** How many have come in this turn. */
  #read = 0;
  /** How many immediates will work on one each, and how many may. */
  #due = 0;
  #most = ROUND;
  /** A turn has read as many as can be. */
  #full = false;
  /** How many turns in a row have. */
  #fullTurns = 0;
  #open = false;
  #dropped = 0;

  /**
   * @param message works on a datagram; never throws
   * @param over called behind the last one of a round: what was kept to be sent may go
   */
  constructor(message: DatagramEvents["message"], over: () => void) {
    this.#message = message;
    this.#over = over;
  }

  /** Whether `over` will be called: what is to be sent may wait for that. */
  get open(): boolean {
    return this.#open;
  }

  /** How many were lost because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** One was read. `data` is kept until it is worked on. */
  add(data: Uint8Array, host: string, port: number): void {
    const first = this.#read++ === 0;
    if (first) setImmediate(this.#end);
    // Behind what still waits.
    if (first && this.#data.length === 0) {
      this.#message(data, host, port);
      return;
    }
    if (this.#waiting >= MOST || this.#octets + data.length > MOST_OCTETS) {
      this.#dropped++;
      return;
    }
    this.#octets += data.length;
    this.#data.push(data);
    this.#hosts.push(host);
    this.#ports.push(port);
    if (this.#due < this.#most) this.#goOn();
  }

  /** Whether this turn has brought as many as one may. */
  get full(): boolean {
    return this.#read >= FULL;
  }

  get #waiting(): number {
    return this.#data.length - this.#next;
  }

  #goOn(): void {
    this.#due++;
    setImmediate(this.#work);
  }

  readonly #end = (): void => {
    this.#full = this.#read >= FULL;
    this.#read = 0;
  };

  readonly #work = (): void => {
    const at = this.#next++;
    this.#due--;
    this.#open = true;
    const data = this.#data[at]!;
    this.#octets -= data.length;
    this.#message(data, this.#hosts[at]!, this.#ports[at]!);
    if (this.#due > 0) return;
    if (this.#waiting === 0 || this.#next >= KEPT) this.#forget();
    this.#open = false;
    this.#over();
    // What is left has the next turn, which may read more meanwhile. The end of this one's reading may be still to come.
    const full = this.#full || this.#read >= FULL;
    this.#full = false;
    this.#fullTurns = full && this.#waiting < KEPT ? this.#fullTurns + 1 : 0;
    this.#most = this.#fullTurns > BURST ? FEW : ROUND;
    while (this.#due < this.#most && this.#due < this.#waiting) this.#goOn();
  };

  /** Lets go of what was worked on. */
  #forget(): void {
    for (const each of [this.#data, this.#hosts, this.#ports]) each.splice(0, this.#next);
    this.#next = 0;
  }
}
