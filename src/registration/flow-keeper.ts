// FlowKeeper: keeps the flow of a registration open, as often as the registrar or its user asks (RFC 5626 §4.4), and
// notices that it is gone: its connection has closed, or, over UDP, its NAT shows it elsewhere or its peer is silent.
// Of a connection its transport notices that the peer is silent, where it has said that it answers, or its own keep-alives
// are on.

import type { TimerHandle } from "../clock.ts";
import type { SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";
import type { SentRequest } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import { formatAddress } from "../transport/address.ts";
import { PING } from "../transport/keep-alive.ts";
import type { Address, Flow } from "../transport/transport.ts";

const encoder = new TextEncoder();

/**
 * The final response to a REGISTER. Where nobody answers, the connection that it went by may be dead and stand all the same,
 * and the next would go by it, too: its peer is asked for a sign of life, and without one it is closed (RFC 5626 §4.4.1).
 */
export async function answerTo(sent: SentRequest): Promise<Response> {
  try {
    return await sent.final;
  } catch (error) {
    const { flow } = sent;
    if (flow && (error as SipError).code === "timeout") flow.transport.ping?.(flow);
    throw error;
  }
}

/** The flow of one registration. */
export class FlowKeeper {
  readonly #stack: Stack;
  readonly #lost: () => void;
  #flow: Flow | undefined;
  #timer: TimerHandle | undefined;
  /** Where the peer saw us last, by STUN. */
  #seen: string | undefined;

  /** @param lost called when the flow is gone, once for each flow that was kept */
  constructor(stack: Stack, lost: () => void) {
    this.#stack = stack;
    this.#lost = lost;
  }

  /** The flow that is kept. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  /**
   * Keeps this flow from now on.
   *
   * @param seconds the longest time between two keep-alives; undefined sends none
   * @param outbound whether the peer has taken the flow as RFC 5626 has it, and so speaks STUN over UDP (§4.4.2), and answers
   *   pings on a connection (§4.4.1); others are sent what all pass over
   */
  keep(flow: Flow | undefined, seconds: number | undefined, outbound: boolean): void {
    const seen = flow === this.#flow ? this.#seen : undefined;
    this.stop();
    this.#flow = flow;
    this.#seen = seen;
    if (flow && seconds !== undefined) this.#keepAlive(flow, seconds * 1000, outbound);
  }

  /** Lets go of it. */
  stop(): void {
    this.#stack.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#flow = undefined;
    this.#seen = undefined;
  }

  /** The transport says that a flow is gone. */
  closed(flow: Flow): void {
    if (flow !== this.#flow) return;
    this.stop();
    this.#lost();
  }

  /** RFC 5626 §4.4.1, §4.4.2: each at a time from the last fifth, over UDP sixth, so that not all send theirs at once. */
  #keepAlive(flow: Flow, longest: number, outbound: boolean): void {
    const { clock, random } = this.#stack;
    const least = flow.transport.reliable === false ? 24 / 29 : 0.8;
    this.#timer = clock.set(
      () => {
        if (!flow.open) return this.closed(flow);
        this.#keepAlive(flow, longest, outbound);
        const { transport } = flow;
        if (outbound && transport.probe) this.#probe(flow, transport.probe(flow));
        else if (outbound && transport.ping) transport.ping(flow);
        else this.#ping(flow);
      },
      longest * (least + (1 - least) * random.fraction()),
    );
  }

  #ping(flow: Flow): void {
    flow.transport.send(encoder.encode(PING) as Uint8Array<ArrayBuffer>, flow, () => {
      if (!flow.open) this.closed(flow);
    });
  }

  /**
   * RFC 5626 §4.4.2: another address than before is a failure of the flow, and so is silence. A peer that has never answered
   * may have no STUN, which it should have.
   */
  #probe(flow: Flow, asked: Promise<Address>): void {
    asked.then(
      ({ host, port }) => {
        const before = this.#seen;
        if (flow !== this.#flow) return;
        this.#seen = formatAddress(host, port);
        if (before !== undefined && before !== this.#seen) this.closed(flow);
      },
      ({ code }: SipError) => {
        if (code === "timeout" && flow === this.#flow && this.#seen !== undefined) this.closed(flow);
      },
    );
  }
}
