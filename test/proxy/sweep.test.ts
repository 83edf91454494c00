// A sweep over what is forwarded, by seeds: phones that ring, answer, refuse, redirect or fall silent, a caller who gives up,
// connections that break, a network that loses. However it ends, the caller hears of one outcome, no phone rings on, and
// nothing is left anywhere.

import { describe, expect, it } from "vitest";
import { createAck } from "../../src/message/create-ack.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import type { SentRequest } from "../../src/stack/options.ts";
import { AckKeeper } from "../../src/transaction/ack-keeper.ts";
import { AnswerKeeper } from "../../src/transaction/answer-keeper.ts";
import type { ClientTransaction } from "../../src/transaction/client-transaction.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { Dice } from "../sim/dice.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { type Proxied, proxied } from "./support.ts";

/** What a phone ends with; 0 for one that says nothing any more. */
const ENDS = [200, 200, 200, 200, 486, 503, 302, 401, 407, 603, 404, 408, 430, 500, 0] as const;
/** Nobody is at these. */
const NOWHERE = [
  "sip:x@10.99.0.1",
  "sip:x@10.99.0.2;transport=tcp",
  "sip:x@h.invalid;transport=sctp",
  "tel:1",
];

/** Who is called. */
class Callee {
  readonly phone: Phone;
  /** What became of each 2xx to an INVITE. */
  readonly accepted: string[] = [];
  /** It rang for longer than Timer C lets it. */
  rangOn = false;
  readonly #dice: Dice;
  readonly #world: SipWorld;
  readonly #answers: AnswerKeeper;

  constructor(phone: Phone, world: SipWorld, dice: Dice, others: readonly string[]) {
    this.phone = phone;
    this.#dice = dice;
    this.#world = world;
    this.#answers = new AnswerKeeper(phone.stack);
    phone.answer = (request, transaction) => {
      if (transaction) void this.#answer(request, transaction, others);
      else this.#answers.acknowledge(request);
    };
  }

  async #answer(request: Request, transaction: ServerTransaction, others: readonly string[]): Promise<void> {
    const dice = this.#dice;
    const invite = request.method === "INVITE";
    const rings = Array.from({ length: invite ? dice.between(0, 2) : 0 }, () =>
      dice.pick(100, 180, 182, 183),
    );
    for (const status of [...rings, dice.pick(...ENDS)]) {
      await this.#wait(status === 0 ? 300_000 : dice.pick(0, 10, 300, 1_000, 4_000, 20_000));
      if (!transaction.waiting) return;
      if (status === 0) {
        this.rangOn = true;
        transaction.respond(480);
        return;
      }
      const response = request.createResponse(status);
      const contact = status === 302 ? dice.pick(...others) : this.phone.uri;
      if (status > 100) response.headers.set("Contact", `<${contact}>`);
      if (!invite || status !== 200) transaction.respond(response);
      else
        this.#answers.accept(transaction, response, (outcome) => {
          this.accepted.push(outcome instanceof Error ? outcome.code : "acknowledged");
        });
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#world.clock.set(resolve, milliseconds));
  }
}

/** Who calls, and acknowledges. */
class Caller {
  readonly finals: number[] = [];
  readonly errors: string[] = [];
  readonly sent: SentRequest;
  readonly #acks: AckKeeper;

  constructor(phone: Phone, world: SipWorld, method: string, to: Phone) {
    const { clock } = world;
    const { timers } = phone.stack;
    this.#acks = new AckKeeper({ clock, timers, send: (ack) => phone.stack.sendStateless(ack) });
    const { protocol } = phone.transport;
    this.sent = phone.stack.send(phone.request(method, "sip:bob@example.com"), {
      target: { protocol, ...to.transport.local },
      onResponse: (response, transaction) => this.#heard(response, transaction),
      onError: ({ code }) => void this.errors.push(code),
    });
  }

  #heard(response: Response, transaction: ClientTransaction): void {
    const { status, statusClass } = response;
    if (status >= 200) this.finals.push(status);
    if (statusClass !== 2 || transaction.method !== "INVITE" || this.#acks.receive(response)) return;
    this.#acks.acknowledge(response, createAck(transaction.request, response));
  }
}

