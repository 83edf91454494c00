// SipWorld: what the tests of the building blocks share: stacks on an in-memory network and a virtual clock,
// phones that do what a test tells them, a ladder of what went over the wire, and the proof that nothing is left.

import { afterEach, expect } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { createRequest, type RequestInit } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { Core } from "../../src/stack/core.ts";
import type { SentRequest, StackOptions } from "../../src/stack/options.ts";
import { Stack } from "../../src/stack/stack.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { type MemoryFaults, MemoryNetwork } from "../../src/transport/memory.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";

/** What a phone does with a request; an ACK to a 2xx has no transaction. */
export type Answer = (request: Request, transaction: ServerTransaction | undefined) => void;

/** A stack with a core that writes everything down. */
export class Phone {
  readonly name: string;
  readonly stack: Stack;
  readonly requests: Request[] = [];
  readonly responses: Response[] = [];
  readonly errors: SipError[] = [];
  readonly transactions: (ServerTransaction | undefined)[] = [];
  canceled = 0;
  /** What it does with a request; 200 unless told otherwise. */
  answer: Answer = (_request, transaction) => transaction?.respond(200);

  constructor(
    name: string,
    world: SipWorld,
    transport: Transport,
    options: Partial<StackOptions>,
    core?: Partial<Core>,
  ) {
    this.name = name;
    this.stack = new Stack({
      clock: world.clock,
      random: seededRandom(world.seed++),
      ...options,
      transports: options.transports ?? [transport],
      core: {
        onRequest: (request, transaction) => {
          this.requests.push(request);
          this.transactions.push(transaction);
          if (core?.onRequest) return core.onRequest(request, transaction);
          this.answer(request, transaction);
        },
        onResponse: (response, transaction) => {
          this.responses.push(response);
          return core?.onResponse?.(response, transaction);
        },
        onError: (error, transaction) => {
          this.errors.push(error);
          return core?.onError?.(error, transaction);
        },
        onFlowClosed: (flow, error) => core?.onFlowClosed?.(flow, error),
        onCancel: (cancel, transaction) => {
          this.canceled++;
          if (core?.onCancel) return core.onCancel(cancel, transaction);
          transaction.respond(487);
        },
      },
    });
  }

  get transport(): Transport {
    return this.stack.transports[0]!;
  }

  /** Its address as a URI. */
  get uri(): string {
    return `sip:${this.name}@${this.transport.sentBy};transport=${this.transport.protocol.toLowerCase()}`;
  }

  /** The methods of what it got. */
  get methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** The statuses of what it got without handlers of its own. */
  get statuses(): number[] {
    return this.responses.map(({ status }) => status);
  }

  /** A request of this phone's. */
  request(method: string, uri: string, init: Partial<RequestInit> = {}): Request {
    return createRequest(method, uri, {
      from: `<sip:${this.name}@example.com>;tag=${this.name}`,
      contact: `<${this.uri}>`,
      ...init,
    });
  }

  /** Sends a request to a next hop. */
  send(request: Request, to?: Phone | Flow): SentRequest {
    if (to === undefined) return this.stack.send(request);
    if (!(to instanceof Phone)) return this.stack.send(request, { flow: to });
    const { protocol, local } = to.transport;
    return this.stack.send(request, { target: { protocol, ...local } });
  }

  /** The flow that its last request came in on. */
  get lastFlow(): Flow {
    return this.requests.at(-1)!.flow!;
  }
}

/** Everything of one test. */
export class SipWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly phones: Phone[] = [];
  readonly #checks: (() => void)[] = [];
  seed = 1;

  constructor(faults: MemoryFaults & { seed?: number; log?: (line: string) => void } = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, ...faults });
    worlds.push(this);
  }

  /** A started phone, over UDP unless told otherwise. */
  async phone(
    name: string,
    protocol = "UDP",
    options: Partial<StackOptions> = {},
    core?: Partial<Core>,
  ): Promise<Phone> {
    const phone = new Phone(name, this, this.network.transport({ protocol }), options, core);
    this.phones.push(phone);
    await phone.stack.start();
    return phone;
  }

  /** Lets what is on its way arrive; 0 ms unless told. */
  async pass(milliseconds = 0): Promise<void> {
    await this.clock.advanceAsync(milliseconds);
  }

  /** Something to be checked when the test is over and time enough has passed. */
  afterwards(check: () => void): void {
    this.#checks.push(check);
  }

  /** How many messages with this start of the first line went over the wire. */
  wire(start: string): number {
    return this.network.trace.filter(({ text }) => text.startsWith(start)).length;
  }

  /** Lets every timer end, and expects that nothing is left. */
  async end(): Promise<void> {
    await this.pass(400_000);
    for (const check of this.#checks) check();
    for (const { stack } of this.phones) {
      expect(stack.stats.transactions).toMatchObject({ client: 0, server: 0, waiting: 0, timers: 0 });
      await stack.close();
    }
    expect(this.clock.size).toBe(0);
  }
}

const worlds: SipWorld[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});
