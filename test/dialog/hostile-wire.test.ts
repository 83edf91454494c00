// A hostile wire: whatever is done to the messages of registrations, calls, subscriptions and publications, by peers or
// on the way, nothing is thrown that nobody has asked for, and nothing is left. Each seed is another evening of them.
// HOSTILE_SEEDS=2000 npx vitest run test/dialog/hostile-wire.test.ts runs more of them, HOSTILE_FROM=n from another.

import { expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import { SipError } from "../../src/errors.ts";
import type { Request } from "../../src/message/request.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { Registration } from "../../src/registration/registration.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Flow, SendFailed, Transport } from "../../src/transport/transport.ts";
import { type Rng, rng } from "../core/rng.ts";
import { makeWork, mutate } from "../fuzz/mutate.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

const SEEDS = Number(process.env.HOSTILE_SEEDS ?? 120);
const FROM = Number(process.env.HOSTILE_FROM ?? 1);

Error.stackTraceLimit = 40;
const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** What may stand where something else was wanted. */
const NASTY = [
  ...[
    "",
    " ",
    "*",
    "?",
    ",",
    ";",
    ";;",
    "<>",
    "<",
    '"',
    '"\\',
    "0",
    "-1",
    "4294967296",
    "1e9",
    "%00",
    "%",
    "\\",
  ],
  ...[
    '"\\\0"',
    'a;b="\\\0"',
    '"\\\0" <sip:a@b>;tag="\\\0"',
    "<sip:\\\0@b>",
    "sip:",
    "<sip:@>",
    "<sip:a@[::1]>",
    "sips:a",
  ],
  ...[
    "z9hG4bK",
    "SIP/2.0/UDP x;branch=z9hG4bK",
    "SIP/2.0/UDP [::]:0;maddr=0.0.0.0",
    "1 ACK",
    "2147483647 BYE",
    "x".repeat(3000),
  ],
  ...[
    'Digest realm="\\\0", nonce="\\\0"',
    "Digest",
    "Digest ,",
    "Bearer",
    'Digest realm="a", nonce="b", qop="auth-int,\\\0"',
  ],
  ...[
    "presence;id=\\",
    'presence;id="\\\0"',
    "active;expires=x",
    "terminated;reason=giveup;retry-after=4294967295",
    "refer;id=1",
  ],
  ...[
    "100rel",
    "timer",
    "gruu,outbound,100rel,timer",
    "90;refresher=uas",
    "0;refresher=uac",
    "1 1 INVITE",
    "0 0 x",
  ],
  ...["multipart/mixed;boundary=\\", "a/b;charset=\\", "message/sipfrag", "gzip", "\u00e9\u00ff", "\u0000"],
];

const NAMES = [
  ...[
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Route",
    "Record-Route",
    "Max-Forwards",
    "Expires",
    "Event",
  ],
  ...[
    "Subscription-State",
    "RSeq",
    "RAck",
    "Session-Expires",
    "Min-SE",
    "Require",
    "Supported",
    "Proxy-Require",
  ],
  ...[
    "WWW-Authenticate",
    "Authorization",
    "Authentication-Info",
    "SIP-ETag",
    "SIP-If-Match",
    "Refer-To",
    "Replaces",
  ],
  ...[
    "Refer-Sub",
    "Retry-After",
    "Min-Expires",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Path",
    "Reason",
  ],
  ...[
    "Service-Route",
    "Flow-Timer",
    "Date",
    "Timestamp",
    "Accept",
    "Allow",
    "Unsupported",
    "Warning",
    "Max-Breadth",
  ],
];

/** Does something to a line of the head: to leave the rest whole gets further in. */
function bend(random: Rng, text: string): string {
  const end = text.indexOf("\r\n\r\n");
  const lines = text.slice(0, end).split("\r\n");
  const at = 1 + random.below(lines.length - 1);
  const name = lines[at]?.split(":", 1)[0] ?? "X";
  const nasty = NASTY[random.below(NASTY.length)]!;
  switch (random.below(7)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[at]!);
      break;
    case 2:
      lines[at] = `${name}: ${nasty}`;
      break;
    case 3:
      lines[at] += [";", ",", " "][random.below(3)]! + nasty;
      break;
    case 4:
      lines.splice(at, 0, `${NAMES[random.below(NAMES.length)]}: ${nasty}`);
      break;
    case 5:
      lines[at] = `${NAMES[random.below(NAMES.length)]}: ${lines[at]!.slice(name.length + 1)}`;
      break;
    default:
      lines[0] = lines[0]!.replace(/\d{3}|\S+/, (found) =>
        /^\d/.test(found)
          ? `${[100, 183, 202, 299, 301, 401, 407, 408, 423, 481, 491, 503, 699][random.below(13)]}`
          : found,
      );
  }
  return `${lines.join("\r\n")}${text.slice(end)}`;
}

