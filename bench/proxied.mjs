// What a call through a record-routing proxy with state costs, without sockets: six messages come in (INVITE, 180,
// 200, ACK, BYE, 200), eight go out. The clock is turned by hand, so that as many calls linger as are asked for.
import { Stack, VirtualClock } from "../dist/index.js";
import { SipProxy } from "../dist/proxy.js";
import { collector, used } from "./memory.mjs";
import { median } from "./rounds.mjs";
import { nowhere } from "./transactions.mjs";

/** Timers J, L and M: how long the transactions of a call live on after it. */
const LIFE = 32_000;
const CALLER = "192.0.2.2:5060";
const CALLEE = "192.0.2.3:5060";
const SDP = [
  "v=0",
  "o=- 53655765 2353687637 IN IP4 192.0.2.2",
  "s=-",
  "c=IN IP4 192.0.2.2",
  "t=0 0",
  "m=audio 6000 RTP/AVP 0 8 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:101 telephone-event/8000",
  "",
].join("\r\n");

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The octets of a message; header fields that are undefined are left out. */
function octets(startLine, fields, body = "") {
  const lines = [startLine, ...fields, `Content-Length: ${body.length}`, "", body];
  return encoder.encode(lines.filter((line) => line !== undefined).join("\r\n"));
}

/** The lines of that name of a message that went out. */
const linesOf = (data, name) =>
  decoder
    .decode(data)
    .split("\r\n")
    .filter((line) => line.startsWith(`${name}: `));

/** One call, message by message: yields what comes in and from where, and is told what went out for it. */
function* call(serial) {
  const id = `Call-ID: ${serial}@192.0.2.2`;
  const from = `From: "Caller" <sip:caller@192.0.2.2>;tag=a${serial}`;
  const to = "To: <sip:callee@192.0.2.1>";
  const tagged = `${to};tag=b${serial}`;
  const via = (count) => `Via: SIP/2.0/UDP ${CALLER};branch=z9hG4bK-${serial}-${count};rport`;
  const own = (count) => [via(count), "Max-Forwards: 70", from];
  const contact = (at) => `Contact: <sip:${at}>`;
  const sdp = "Content-Type: application/sdp";
  const invite = yield [
    octets(
      "INVITE sip:callee@192.0.2.1 SIP/2.0",
      [...own(1), to, id, "CSeq: 1 INVITE", contact(CALLER), sdp],
      SDP,
    ),
    CALLER,
  ];
  const back = [
    ...linesOf(invite, "Via"),
    ...linesOf(invite, "Record-Route"),
    from,
    tagged,
    id,
    "CSeq: 1 INVITE",
  ];
  yield [octets("SIP/2.0 180 Ringing", [...back, contact(CALLEE)]), CALLEE];
  yield [octets("SIP/2.0 200 OK", [...back, contact(CALLEE), sdp], SDP), CALLEE];
  const [recorded] = linesOf(invite, "Record-Route");
  const route = recorded.replace("Record-Route", "Route");
  const within = (method, count) =>
    octets(`${method} sip:${CALLEE} SIP/2.0`, [
      ...own(count + 1),
      route,
      tagged,
      id,
      `CSeq: ${count} ${method}`,
    ]);
  yield [within("ACK", 1), CALLER];
  const bye = yield [within("BYE", 2), CALLER];
  yield [octets("SIP/2.0 200 OK", [...linesOf(bye, "Via"), from, tagged, id, "CSeq: 2 BYE"]), CALLEE];
}

const MESSAGES = 6;

/** A proxy, and a function that lets `count` calls through it; the CPU time of one, in nanoseconds. */
async function proxied(live) {
  const clock = new VirtualClock();
  const transport = nowhere("192.0.2.1");
  const targets = ({ inDialog, request: { uri } }) => [{ uri: inDialog ? uri : `sip:callee@${CALLEE}` }];
  const stack = new Stack({
    transports: [transport],
    clock,
    limits: { transactions: 1_000_000 },
    core: {
      onRequest: (request, transaction) => void proxy.forward(request, transaction, targets),
      onResponse() {},
      onError(error) {
        throw error;
      },
    },
  });
  const proxy = new SipProxy({ stack, clock });
  await stack.start();
  const flows = Object.fromEntries(
    [CALLER, CALLEE].map((at) => [at, transport.flow({ host: at.split(":")[0], port: 5060 })]),
  );
  let serial = 0;
  const run = async (count) => {
    const calls = Array.from({ length: count }, () => call(++serial));
    let spent = 0;
    let last = [];
    for (let step = 0; step < MESSAGES; step++) {
      const inputs = calls.map((each, index) => each.next(last[index]).value);
      last = [];
      const before = process.cpuUsage();
      for (const [data, at] of inputs) {
        transport.receiver.onMessage(data, flows[at]);
        // What it does in a microtask is its work too.
        await undefined;
        last.push(transport.last);
      }
      const { user, system } = process.cpuUsage(before);
      spent += user + system;
    }
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) clock.advance(LIFE / live);
    const { user, system } = process.cpuUsage(before);
    return ((spent + user + system) * 1000) / count;
  };
  const done = () => stack.stats.traffic.UDP.sent["2xx"] / 2 - serial;
  return { run, stack, done };
}

/** The figures, with 1,000 and more calls alive or lingering. `quick` asks for rough ones. */
export async function proxiedCalls({ quick }) {
  const gc = await collector();
  const rows = [];
  for (const live of quick ? [1000] : [1000, 30_000]) {
    const { run, stack, done } = await proxied(live);
    gc?.();
    const before = used();
    const rounds = quick ? 30 : 60;
    const batch = 100;
    for (let i = 0; i < Math.max(live, quick ? 2000 : 10_000); i += batch) await run(batch);
    const samples = [];
    for (let round = 0; round < rounds; round++) samples.push(await run(batch));
    if (done() !== 0) throw new Error(`${done()} calls did not end`);
    gc?.();
    gc?.();
    const bytes = gc === undefined ? undefined : (used() - before) / live;
    rows.push({ live, median: median(samples), best: Math.min(...samples), bytes });
    await stack.close();
  }
  return rows;
}