function targetsOf(dice: Dice, callees: readonly Callee[]): ProxyTarget[] {
  const one = (): ProxyTarget => {
    if (dice.chance(0.15)) return { uri: dice.pick(...NOWHERE) };
    const { uri, transport } = dice.pick(...callees).phone;
    const hop = { protocol: transport.protocol, ...transport.local };
    const dead = { protocol: dice.pick("UDP", "TCP"), host: "10.99.0.1", port: 5060 };
    return dice.chance(0.3) ? { uri, hops: [dead, hop] } : { uri };
  };
  return Array.from({ length: dice.between(1, 5) }, () => ({
    ...one(),
    ...(dice.chance(0.4) && { q: dice.pick(0.2, 0.5, 1) }),
    ...(dice.chance(0.2) && { instead: [one()] }),
  }));
}

async function run(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const loss = dice.pick(0, 0, 0.15);
  const world = new SipWorld({ seed, loss, delay: [1, dice.pick(1, 50, 300)] });
  const proxy: Proxied = await proxied(world, {}, ["UDP", "TCP"]);
  const phones: Phone[] = [];
  for (const name of ["bob", "carol", "dave"]) phones.push(await world.phone(name, dice.pick("UDP", "TCP")));
  const uris = [...phones.map(({ uri }) => uri), ...NOWHERE];
  const callees = phones.map((phone) => new Callee(phone, world, dice.split(), uris));
  const found = targetsOf(dice, callees);
  proxy.targets = async ({ request, viaUs, inDialog }) => {
    if (viaUs && inDialog) return [{ uri: request.uri }];
    const late = dice.chance(0.2) ? dice.pick(10, 1_000) : 0;
    if (late > 0) await new Promise<void>((resolve) => world.clock.set(resolve, late));
    return found;
  };
  const patient = dice.chance(0.6);
  proxy.forward = {
    sequential: dice.chance(0.3),
    recurse: dice.chance(0.5),
    ...(!patient && { noAnswer: dice.pick(500, 3_000, 10_000), hopTimeout: dice.pick(300, 2_000) }),
  };
  const method = dice.pick("INVITE", "INVITE", "INVITE", "MESSAGE");
  const alice = await world.phone("alice", dice.pick("UDP", "TCP"));
  const caller = new Caller(alice, world, method, proxy.phone);
  const cancels = dice.chance(0.35);
  if (cancels) world.clock.set(() => caller.sent.cancel(), dice.pick(1, 100, 500, 2_000, 8_000, 25_000));
  const cut = dice.chance(0.3) ? dice.pick(alice, ...phones) : undefined;
  if (cut)
    world.clock.set(() => world.network.cut(cut.transport, "10.9.0.1"), dice.pick(50, 400, 1_000, 5_000));
  await world.pass(900_000);

  const { finals, errors } = caller;
  const outcomes = finals.some((status) => status < 300) ? 1 : finals.length;
  // Who has cancelled gives up 64 × T1 later, and a 408 to another request is not sent (RFC 4320 §4.2).
  if (errors.length > 0 && cut !== alice)
    expect([method !== "INVITE" || cancels, errors]).toEqual([true, ["timeout"]]);
  expect(outcomes + errors.length).toBe(1);
  expect(finals.filter((status) => status >= 300)).toHaveLength(outcomes - Number(finals.includes(200)));
  // Nothing has come of a caller whose connection broke at once.
  if (cut !== alice) expect(proxy.finals).toHaveLength(1);
  expect(proxy.failed).toEqual([]);
  // Whose connection broke before he could say that he rings cannot be cancelled (RFC 3261 §9.1).
  for (const { phone, rangOn } of callees) if (phone !== cut) expect(rangOn).toBe(false);
  const calm = loss === 0 && !cut && patient;
  if (calm)
    expect(callees.flatMap(({ accepted }) => accepted).filter((end) => end !== "acknowledged")).toEqual([]);
}

describe.each(Array.from({ length: 10 }, (_, tens) => tens))("seeds %i0 to %i9", (tens) => {
  it("end with one outcome, and nothing left", async () => {
    for (let seed = 10 * tens; seed < 10 * tens + 10; seed++) {
      try {
        await run(seed);
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
    }
  });
});
