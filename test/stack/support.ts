// What the stack tests share: stacks on an in-memory network and a virtual clock, which write down all that
// their cores hear, and the proof at the end of each test that nothing is left of them.

import { afterEach, expect } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { Finding } from "../../src/message/validate.ts";
import type { Core } from "../../src/stack/core.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import { Stack } from "../../src/stack/stack.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Flow, Transport, TransportReceiver } from "../../src/transport/transport.ts";

/** A stack, and what its core heard. */
export interface Station {
  readonly stack: Stack;
  readonly requests: Request[];
  /** Responses to what was sent without handlers of its own, and strays. */
  readonly responses: Response[];
  readonly errors: SipError[];
  readonly cancels: Request[];
  /** What the stack turned away: code, and the status that answered it. */
  readonly refused: [code: string, status: Finding["status"]][];
}

/** A peer without a stack: sends text, and keeps what comes. */
export interface Wire {
  readonly transport: Transport;
  readonly got: string[];
  readonly flows: Flow[];
  send(text: string, to: Transport): Flow;
}

/** Everything of one test. */
export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork = new MemoryNetwork({ clock: this.clock });
  readonly #stations: Station[] = [];
  readonly #wires: Wire[] = [];
  #seed = 1;

  constructor() {
    worlds.push(this);
  }

  /** A stack that is not started, on UDP unless told otherwise; its core answers 200 unless told otherwise. */
  station(core: Partial<Core> = {}, options: Partial<StackOptions> = {}): Station {
    const [requests, responses, errors, cancels]: [Request[], Response[], SipError[], Request[]] = [
      [],
      [],
      [],
      [],
    ];
    const refused: Station["refused"] = [];
    const stack = new Stack({
      clock: this.clock,
      random: seededRandom(this.#seed++),
      onRefused: ({ code, status }) => void refused.push([code, status]),
      ...options,
      transports: options.transports ?? [this.network.transport()],
      core: {
        onRequest(request, transaction) {
          requests.push(request);
          return core.onRequest ? core.onRequest(request, transaction) : transaction?.respond(200);
        },
        onResponse(response, transaction) {
          responses.push(response);
          return core.onResponse?.(response, transaction);
        },
        onError(error, transaction) {
          errors.push(error);
          return core.onError?.(error, transaction);
        },
        ...(core.onFlowClosed && { onFlowClosed: core.onFlowClosed }),
        ...(core.onCancel && {
          onCancel(cancel, transaction) {
            cancels.push(cancel);
            return core.onCancel?.(cancel, transaction);
          },
        }),
      },
    });
    const station = { stack, requests, responses, errors, cancels, refused };
    this.#stations.push(station);
    return station;
  }

  /** Like station, and started. */
  async started(core: Partial<Core> = {}, options: Partial<StackOptions> = {}): Promise<Station> {
    const station = this.station(core, options);
    await station.stack.start();
    return station;
  }

  /** A peer without a stack. */
  async wire(options: Parameters<MemoryNetwork["transport"]>[0] = {}): Promise<Wire> {
    const transport = this.network.transport(options);
    const [got, flows]: [string[], Flow[]] = [[], []];
    const receiver: TransportReceiver = {
      onMessage(data, flow) {
        got.push(typeof data === "string" ? data : new TextDecoder().decode(data));
        flows.push(flow);
      },
      onFlowClosed: () => {},
      onError: () => {},
    };
    await transport.start(receiver);
    const send = (text: string, to: Transport): Flow => {
      const flow = transport.flow(to.local)!;
      transport.send(new TextEncoder().encode(text), flow, () => {});
      return flow;
    };
    const wire = { transport, got, flows, send };
    this.#wires.push(wire);
    return wire;
  }

  /** Lets what is on its way arrive; 0 ms unless told. */
  async pass(milliseconds = 0): Promise<void> {
    await this.clock.advanceAsync(milliseconds);
  }

  /** Closes all, and expects that nothing is left: no transaction, no timer, no open connection. */
  async end(): Promise<void> {
    const flows = this.#wires.flatMap(({ flows }) => flows);
    for (const { requests, responses } of this.#stations) {
      flows.push(...[...requests, ...responses].flatMap(({ flow }) => flow ?? []));
    }
    // Time enough for every transaction to end by its own timers.
    await this.pass(200_000);
    for (const { stack } of this.#stations) {
      expect(stack.stats.transactions).toMatchObject({ client: 0, server: 0, waiting: 0, timers: 0 });
      await stack.close();
    }
    for (const { transport } of this.#wires) await transport.close();
    expect(this.clock.size).toBe(0);
    expect(flows.filter(({ open, transport }) => transport.reliable && open)).toEqual([]);
  }
}

const worlds: World[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end();
});

/** A request to a stack's first transport, or to the one given. */
export function to(station: Station, method = "OPTIONS", transport = station.stack.transports[0]!): Request {
  const { sentBy, protocol } = transport;
  return createRequest(method, `sip:bob@${sentBy};transport=${protocol.toLowerCase()}`, {
    from: "<sip:alice@example.com>;tag=a1",
    to: "<sip:bob@example.com>",
  });
}

/** Request text as a peer at `via` (host:port) writes it. `more` are whole header lines. */
export function text(
  method: string,
  via: string,
  more: readonly string[] = [],
  { branch = "z9hG4bK-1", uri = "sip:bob@example.com", version = "SIP/2.0", toTag = "", cseq = "1" } = {},
): string {
  return [
    `${method} ${uri} ${version}`,
    `Via: SIP/2.0/UDP ${via};branch=${branch}`,
    "From: <sip:alice@example.com>;tag=a1",
    `To: <sip:bob@example.com>${toTag && `;tag=${toTag}`}`,
    "Call-ID: call-1",
    `CSeq: ${cseq} ${method}`,
    ...more,
    "\r\n",
  ].join("\r\n");
}

/** The status of each response among texts. */
export const statuses = (texts: readonly string[]): number[] =>
  texts.flatMap((one) => (one.startsWith("SIP/2.0 ") ? Number(one.slice(8, 11)) : []));

/** The header lines of that name in a message. */
export const lines = (message: string, name: string): string[] =>
  message.split("\r\n").filter((line) => line.startsWith(`${name}:`));
