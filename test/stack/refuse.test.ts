// What a stack answers or drops by itself: garbage, malformed messages, what passes its limits, and
// responses to nothing. All of it is counted and told.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";
import { congestion } from "../../src/stack/congestion.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import type { TransportReceiver } from "../../src/transport/transport.ts";
import { lines, statuses, text, to, World } from "./support.ts";

/** A stack, and a peer that writes to it by hand. */
async function pair(options: Partial<StackOptions> = {}) {
  const world = new World();
  const bob = await world.started({}, options);
  const wire = await world.wire();
  const write = async (message: string) => {
    wire.send(message, bob.stack.transports[0]!);
    await world.pass();
  };
  return { world, bob, wire, write, via: wire.transport.sentBy };
}

describe("what is no message", () => {
  it.each([
    ["start_line_invalid", "garbage\r\n\r\n"],
    ["start_line_invalid", "OPTIONS sip:bob@example.com\r\n\r\n"],
    ["head_incomplete", "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"],
    ["line_end_invalid", "OPTIONS sip:bob@example.com SIP/2.0\r\nX: a\rTo: b\r\n\r\n"],
    ["message_too_large", `OPTIONS sip:bob@example.com SIP/2.0\r\n\r\n${"x".repeat(5000)}`],
  ])("is counted and told: %s", async (code, message) => {
    const { bob, wire, write } = await pair({ limits: { messageSize: 4096 } });
    await write(message);
    await write(message);
    expect(bob.refused).toEqual(Array(2).fill([code, "drop"]));
    expect(bob.stack.stats).toMatchObject({ received: 2, bad: { [code]: 2 }, answered: 0 });
    expect([wire.got, bob.requests, bob.errors]).toEqual([[], [], []]);
  });

  it.each([
    ["too_many_headers", { headers: 3 }],
    ["head_too_large", { headSize: 100 }],
  ])("is what is past a limit that is given alone: %s", async (code, limits) => {
    const { bob, write, via } = await pair({ limits });
    await write(text("OPTIONS", via));
    expect(bob.refused).toEqual([[code, "drop"]]);
  });

  it("is not what has control characters where they are allowed (RFC 3261 §25.1, quoted-pair)", async () => {
    const { bob, wire, write, via } = await pair();
    const message = text("OPTIONS", via);
    await write(message.replace(/^(Via: .*)\r$/m, '$1;rport;x="\\\0\\\x07"\r'));
    await write(message.replace(/^(Via: .*);branch=.*\r$/m, '$1;received="\\\0";branch=z9hG4bKnul\r'));
    expect([bob.errors, bob.refused]).toEqual([[], []]);
    expect(statuses(wire.got)).toEqual([200, 200]);
    expect(wire.got[0]).toContain(';x="\\\0\\\x07"');
  });

  it("disturbs nothing that comes later", async () => {
    const { bob, wire, write, via } = await pair();
    await write("garbage\r\n\r\n");
    await write(text("OPTIONS", via));
    expect(bob.requests).toHaveLength(1);
    expect(statuses(wire.got)).toEqual([200]);
  });
});

