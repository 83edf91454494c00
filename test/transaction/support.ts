// What the transaction tests share: messages, flows, and a layer on a virtual clock that writes down all
// that it sends and says.

import { afterEach, expect } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { Random } from "../../src/random.ts";
import type { ClientTransaction } from "../../src/transaction/client-transaction.ts";
import { TransactionLayer } from "../../src/transaction/layer.ts";
import type { TransactionLayerOptions } from "../../src/transaction/layer-options.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { TransactionUser } from "../../src/transaction/user.ts";
import { AnswerBlocks } from "../../src/transport/answer-blocks.ts";
import type { Flow, SendFailed, Transport } from "../../src/transport/transport.ts";

/** A flow of a transport that nothing is ever sent on: the tests' `transmit` writes down instead. */
export function flow(protocol: "UDP" | "TCP", name = "peer"): Flow {
  const transport = {
    protocol,
    reliable: protocol !== "UDP",
    secure: false,
    framed: protocol === "UDP",
    local: { host: "192.0.2.1", port: 5060 },
    sentBy: "192.0.2.1:5060",
  } as Transport;
  return {
    transport,
    id: name,
    local: transport.local,
    remote: { host: "192.0.2.2", port: 5060 },
    open: true,
  };
}

export const udp: Flow = flow("UDP");
/** A flow of a transport that lends room for answers. */
export const lent: Flow = flow("UDP");
lent.transport.answers = (host) => new AnswerBlocks(host);
export const tcp: Flow = flow("TCP");

/** Request text. `more` are whole header lines. */
export function requestText(
  method: string,
  branch = "z9hG4bK-1",
  more: readonly string[] = [],
  via = "client.example.com:5070",
) {
  return [
    `${method} sip:bob@example.com SIP/2.0`,
    `Via: SIP/2.0/UDP ${via};branch=${branch};rport`,
    "From: Alice <sip:alice@example.com>;tag=a1",
    "To: Bob <sip:bob@example.com>",
    "Call-ID: call-1",
    `CSeq: 7 ${method}`,
    "Max-Forwards: 70",
    ...more,
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

export const parseRequest = (text: string): Request => {
  const message = parseMessage(text);
  if (message.kind !== "request") throw new Error("not a request");
  return message;
};

export const request = (...args: Parameters<typeof requestText>): Request =>
  parseRequest(requestText(...args));

/** A request without Via, as a core makes it. */
export const outgoing = (method: string, more: readonly string[] = []): Request => {
  const made = request(method, "z9hG4bK-none", more);
  made.headers.shift("Via");
  return made;
};

/** The peer's response to a request that went out as `sent`; `tag` goes into To. */
export function answer(sent: Uint8Array | string, status: number, tag = "b1"): Response {
  const text = typeof sent === "string" ? sent : new TextDecoder().decode(sent);
  const response = parseRequest(text).createResponse(status);
  if (status > 100) response.headers.set("To", `Bob <sip:bob@example.com>;tag=${tag}`);
  const message = parseMessage(response.toBytes());
  if (message.kind !== "response") throw new Error("not a response");
  return message;
}

export interface Sent {
  readonly at: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly text: string;
  /** Its first line, without the version. */
  readonly line: string;
  readonly flow: Flow;
  readonly failed: SendFailed;
}

export interface Bench {
  readonly clock: VirtualClock;
  readonly layer: TransactionLayer;
  readonly sent: Sent[];
  readonly requests: { request: Request; transaction: ServerTransaction | undefined }[];
  readonly responses: { status: number; transaction: ClientTransaction | undefined }[];
  readonly errors: {
    code: string;
    error: SipError;
    transaction: ClientTransaction | ServerTransaction | undefined;
  }[];
  /** `at line` of everything sent. */
  log(): string[];
  /** The times at which something with this first line was sent. */
  times(line: string): number[];
  /** The only server transaction that the core was told of. */
  server(): ServerTransaction;
}

const benches: Bench[] = [];

/** A layer, its clock and its logs. `user` may override what the core does. */
export function bench(
  user: Partial<TransactionUser> = {},
  options: Partial<Omit<TransactionLayerOptions, "clock" | "user">> = {},
): Bench {
  const clock = new VirtualClock();
  const sent: Sent[] = [];
  const requests: Bench["requests"] = [];
  const responses: Bench["responses"] = [];
  const errors: Bench["errors"] = [];
  let seed = 1;
  const random = new Random((bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      bytes[i] = seed >>> 16;
    }
    return bytes;
  });
  const layer = new TransactionLayer({
    clock,
    random,
    transmit(data, on, failed) {
      const text = new TextDecoder().decode(data);
      const line = text.slice(0, text.indexOf("\r\n")).replace(/ ?SIP\/2.0 ?/, "");
      sent.push({ at: clock.now(), data, text, line, flow: on, failed });
    },
    ...options,
    user: {
      ...user,
      onRequest(one, transaction) {
        requests.push({ request: one, transaction });
        return user.onRequest?.(one, transaction);
      },
      onResponse(response, transaction) {
        responses.push({ status: response.status, transaction });
        return user.onResponse?.(response, transaction);
      },
      onError(error, transaction) {
        errors.push({ code: error.code, error, transaction });
        return user.onError?.(error, transaction);
      },
    },
  });
  const one: Bench = {
    clock,
    layer,
    sent,
    requests,
    responses,
    errors,
    log: () => sent.map(({ at, line }) => `${at} ${line}`),
    times: (line) => sent.filter((each) => each.line === line).map((each) => each.at),
    server() {
      expect(requests).toHaveLength(1);
      return requests[0]!.transaction!;
    },
  };
  benches.push(one);
  return one;
}

/** Nothing is left: no transaction, no timer, neither of the layer nor of the clock. */
export function expectEmpty({ layer, clock }: Bench): void {
  expect(layer.counts).toMatchObject({ client: 0, server: 0, timers: 0 });
  expect(clock.size).toBe(0);
}

/** Import this file and every scenario ends with the proof that it leaks nothing. */
afterEach(() => {
  for (const one of benches.splice(0)) expectEmpty(one);
});
