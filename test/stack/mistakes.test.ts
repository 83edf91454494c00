// What one who is new to the library does wrong, without types too: an error says what was given, and what is wanted,
// and no mistake goes out on the wire.

import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { congestion } from "../../src/stack/congestion.ts";
import { Stack } from "../../src/stack/stack.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import { World } from "./support.ts";

const from = "<sip:alice@example.com>";
const options = (): Request => createRequest("OPTIONS", "sip:bob@10.0.0.2", { from });
const core = { onRequest() {}, onResponse() {}, onError() {} };
const transports = () => [new MemoryNetwork().transport({ host: "10.0.0.1" })];
const set = (value: unknown) => () => options().headers.set("Contact", value as never);
const body = (of: unknown) => () => createRequest("INVITE", "sip:a", { from, body: of as never });

type Mistake = readonly [what: string, made: () => unknown, said: string | RegExp];

const MISTAKES: readonly Mistake[] = [
  [
    "a stack without a core",
    () => new Stack({ transports: transports() } as never),
    "core.onRequest: a function is wanted, not undefined",
  ],
  [
    "a core without onError",
    () => new Stack({ transports: transports(), core: { ...core, onError: undefined } } as never),
    "core.onError: a function is wanted, not undefined",
  ],
  [
    "a class for a core",
    () => new Stack({ transports: transports(), core: class {} } as never),
    "core.onRequest: a function is wanted, not undefined",
  ],
  [
    "one transport for a list",
    () => new Stack({ transports: transports()[0], core } as never),
    /^transports: a list of them is wanted/,
  ],
  [
    "a transport that is none",
    () => new Stack({ transports: [undefined], core } as never),
    /^transports: a list of them is wanted/,
  ],
  [
    "a transport's maker",
    () => new Stack({ transports: [transports], core } as never),
    /^transports: a list of them is wanted/,
  ],
  [
    "a limit of NaN",
    () => new Stack({ transports: transports(), core, limits: { messageSize: Number.NaN } }),
    "messageSize: a positive number is wanted, not NaN",
  ],
  [
    "a limit below zero",
    () => new Stack({ transports: transports(), core, limits: { transactions: -1 } }),
    "transactions: a positive number is wanted, not -1",
  ],
  [
    "a gate that is none",
    () => new Stack({ transports: transports(), core, gate: {} as never }),
    "gate: one that has receive() is wanted, not [object Object]",
  ],
  [
    "a maker of gates",
    () => new Stack({ transports: transports(), core, gate: congestion as never }),
    /^gate: one that has receive\(\) is wanted, not function/,
  ],
  [
    "the options of a resolver",
    () => new Stack({ transports: transports(), core, resolver: { dns: false } as never }),
    "resolver: one that has targets() is wanted, not [object Object]",
  ],
  [
    "an object that has a tap",
    () => new Stack({ transports: transports(), core, tap: { tap() {} } as never }),
    "tap: one that has call() is wanted, not [object Object]",
  ],
  [
    "a timer as text",
    () => new Stack({ transports: transports(), core, timers: { t1: "500" as never } }),
    "t1: a positive number is wanted, not 500",
  ],
  [
    "no message",
    () => parseMessage(undefined as never),
    "message: text or a Uint8Array is wanted, not undefined",
  ],
  [
    "null for a message",
    () => tryParseMessage(null as never),
    "message: text or a Uint8Array is wanted, not null",
  ],
  [
    "an ArrayBuffer",
    () => parseMessage(new ArrayBuffer(8) as never),
    "message: text or a Uint8Array is wanted, not [object ArrayBuffer]",
  ],
  [
    "a URI without a scheme",
    () => createRequest("OPTIONS", "bob@example.com", { from }),
    /^URI "bob@example.com": not a URI, scheme first, at octet/,
  ],
  ["no URI", () => createRequest("OPTIONS", undefined as never, { from }), /^URI "undefined": not a URI/],
  [
    "an object for From",
    () => createRequest("OPTIONS", "sip:a", { from: { uri: "sip:a" } as never }),
    /^address "\[object Object\]"/,
  ],
  ["a number for From", () => createRequest("OPTIONS", "sip:a", { from: 5 as never }), /^address "5"/],
  [
    "an object for a body",
    body({ type: "offer", sdp: "v=0" }),
    "body: text or a Uint8Array is wanted, not [object Object]",
  ],
  [
    "an ArrayBuffer for a body",
    body(new ArrayBuffer(3)),
    "body: text or a Uint8Array is wanted, not [object ArrayBuffer]",
  ],
  ["a number for a body", body(5), "body: text or a Uint8Array is wanted, not 5"],
  ["undefined for a header field", set(undefined), "Contact: a value is wanted, not undefined"],
  ["null for a header field", set(null), "Contact: a value is wanted, not null"],
  ["null in a list", set([null]), "Contact: a value is wanted, not null"],
  [
    "a promise for a header field",
    set(Promise.resolve("<sip:a>")),
    "Contact: a value is wanted, not [object Promise]",
  ],
  ["an object for a header field", set({ host: "a" }), "Contact: a value is wanted, not [object Object]"],
  [
    "NaN for a header field",
    () => options().headers.set("Expires", Number.NaN),
    "Expires: a value is wanted, not NaN",
  ],
  [
    "null for an unknown one",
    () => options().headers.set("X-A", null as never),
    "X-A: a value is wanted, not null",
  ],
  [
    "a number for a user",
    () => Uri.of({ user: 1000 as never, host: "a" }),
    "the message: text is wanted, not 1000",
  ],
  ["no host", () => Uri.of({ user: "a" } as never), "the message: text is wanted, not undefined"],
  [
    "null for a display name",
    () => NameAddr.of({ uri: "sip:a", displayName: 5 as never }),
    /text is wanted, not 5/,
  ],
  [
    "a status as text",
    () => options().createResponse("200" as never),
    'status: a number from 100 to 699 is wanted, not "200"',
  ],
  [
    "a reason that is none",
    () => options().createResponse(200, {} as never),
    "Status-Line: text is wanted, not [object Object]",
  ],
];