/** Has a transport change one message in so many. */
function poison(transport: Transport, random: Rng, oneIn: () => number): void {
  const send = transport.send.bind(transport);
  let other: Uint8Array = encoder.encode("OPTIONS sip:a SIP/2.0\r\n\r\n");
  transport.send = (data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed) => {
    const before = other;
    other = data.slice();
    const rate = oneIn();
    if (rate === 0 || data.length < 10 || random.below(rate) !== 0) return send(data, flow, failed);
    if (random.below(3) > 0) {
      let text = decoder.decode(data);
      for (let times = 1 + random.below(2); times > 0; times--) text = bend(random, text);
      return send(
        Uint8Array.from(text, (char) => char.charCodeAt(0)),
        flow,
        failed,
      );
    }
    const work = makeWork();
    work.data.set(data);
    work.length = data.length;
    mutate(random, work, before);
    return send(work.data.slice(0, work.length) as Uint8Array<ArrayBuffer>, flow, failed);
  };
}

const credentials = () => new DigestClient({ credentials: { username: "bob", password: "zanzibar" } });

/** What a careful user writes: nothing of his own code throws. */
const carefully = (work: () => unknown): void => {
  try {
    void Promise.resolve(work()).catch(() => {});
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
  }
};

function answering(it: Agent, random: Rng): void {
  it.onInvite = (call) =>
    carefully(async () => {
      if (random.below(8) === 0) return call.reject(486);
      call.ring(180);
      if (random.below(2) === 0)
        await call.ringReliably(183, { body: "early" }).catch(() => call.reject(500));
      if (call.state !== "ringing") return;
      it.sessions.push(call.accept({ body: "answer" }));
    });
  it.handlers = {
    onOffer: (offer) => carefully(() => offer.accept({ body: "answer" })),
    onRefer: (refer) => carefully(() => refer.accept().notify(200)),
  };
  it.onOther = (request, transaction) =>
    carefully(() => {
      if (request.method === "SUBSCRIBE") {
        const notifier = it.ua
          .incomingSubscription(request, transaction)
          ?.accept({ state: () => ({ body: "<open/>" }) });
        if (random.below(2) === 0) notifier?.notify({ body: "<closed/>" });
      } else if (request.method === "REFER") it.ua.incomingRefer(request, transaction)?.accept().notify(180);
      else transaction.respond(405);
    });
}

