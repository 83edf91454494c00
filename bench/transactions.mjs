// What a transaction costs, without sockets: a stack over a transport that takes octets from a variable and
// drops what it is given. The clock is turned by hand, so that as many transactions live as are asked for.
import { AnswerBlocks } from "../build/js/transport/answer-blocks.js";
import { Stack, VirtualClock } from "../dist/index.js";
import { collector, used } from "./memory.mjs";
import { interleave, timeOne } from "./rounds.mjs";

/** Timer J: how long a server transaction lives on after its answer. */
const LIFE = 32_000;
const encoder = new TextEncoder();

/** A transport in memory: `receiver` takes what is to come in, `last` is what went out. */
export function nowhere(host) {
  const flows = new Map();
  const transport = {
    protocol: "UDP",
    reliable: false,
    secure: false,
    framed: true,
    local: { host, port: 5060 },
    sentBy: `${host}:5060`,
    receiver: undefined,
    last: undefined,
    async start(receiver) {
      transport.receiver = receiver;
    },
    flow(remote) {
      const id = `udp:${remote.host}:${remote.port}`;
      let flow = flows.get(id);
      if (!flow) {
        flow = { transport, id, local: transport.local, remote, open: true };
        flows.set(id, flow);
      }
      return flow;
    },
    flowById: (id) => flows.get(id),
    // As a UDP transport does.
    answers: (host) => new AnswerBlocks(host),
    send(data) {
      transport.last = data;
    },
    async close() {},
  };
  return transport;
}

/** A stack whose core answers everything 200, and a function that lets a new request in. */
async function server(method = "OPTIONS") {
  const clock = new VirtualClock();
  const transport = nowhere("192.0.2.1");
  const stack = new Stack({
    transports: [transport],
    clock,
    limits: { transactions: 1_000_000 },
    core: {
      onRequest: (_request, transaction) => transaction?.respond(200),
      onResponse() {},
      onError() {},
    },
  });
  await stack.start();
  const flow = transport.flow({ host: "192.0.2.2", port: 5060 });
  let serial = 0;
  const request = () => {
    serial++;
    return encoder.encode(
      [
        `${method} sip:bob@192.0.2.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKbench${serial}`,
        "Max-Forwards: 70",
        "From: <sip:alice@example.com>;tag=a1",
        "To: <sip:bob@example.com>",
        `Call-ID: bench-${serial}@192.0.2.2`,
        `CSeq: ${serial} ${method}`,
        "Content-Length: 0",
        "\r\n",
      ].join("\r\n"),
    );
  };
  return { clock, transport, stack, request, enter: (data) => transport.receiver.onMessage(data, flow) };
}

/** A stack that sends requests, and a function that sends one and has it answered. */
async function client(createRequest) {
  const clock = new VirtualClock();
  const transport = nowhere("192.0.2.2");
  const stack = new Stack({
    transports: [transport],
    clock,
    limits: { transactions: 1_000_000 },
    core: { onRequest() {}, onResponse() {}, onError() {} },
  });
  await stack.start();
  const flow = transport.flow({ host: "192.0.2.1", port: 5060 });
  const request = createRequest("OPTIONS", "sip:bob@192.0.2.1", { from: "<sip:alice@example.com>;tag=a1" });
  const decoder = new TextDecoder();
  const once = () => {
    stack.send(request);
    const head = decoder.decode(transport.last).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n");
    transport.receiver.onMessage(encoder.encode(head), flow);
  };
  return { clock, stack, once };
}

/** A job for interleave: one transaction comes and one ends for each operation, while `live` of them live. */
async function steady(live) {
  const on = await server();
  for (let i = 0; i < live; i++) {
    on.enter(on.request());
    on.clock.advance(LIFE / live);
  }
  let inputs = [];
  return {
    name: `${live}`,
    step: 1,
    prepare(count) {
      inputs = Array.from({ length: count }, on.request);
    },
    work(count) {
      for (let i = 0; i < count; i++) {
        on.enter(inputs[i]);
        on.clock.advance(LIFE / live);
      }
    },
    stack: on.stack,
  };
}

/** Octets held for a completed server transaction, those of the response that it keeps set apart. */
async function perTransaction(gc, live) {
  const on = await server();
  const inputs = Array.from({ length: 1000 }, on.request);
  for (const input of inputs) on.enter(input);
  gc();
  gc();
  const before = used();
  for (let i = 1000; i < live; i++) on.enter(on.request());
  gc();
  gc();
  const bytes = (used() - before) / (live - 1000);
  const kept = on.transport.last.length;
  const { server: count } = on.stack.stats.transactions;
  await on.stack.close();
  return { live: count, bytes, kept };
}

/** Set and cleared, set and fired, with `pending` others about. */
async function timers(pending, pace) {
  const { TimerQueue } = await import("../build/js/transaction/timer-queue.js");
  const clock = new VirtualClock();
  const queue = new TimerQueue(clock);
  const owner = () => ({ pending: undefined, fired() {} });
  const lengths = [500, 1000, 2000, 4000, 5000, 32_000];
  // Pending ones in lines of their own, and in the line that is measured.
  for (let i = 0; i < pending; i++) queue.set(owner(), "A", lengths[i % lengths.length]);
  const one = owner();
  const cleared = timeOne(() => {
    queue.set(one, "A", 500);
    queue.clear(one, "A");
  }, pace);
  const fired = timeOne(() => {
    queue.set(one, "A", 0.001);
    clock.advance(0.001);
  }, pace);
  return { pending, cleared, fired };
}

/** All figures. `quick` asks for rough ones. */
export async function transactions({ quick }) {
  const { createRequest } = await import("../dist/index.js");
  const pace = quick
    ? { rounds: 5, budget: 5, warmup: 60, limit: 1500 }
    : { rounds: 15, budget: 20, warmup: 300, limit: 8000 };
  const gc = await collector();
  const sizes = [1000, 10_000, 100_000];
  const jobs = [];
  for (const live of sizes) jobs.push(await steady(live));
  const times = interleave(jobs, pace);
  const servers = jobs.map(({ name, stack }) => ({
    live: Number(name),
    counted: stack.stats.transactions.server,
    ...times.get(name),
  }));
  for (const { stack } of jobs) await stack.close();
  const asking = await client(createRequest);
  const ask = {
    name: "client",
    step: 1,
    work(count) {
      for (let i = 0; i < count; i++) {
        asking.once();
        asking.clock.advance(5);
      }
    },
  };
  // Nothing before it ran this side of a stack: it takes longer until it is compiled.
  const sent = interleave([ask], { ...pace, warmup: 8 * pace.warmup }).get("client").median;
  await asking.stack.close();
  return {
    servers,
    growth: servers.at(-1).median / servers[0].median,
    client: sent,
    memory: gc === undefined ? undefined : await perTransaction(gc, 100_000),
    timers: [await timers(1000, pace), await timers(100_000, pace)],
  };
}