describe("a mistake", () => {
  it.each(MISTAKES)("%s is told of", (_what, made, said) => {
    const mistaken = expect.objectContaining({ name: "SipError" });
    expect(made).toThrow(mistaken);
    expect(made).toThrow(said);
  });

  it("takes a URI for From, and gives it a tag", () => {
    const made = createRequest("OPTIONS", "sip:a", { from: Uri.parse("sip:alice@example.com") as never });
    expect(made.headers.get("From")?.tag).toMatch(/^[\w-]{10}$/);
  });

  it("is told of at once by send, and by send to a stack that is closed", async () => {
    const { stack } = new World().station();
    await stack.start();
    for (const none of [undefined, null, "OPTIONS sip:a SIP/2.0", { method: "OPTIONS" }]) {
      expect(() => stack.send(none as never)).toThrow(`send: a Request is wanted, not ${none}`);
    }
    expect(() => stack.send(options().createResponse(200) as never)).toThrow(
      "send: a Request is wanted, not SIP/2.0 200",
    );
    await stack.close();
    expect(() => stack.send(options())).toThrow("the stack is closed");
  });

  it("is told of by send, which leaves nothing behind: signal and credentials", async () => {
    const { stack } = new World().station();
    await stack.start();
    expect(() => stack.send(options(), { signal: new AbortController() as never })).toThrow(
      "signal: one that has addEventListener() is wanted, not [object AbortController]",
    );
    expect(() => stack.send(options(), { credentials: { username: "bob" } as never })).toThrow(
      "credentials: one that has send() is wanted, not [object Object]",
    );
    expect(stack.stats.transactions).toMatchObject({ client: 0, waiting: 0 });
    await stack.close();
  });

  it.each([undefined, null, "200", Promise.resolve(), { status: 200 }])(
    "is told of by respond: %s",
    async (given) => {
      const world = new World();
      const { stack, errors } = world.station({
        onRequest: (_request, transaction) => transaction?.respond(given as never),
      });
      const peer = world.station();
      await Promise.all([stack.start(), peer.stack.start()]);
      const sent = peer.stack.send(createRequest("OPTIONS", `sip:${stack.transports[0]?.sentBy}`, { from }));
      await world.clock.advanceAsync(1000);
      expect((await sent.final).status).toBe(500);
      expect(errors.map(({ message }) => message)).toEqual([
        `a callback threw: respond: a status or a Response is wanted, not ${given}`,
      ]);
      await Promise.all([stack.close(), peer.stack.close()]);
    },
  );
});
