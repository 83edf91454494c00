// StunProbes: Binding requests of ours, and who waits for what their peers say: a user agent keeps its NAT open by them,
// and learns that its address has changed or that nobody is there (RFC 5626 §4.4.2, RFC 8489 §6).

import type { Clock, TimerHandle } from "../clock.ts";
import { binaryFrom } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { formatAddress, ipFamily } from "./address.ts";
import {
  BINDING_ERROR,
  BINDING_REQUEST,
  BINDING_SUCCESS,
  readMapped,
  readStun,
  stunId,
  writeStun,
  XOR_MAPPED_ADDRESS,
} from "./stun-message.ts";
import type { Address, Flow } from "./transport.ts";

/** RFC 8489 §6.2.1: RTO in milliseconds, doubled with each of Rc requests; the last waits for Rm times RTO. */
const RTO = 500;
const RC = 7;
const RM = 16;
/** How many flows may be asked at once. */
const LIMIT = 10_000;
const NOTHING = new Uint8Array();

/** One request on its way. */
interface Probe {
  readonly flow: Flow;
  readonly id: Uint8Array;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly promise: Promise<Address>;
  readonly resolve: (address: Address) => void;
  readonly reject: (error: SipError) => void;
  sent: number;
  timer: TimerHandle;
}

/** The Binding requests of one socket. */
export class StunProbes {
  readonly #clock: Clock;
  readonly #send: (data: Uint8Array<ArrayBuffer>, flow: Flow) => void;
  /** One for each flow that is asked, by the flow's id, and by its own. */
  readonly #byFlow = new Map<string, Probe>();
  readonly #byId = new Map<string, Probe>();

  /** @param send sends a request, once; that it fails goes nowhere: it is sent again */
  constructor(clock: Clock, send: (data: Uint8Array<ArrayBuffer>, flow: Flow) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /**
   * Asks the flow's peer where it sees us; who asks while a request is on its way waits for the same answer.
   *
   * @returns our address. Rejects with `timeout` where nobody answers in 39.5 seconds, `refused` for an error response,
   *   `transport_failed` for an answer that says nothing, `overloaded`, and `closed`
   */
  ask(flow: Flow): Promise<Address> {
    const known = this.#byFlow.get(flow.id);
    if (known) return known.promise;
    if (this.#byFlow.size >= LIMIT)
      return Promise.reject(new SipError("overloaded", "too many STUN requests"));
    const id = crypto.getRandomValues(new Uint8Array(12));
    const data = writeStun(BINDING_REQUEST, id, NOTHING, false);
    let resolve: Probe["resolve"] = () => {};
    let reject: Probe["reject"] = () => {};
    const promise = new Promise<Address>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    const probe: Probe = { flow, id, data, promise, resolve, reject, sent: 0, timer: undefined };
    this.#byFlow.set(flow.id, probe);
    this.#byId.set(binaryFrom(id), probe);
    this.#transmit(probe);
    return promise;
  }

  /** An answer, perhaps; true where it was one to a request of ours, from whom that went to. */
  take(data: Uint8Array, from: Address): boolean {
    const probe = this.#byId.get(binaryFrom(stunId(data)));
    if (!probe || !isFrom(probe.flow, from)) return false;
    const answer = readStun(data);
    if (answer?.type !== BINDING_SUCCESS && answer?.type !== BINDING_ERROR) return false;
    this.#end(probe);
    if (answer.type === BINDING_ERROR) {
      probe.reject(new SipError("refused", `${nameOf(probe.flow)} refuses STUN`));
      return true;
    }
    const value = answer.attributes.find(([type]) => type === XOR_MAPPED_ADDRESS)?.[1];
    const address = value && readMapped(probe.id, value);
    if (address) probe.resolve(address);
    else
      probe.reject(
        new SipError("transport_failed", `the STUN answer of ${nameOf(probe.flow)} has no address`),
      );
    return true;
  }

  /** Ends all of them. */
  close(): void {
    for (const probe of [...this.#byFlow.values()]) {
      this.#end(probe);
      probe.reject(new SipError("closed", "the UDP transport was closed"));
    }
  }

  #transmit(probe: Probe): void {
    const wait = probe.sent + 1 < RC ? RTO * 2 ** probe.sent : RTO * RM;
    probe.timer = this.#clock.set(() => {
      if (probe.sent < RC) return this.#transmit(probe);
      this.#end(probe);
      probe.reject(new SipError("timeout", `no STUN answer of ${nameOf(probe.flow)}`));
    }, wait);
    probe.sent++;
    this.#send(probe.data, probe.flow);
  }

  #end(probe: Probe): void {
    this.#clock.clear(probe.timer);
    this.#byFlow.delete(probe.flow.id);
    this.#byId.delete(binaryFrom(probe.id));
  }
}

/**
 * Whether that is whom the flow leads to. Who was found by a name, or by an IPv6 address, which can be written in many ways,
 * is known by the id, which nobody else has seen.
 */
function isFrom({ remote }: Flow, { host, port }: Address): boolean {
  return remote.port === port && (remote.host === host || ipFamily(remote.host) !== 4);
}

function nameOf({ remote }: Flow): string {
  return formatAddress(remote.host, remote.port);
}
