// What the runtime's UDP does beyond the contract of transports: errors that say why, families, STUN, groups.

const own = { host: "127.0.0.1", port: 0 };
const octets = (text) => new TextEncoder().encode(text);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition, at most two seconds; whether it came. */
async function until(condition) {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(10);
  return condition();
}

/** Keeps what it is told. `data` is read within the call, as a stack does. */
class Ear {
  heard = [];
  flows = [];
  errors = [];
  onMessage(data, flow) {
    this.heard.push(data.length > 1000 ? data.length : new TextDecoder().decode(data));
    this.flows.push(flow);
  }
  onFlowClosed() {}
  onError(error) {
    this.errors.push(error);
  }
}

/** All that `runtimes.test.mjs` expects as DATAGRAMS. */
export async function datagrams(udp) {
  const open = [];
  const started = async (options) => {
    const ear = new Ear();
    const transport = udp({ ...own, ...options });
    open.push(transport);
    await transport.start(ear);
    return { transport, ear };
  };
  const refused = (options) =>
    started(options).then(
      () => "opened",
      (error) => error.code,
    );
  const send = (from, to, data) => {
    const failures = [];
    const bytes = typeof data === "string" ? octets(data) : data;
    from.transport.send(bytes, from.transport.flow(to), (error) => failures.push(error.code));
    return failures;
  };
  /** Sends a burst; whether all of it is received or counted, and some is lost. */
  const burstTo = async (transport) => {
    for (let i = 0; i < 60; i++) send(one, transport.local, new Uint8Array(1000).fill(65));
    await sleep(200);
    return transport.counts.dropped > 0 ? "lost some" : "lost none";
  };
  const failure = async (from, to, data) => {
    const failures = send(from, to, data);
    await until(() => failures.length > 0);
    return failures.join();
  };

  const one = await started();
  const two = await started();
  const report = {
    inUse: await refused({ port: one.transport.local.port }),
    notOurs: await refused({ host: "192.0.2.1" }),
    noGroup: await refused({ host: "0.0.0.0", multicast: ["192.0.2.1"] }),
    named: (await started({ host: "localhost" })).transport.local.host,
    tooLarge: await failure(one, two.transport.local, new Uint8Array(70_000).fill(65)),
    // Bound to loopback, there is no way out.
    noRoute: await failure(one, { host: "192.0.2.1", port: 5060 }, "x"),
  };

  const reader = await started();
  // A closed port is nobody's fault: what ICMP tells of one peer must not touch the next send to another.
  const gone = await started();
  const { local: closed } = gone.transport;
  await gone.transport.close();
  for (let i = 0; i < 3; i++) {
    send(one, closed, "nobody");
    await sleep(20);
  }
  const spoiled = send(one, two.transport.local, "after");
  await until(() => two.ear.heard.length > 0);
  // Nor the next that is read, where the one before was answered to it.
  let read = 0;
  reader.ear.onMessage = () => {
    read++;
    send(reader, closed, "nobody");
  };
  for (let i = 0; i < 30; i++) {
    send(two, reader.transport.local, "read");
    await sleep(2);
  }
  await until(() => read === 30);
  report.readOn = [read, reader.ear.errors.length];
  report.nobody = spoiled.length === 0 && one.ear.errors.length === 0 ? two.ear.heard.length : "failed";

  // An IPv6 socket that takes IPv4 shows its peers by their IPv4 address, and answers them.
  const six = await started({ host: "::" });
  send(one, { host: "127.0.0.1", port: six.transport.local.port }, "question");
  await until(() => six.ear.flows.length > 0);
  const [flow] = six.ear.flows;
  flow.transport.send(octets("answer"), flow, () => {});
  await until(() => one.ear.heard.length > 0);
  report.mapped = [flow.remote.host, one.ear.heard[0]];

  // Keep-alives and STUN stay below the stack. The answer has the magic cookie, and begins with 0x0101.
  const stun = new Uint8Array(20);
  stun.set([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
  const broken = stun.slice();
  broken[1] = 2;
  const asked = await started({ stun: false });
  const { local } = two.transport;
  for (const data of ["\r\n\r\n", "\0", stun, broken]) send(asked, local, data);
  await until(() => {
    const { fillers, stun: answered, stunDropped } = two.transport.counts;
    return fillers + answered + stunDropped === 4;
  });
  const { unreachable: _, dropped: __, ...counts } = two.transport.counts;
  report.counts = counts;
  // Nobody here has asked for the answer, so that it is dropped where it arrives. Who asks is told its own address.
  report.mapping = await until(() => asked.transport.counts.stunDropped === 1);
  const seen = await asked.transport.probe(asked.transport.flow(local));
  report.seen = seen.host === "127.0.0.1" && seen.port === asked.transport.local.port;

  const group = { host: "0.0.0.0", multicast: [{ group: "224.0.1.75", interface: "127.0.0.1" }] };
  const first = await started({ ...group, reuseAddress: true });
  const second = await started({ ...group, reuseAddress: true, port: first.transport.local.port });
  send(one, { host: "224.0.1.75", port: first.transport.local.port }, "all");
  await until(() => first.ear.heard.length + second.ear.heard.length === 2);
  report.groups = [...first.ear.heard, ...second.ear.heard];

  // The largest there is, whole; and bursts that fit the smallest receive buffer in use: Linux' default of 208 kB, which
  // Deno has without --allow-ffi, holds about 270 datagrams, however late their reader comes.
  two.ear.heard.length = 0;
  send(one, local, new Uint8Array(65_507).fill(65));
  await until(() => two.ear.heard.length > 0);
  report.largest = two.ear.heard[0];
  two.ear.heard.length = 0;
  for (let i = 1; i <= 400; i++) {
    send(one, local, `m${i}`);
    if (i % 100 === 0) await until(() => two.ear.heard.length === i);
  }
  report.burst = new Set(two.ear.heard).size;

  // What is sent while datagrams are worked on: one that cannot go takes no other with it.
  const busy = await started();
  const failed = [];
  busy.ear.onMessage = (data, flow) => {
    const sent = octets(new TextDecoder().decode(data));
    send(busy, closed, "nobody");
    flow.transport.send(new Uint8Array(70_000).fill(65), flow, (error) => failed.push(error.code));
    flow.transport.send(sent, flow, () => {});
  };
  two.ear.heard.length = 0;
  for (let i = 0; i < 50; i++) send(two, busy.transport.local, `r${i}`);
  await until(() => two.ear.heard.length === 50 && failed.length === 50);
  report.rounds = [new Set(two.ear.heard).size, failed.length, busy.ear.errors.length];

  // The promises that one datagram starts are settled before the next is worked on.
  const slow = await started();
  const order = [];
  slow.ear.onMessage = async (data) => {
    const text = new TextDecoder().decode(data);
    if (text.endsWith("0")) for (let i = 0; i < 10; i++) await undefined;
    order.push(text);
  };
  for (let i = 0; i < 50; i++) send(one, slow.transport.local, `s${i}`);
  await until(() => order.length === 50);
  report.order = order.every((text, i) => text === `s${i}`);

  // A receive buffer that was asked for is there: the smallest does not hold what the usual one does.
  const small = await refused({ recvBufferSize: 4096, sendBufferSize: 1 << 18 });
  report.buffers = small === "opened" ? await burstTo(open.at(-1)) : small;

  const { port } = two.transport.local;
  await Promise.all(open.splice(0).map((transport) => transport.close()));
  report.portFree = (await started({ port })).transport.local.port === port;
  await Promise.all(open.map((transport) => transport.close()));
  return report;
}
