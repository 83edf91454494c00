// FlowKeeper: keeps the flow of a registration open, as often as the registrar asks (RFC 5626 §4.4), and notices that
// it is gone. A transport whose own keep-alives are on notices a peer that is silent, too.

import type { TimerHandle } from "../clock.ts";
import type { Stack } from "../stack/stack.ts";
import { PING } from "../transport/keep-alive.ts";
import type { Flow } from "../transport/transport.ts";

const encoder = new TextEncoder();

/** The flow of one registration. */
export class FlowKeeper {
  readonly #stack: Stack;
  readonly #lost: () => void;
  #flow: Flow | undefined;
  #timer: TimerHandle | undefined;

  /** @param lost called when the flow is gone, once for each flow that was kept */
  constructor(stack: Stack, lost: () => void) {
    this.#stack = stack;
    this.#lost = lost;
  }

  /** The flow that is kept. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  /** Keeps this flow from now on. @param seconds the longest time between two pings; undefined sends none */
  keep(flow: Flow | undefined, seconds: number | undefined): void {
    this.stop();
    this.#flow = flow;
    if (flow && seconds !== undefined) this.#ping(flow, seconds * 1000);
  }

  /** Lets go of it. */
  stop(): void {
    this.#stack.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#flow = undefined;
  }

  /** The transport says that a flow is gone. */
  closed(flow: Flow): void {
    if (flow !== this.#flow) return;
    this.stop();
    this.#lost();
  }

  /** RFC 5626 §4.4.1: each at a time from the last fifth, so that not all clients ping at once. */
  #ping(flow: Flow, longest: number): void {
    const { clock, random } = this.#stack;
    this.#timer = clock.set(
      () => {
        if (!flow.open) return this.closed(flow);
        this.#ping(flow, longest);
        flow.transport.send(encoder.encode(PING) as Uint8Array<ArrayBuffer>, flow, () => {
          if (!flow.open) this.closed(flow);
        });
      },
      longest * (0.8 + 0.2 * random.fraction()),
    );
  }
}