/** An evening of calls. */
async function evening(seed: number): Promise<void> {
  const random = rng(seed);
  const world = new SipWorld({ delay: [1, 20], seed });
  let hostile = true;
  const oneIn = () => (hostile ? 6 : 0);
  const digest = new DigestServer({
    realm: "example.com",
    secret: "s",
    now: () => world.clock.now(),
    lookup: () => ({ password: "zanzibar" }),
  });
  const proxy = await proxied(world);
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({
    stack: proxy.phone.stack,
    location,
    gruuSecret: "g",
    aor: (uri) => uri.user,
  });
  const server = await world.phone("server", "UDP", { aliases: ["example.com"] });
  const etags = { next: 1 };
  const serve = async (request: Request, transaction: ServerTransaction) => {
    const verdict = await digest.check(request);
    if (!verdict.ok) return transaction.respond(digest.challenge(request, verdict));
    if (request.method === "REGISTER") return transaction.respond(await registrar.register(request));
    const response = request.createResponse(200);
    response.headers.set("SIP-ETag", `e${etags.next++}`).set("Expires", 60);
    transaction.respond(response);
  };
  server.answer = (request, transaction) =>
    void (
      transaction &&
      serve(request, transaction).catch((error) => {
        if (!(error instanceof SipError && error.status === 400)) throw error;
        transaction.respond(400);
      })
    );
  const at = { target: { protocol: "UDP", ...server.transport.local } };
  const via = { target: { protocol: "UDP", ...proxy.phone.transport.local } };
  const thrown: unknown[] = [];
  const onError = (error: unknown) => void thrown.push(error);
  const alice = await agent(world, "alice", "UDP", { onError });
  const bob = await agent(world, "bob", "UDP", { onError });
  const carol = await agent(world, "carol", "UDP", { onError });
  proxy.targets = ({ inDialog, request }) =>
    inDialog ? [{ uri: request.uri }] : [{ uri: bob.uri }, { uri: carol.uri }];
  for (const it of [bob, carol, alice]) answering(it, random);
  for (const { transport } of world.phones) poison(transport, random, oneIn);

  const registration = new Registration({
    ...{ stack: bob.phone.stack, registrar: "sip:example.com", aor: "<sip:bob@example.com>", send: at },
    ...{ credentials: credentials(), expires: 60, instance: "urn:uuid:1", regId: 1, keepAlive: 20 },
  });
  const published = alice.ua.publish(
    "sip:alice@example.com",
    "presence",
    alice.init({
      body: "<open/>",
      contentType: "application/pidf+xml",
      headers: { Route: `<sip:${server.transport.sentBy};lr>` },
    }),
  );
  const watching = [bob, carol].map(({ uri }) =>
    alice.ua.subscribe(uri, "presence", alice.init({ headers: { Expires: 100 } })),
  );
  const handlers = {
    onOffer: bob.handlers.onOffer!,
    answer: () => ({ body: "answer" }),
    onRefer: bob.handlers.onRefer!,
  };
  for (let calls = 0; calls < 3; calls++) {
    const init = calls === 1 ? {} : { body: "offer" };
    const call = alice.invite(bob, init, handlers, { ...via, sessionExpires: 90 } as object);
    carefully(async () => {
      const session = await call.session;
      for (const step of [
        () => session.request("INFO"),
        () => session.update({ body: "offer" }),
        () => session.reinvite({ body: "offer" }),
        () => bob.sessions.at(-1)?.reinvite({ body: "offer" }),
        () => void session.refer(carol.uri, {}),
      ])
        await (async () => step())().catch(() => {});
      if (random.below(2) === 0) await session.bye();
    });
    if (random.below(5) === 0) world.clock.set(() => call.cancel(), random.below(200));
    await world.pass(40_000);
  }
  published.update({ body: "<busy/>" });
  await world.pass(200_000);
  hostile = false;
  for (const watched of watching) watched.unsubscribe();
  published.remove();
  await Promise.race([registration.unregister(), world.pass(200_000)]);
  registration.close();
  // Whoever comes late finds nobody.
  for (const it of [alice, bob, carol]) {
    it.guard = (request, transaction) => {
      if (request.headers.get("To")?.tag !== undefined) return false;
      transaction?.respond(480);
      return true;
    };
    it.ua.hangUp();
  }
  await world.pass(200_000);
  for (const { ua } of [alice, bob, carol]) ua.close();
  await world.end();
  // What a core throws of a request that cannot be read has it answered 400. Whatever else is thrown is a fault.
  const failed = [...world.phones.flatMap(({ errors }) => errors), ...proxy.errors]
    .filter(({ code }) => code === "core_failed")
    .map(({ cause }) => (cause instanceof Error ? (cause.stack ?? "") : String(cause)))
    .filter(
      (stack) =>
        !/^SipError/.test(stack) || (/Inbound|ClientTransaction/.test(stack) && !/onRequest/.test(stack)),
    );
  expect(failed).toEqual([]);
  // What a user agent tells: that an ACK has nowhere to go, say.
  expect(thrown.filter((error) => !(error instanceof SipError))).toEqual([]);
  expect(proxy.failed.filter((cause) => !(cause instanceof SipError && cause.status === 400))).toEqual([]);
}

it.each(Array.from({ length: Math.ceil(SEEDS / 20) }, (_, i) => FROM + 20 * i))(
  "does no harm (seeds from %i)",
  { timeout: 600_000 },
  async (first) => {
    const loose: string[] = [];
    const note = (reason: unknown) =>
      void loose.push(reason instanceof Error ? `${reason.stack}` : String(reason));
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
    try {
      for (let seed = first; seed < first + 20; seed++) {
        try {
          await evening(seed);
          await new Promise((resolve) => setImmediate(resolve));
          expect(loose).toEqual([]);
        } catch (error) {
          throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, {
            cause: error,
          });
        }
      }
    } finally {
      process.off("unhandledRejection", note);
      process.off("uncaughtException", note);
    }
  },
);