describe("a malformed request", () => {
  const without = (name: string) => (message: string) =>
    message.replace(new RegExp(`^${name}:.*\r\n`, "m"), "");
  const asIs = (message: string) => message;
  it.each([
    ["no To", 400, "header_missing", without("To")],
    ["no From", 400, "header_missing", without("From")],
    ["no Call-ID", 400, "header_missing", without("Call-ID")],
    ["no CSeq", 400, "header_missing", without("CSeq")],
    ["a broken To", 400, "uri_invalid", (message: string) => message.replace(/^To:.*$/m, "To: <<>")],
    ["another CSeq method", 400, "value_invalid", (message: string) => message.replace("1 INVITE", "1 BYE")],
    [
      "a Content-Length that is not true",
      400,
      "value_invalid",
      (message: string) => message.replace(/^CSeq/m, "Content-Length: 9\r\nCSeq"),
    ],
    [
      "another version",
      505,
      "start_line_invalid",
      (message: string) => message.replace("SIP/2.0\r\n", "SIP/3.0\r\n"),
    ],
    ["no Via", "drop", "header_missing", without("Via")],
    [
      "a broken Via",
      "drop",
      "value_invalid",
      (message: string) => message.replace(/^Via:.*$/m, "Via: SIP/2.0"),
    ],
  ] as const)(
    "with %s is answered %s where its Via allows, counted and told",
    async (_what, status, code, edit) => {
      const { bob, wire, write, via } = await pair();
      await write(edit(text("INVITE", via)));
      await write(edit(text("INVITE", via)));
      expect(statuses(wire.got)).toEqual(status === "drop" ? [] : [status, status]);
      expect(bob.refused).toEqual(Array(2).fill([code, status]));
      expect(bob.stack.stats).toMatchObject({ bad: { [code]: 2 }, answered: status === "drop" ? 0 : 2 });
      expect(bob.stack.stats.transactions.server).toBe(0);
      expect([bob.requests, bob.errors]).toEqual([[], []]);
      await write(asIs(text("INVITE", via)));
      expect(bob.requests).toHaveLength(1);
    },
  );

  it("gets one To tag however often it comes, and its ACK goes no further", async () => {
    const { bob, wire, write, via } = await pair();
    const bad = text("INVITE", via, ["Max-Forwards: many"]);
    await write(bad);
    await write(bad);
    const [one, two] = wire.got.map((answer) => lines(answer, "To")[0]!);
    expect(one).toBe(two);
    const toTag = /;tag=(\S+)/.exec(one!)![1]!;
    await write(text("ACK", via, [], { toTag }));
    expect(bob.requests).toEqual([]);
    // An ACK to a 2xx is another matter.
    await write(text("ACK", via, [], { toTag: "b1", branch: "z9hG4bK-2" }));
    expect(bob.requests).toHaveLength(1);
  });

  it("is answered with its source in the Via (RFC 3261 §18.2.1)", async () => {
    const { wire, write } = await pair();
    await write(text("OPTIONS", "pc.example.com", ["Max-Forwards: many"]));
    expect(lines(wire.got[0]!, "Via")).toEqual([
      `Via: SIP/2.0/UDP pc.example.com;branch=z9hG4bK-1;received=${wire.transport.local.host}`,
    ]);
  });

  it("is never answered where it is an ACK or a response", async () => {
    const { bob, wire, write, via } = await pair();
    await write(text("ACK", via, ["Max-Forwards: many"]));
    await write(text("INVITE", via, ["Contact: <<>"]).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n"));
    expect(wire.got).toEqual([]);
    expect(bob.refused.map(([code]) => code)).toEqual(["value_invalid", expect.any(String)]);
    expect(bob.stack.stats.answered).toBe(0);
    expect(bob.errors).toEqual([]);
  });

  it("may be judged by the user's own rules", async () => {
    const { bob, wire, write, via } = await pair({
      validate: () => [{ code: "unsupported", status: 503, reason: "Not Today" }],
    });
    await write(text("OPTIONS", via));
    expect(wire.got[0]).toMatch(/^SIP\/2\.0 503 Not Today\r\n/);
    expect(lines(wire.got[0]!, "Retry-After")).toHaveLength(1);
    expect(bob.refused).toEqual([["unsupported", 503]]);
  });

  it("whose answer cannot be written is counted and told, and the core hears why", async () => {
    const headers = { Subject: "one\r\nTwo: three" };
    const { bob, wire, write, via } = await pair({
      validate: () => [{ code: "unsupported", status: 400, reason: "Not Today", headers }],
    });
    await write(text("OPTIONS", via));
    expect([wire.got, bob.refused]).toEqual([[], [["unsupported", 400]]]);
    expect(bob.errors).toHaveLength(1);
    expect(bob.stack.stats).toMatchObject({ answered: 0, bad: { unsupported: 1 } });
  });
});

describe("rules of the user's that throw", () => {
  const validate = (): never => {
    throw new Error("oops");
  };

  it("have a request answered 500, counted and told; a response or an ACK is dropped", async () => {
    const { bob, wire, write, via } = await pair({ validate });
    await write(text("OPTIONS", via));
    await write(text("ACK", via, [], { branch: "z9hG4bK-2" }));
    await write(text("OPTIONS", via).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n"));
    expect(statuses(wire.got)).toEqual([500]);
    expect(bob.refused).toEqual(Array(3).fill(["core_failed", 500]));
    expect(bob.errors.map(({ code, cause }) => [code, (cause as Error).message])).toEqual(
      Array(3).fill(["core_failed", "oops"]),
    );
    expect(bob.stack.stats).toMatchObject({ received: 3, answered: 1, bad: { core_failed: 3 } });
    expect([bob.requests, bob.stack.stats.transactions.server]).toEqual([[], 0]);
  });

  it("leave a fault of the transport answered", async () => {
    const world = new World();
    const transport = world.network.transport();
    let receiver: TransportReceiver | undefined;
    const start = transport.start.bind(transport);
    transport.start = (given) => {
      receiver = given;
      return start(given);
    };
    await world.started({}, { validate, transports: [transport] });
    const wire = await world.wire();
    receiver!.onFault!(
      new SipError("message_too_large", "too large", { status: 413 }),
      new TextEncoder().encode(text("OPTIONS", wire.transport.sentBy)),
      transport.flow(wire.transport.local)!,
    );
    await world.pass();
    expect(statuses(wire.got)).toEqual([413]);
  });
});

it.each(["by a stack that drains", "behind a gate"])(
  "what the user's rules let pass, though no transaction can be made of it, is dropped and counted %s",
  async (where) => {
    const world = new World();
    const gate = where === "behind a gate" ? congestion({ transactions: [0, 0] }) : undefined;
    const bob = await world.started({ onRequest() {} }, { validate: () => [], gate });
    const wire = await world.wire();
    const { sentBy } = wire.transport;
    const write = (message: string) => wire.send(message, bob.stack.transports[0]!);
    // Waits for an answer: it belongs to a dialog, and so it is let in.
    write(text("INFO", sentBy, [], { toTag: "b1" }));
    await world.pass();
    const end = gate ? bob.stack : bob.stack.close({ drain: 1000 });
    for (const name of ["Via", "To"]) {
      const branch = `z9hG4bK-${name}`;
      write(text("MESSAGE", sentBy, [], { branch }).replace(new RegExp(`^${name}:.*$`, "m"), `${name}: <<>`));
    }
    await world.pass();
    expect(bob.errors.map(({ code }) => code)).not.toContain("core_failed");
    expect(bob.stack.stats).toMatchObject({ received: 3, bad: {} });
    expect(bob.stack.stats.transactions).toMatchObject({ dropped: 1, server: 2 });
    await world.pass(2000);
    await end;
  },
);

describe("a request that this role cannot take", () => {
  it.each([
    ["OPTIONS", ["Require: x, y"], { supported: ["y"] }, 420, ["Unsupported: x"]],
    ["OPTIONS", [], { methods: ["INVITE", "ACK"] }, 405, ["Allow: INVITE, ACK"]],
    ["OPTIONS", [], { required: ["timer"] }, 421, ["Require: timer"]],
    ["OPTIONS", ["Max-Forwards: 0"], { role: "proxy" }, 483, []],
    ["OPTIONS", ["Content-Type: a/b", "Content-Length: 0"], { types: ["c/d"] }, 200, []],
  ] as const)("%s with %s: by %j %s", async (method, fields, options, status, expected) => {
    const { bob, wire, write, via } = await pair({ validate: (message) => validate(message, options) });
    await write(text(method, via, [...fields]));
    expect(statuses(wire.got)).toEqual([status]);
    for (const field of expected) expect(wire.got[0]).toContain(`\r\n${field}\r\n`);
    expect(bob.requests).toHaveLength(status === 200 ? 1 : 0);
  });

  it("is told from its source, where that is asked for", async () => {
    const { bob, wire, write, via } = await pair({
      validate: (message) => validate(message, { source: true }),
    });
    await write(text("OPTIONS", via));
    await write(text("OPTIONS", via, [], { branch: "z9hG4bK-2" }).replace("SIP/2.0/UDP", "SIP/2.0/TCP"));
    expect(statuses(wire.got)).toEqual([200, 400]);
    expect(bob.refused).toEqual([["value_invalid", 400]]);
  });
});

describe("a request with a Via that cannot be read", () => {
  it("is answered on its flow where the Via names its sender (RFC 4475 §3.1.2.1)", async () => {
    const { bob, wire, write, via } = await pair();
    await write(text("OPTIONS", via).replace(/^(Via: .*)$/m, "$1;;"));
    expect(statuses(wire.got)).toEqual([400]);
    expect(lines(wire.got[0]!, "Via")).toHaveLength(1);
    expect(bob.errors).toEqual([]);
    expect(bob.stack.stats).toMatchObject({ bad: { value_invalid: 1 }, answered: 1 });
  });
});

describe("onRefused", () => {
  it("may throw: the answer is sent, and the error told", async () => {
    const { bob, wire, write, via } = await pair({
      onRefused() {
        throw new SipError("value_invalid", "oops");
      },
    });
    await write("garbage\r\n\r\n");
    await write(text("OPTIONS", via, ["Max-Forwards: many"]));
    expect(statuses(wire.got)).toEqual([400]);
    expect(bob.errors.map(({ code }) => code)).toEqual(["core_failed", "core_failed"]);
  });

  it("gets the message, as far as there is one, and its flow", async () => {
    const told: unknown[] = [];
    const { write, via } = await pair({
      onRefused: (finding, flow, message) => void told.push([finding.header, flow.remote, message?.kind]),
    });
    await write("garbage\r\n\r\n");
    await write(text("OPTIONS", via, ["Max-Forwards: many"]));
    const remote = { host: "10.0.0.2", port: 5060 };
    expect(told).toEqual([
      [undefined, remote, undefined],
      ["Max-Forwards", remote, "request"],
    ]);
  });

  it("hears of what passes the limit of transactions", async () => {
    const { bob, wire, write, via } = await pair({ limits: { transactions: 1 } });
    await write(text("OPTIONS", via, [], { branch: "z9hG4bK-1" }));
    await write(text("OPTIONS", via, [], { branch: "z9hG4bK-2" }));
    expect(statuses(wire.got)).toEqual([200, 503]);
    expect(bob.refused).toEqual([["overloaded", 503]]);
    expect(bob.stack.stats.transactions.refused).toBe(1);
  });
});

describe("a response to nothing", () => {
  const late = (via: string, status: string, method = "INVITE") =>
    text(method, via, [], { toTag: "b1" }).replace(/^.*\r\n/, `SIP/2.0 ${status}\r\n`);

  it("is dropped and counted, unless it is a 2xx to an INVITE with a Via of ours (RFC 3261 §18.1.2)", async () => {
    const { bob, write, via } = await pair({ aliases: ["sip.example.com", "edge.example.com:5080"] });
    const ours = bob.stack.transports[0]!.sentBy;
    const foreign = [via, ours.replace("5060", "5061"), "edge.example.com", "edge.example.com:5060"];
    for (const one of foreign) await write(late(one, "200 OK"));
    await write(late(ours, "404 Not Found"));
    await write(late(ours, "200 OK", "BYE"));
    expect(bob.responses).toEqual([]);
    expect(bob.refused).toEqual(Array(6).fill(["response_stray", "drop"]));
    expect(bob.stack.stats.transactions.stray).toBe(6);

    for (const one of [ours, "SIP.example.com", "sip.example.com:7", "edge.example.com:5080"]) {
      await write(late(one, "200 OK"));
    }
    expect(bob.responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(bob.stack.stats.transactions.stray).toBe(6);
  });

  it("needs no Via check where a transaction matches", async () => {
    const { world, bob, wire } = await pair();
    const { local, protocol } = wire.transport;
    const sent = bob.stack.send(to(bob), { target: { protocol, ...local } });
    await world.pass();
    const response = (parseMessage(wire.got[0]!) as typeof sent.request).createResponse(200);
    const via = response.headers.shift("Via")!;
    response.headers.prepend("Via", via.with({ host: "nat.example.com" }));
    wire.send(response.toString(), bob.stack.transports[0]!);
    await world.pass();
    expect(await sent.final).toMatchObject({ status: 200 });
  });
});
