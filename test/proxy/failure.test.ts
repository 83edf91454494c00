// What a proxy's user may name when all targets have failed: a call is forwarded on busy, or where nobody answers.

import { expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import type { ForwardOptions } from "../../src/proxy/options.ts";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

/** Of the phones, which answer with these statuses, the first is called; `more` says what follows a failure. */
async function world(
  statuses: readonly number[],
  more: (status: number, phones: readonly Phone[]) => unknown,
  forward: ForwardOptions = {},
) {
  const world = new SipWorld();
  const [alice, proxy] = [await world.phone("alice"), await proxied(world)];
  const phones: Phone[] = [];
  for (const [index, status] of statuses.entries()) {
    const phone = await world.phone(`p${index}`);
    phone.answer = (_request, transaction) => transaction?.respond(status);
    phones.push(phone);
  }
  const asked: number[] = [];
  proxy.targets = [{ uri: phones[0]!.uri }];
  proxy.forward = {
    ...forward,
    onFailure(best) {
      asked.push(best.status);
      return more(best.status, phones) as readonly ProxyTarget[];
    },
  };
  const call = (method = "INVITE") => alice.send(alice.request(method, "sip:bob@example.com"), proxy.phone);
  const called = () => phones.map(({ methods }) => methods.filter((each) => each !== "ACK").length);
  return { world, proxy, phones, asked, call, called };
}

const to = (...phones: (Phone | undefined)[]) => phones.map((phone) => ({ uri: phone!.uri }));

it.each([
  [486, [1, 1, 0]],
  [480, [1, 0, 1]],
])("one who is asked for another after a %i", async (status, expected) => {
  const it = await world([status, 200, 200], (best, phones) => to(phones[best === 486 ? 1 : 2]));
  const { final } = it.call();
  await it.world.pass();
  expect([(await final).status, it.asked, it.called()]).toEqual([200, [status], expected]);
});

it("hears of a 503, which the caller is told as 500 (§16.7 step 6), with its Retry-After", async () => {
  const it = await world([503], () => undefined);
  const after: string[][] = [];
  const { onFailure } = it.proxy.forward;
  it.proxy.forward = {
    onFailure(best) {
      after.push([...best.headers.raw("Retry-After")]);
      return onFailure?.(best);
    },
  };
  it.phones[0]!.answer = (request, transaction) => {
    const response = request.createResponse(503);
    response.headers.set("Retry-After", 60);
    transaction?.respond(response);
  };
  const { final } = it.call();
  await it.world.pass();
  const { status, headers } = await final;
  expect([it.asked, after, status, headers.has("Retry-After")]).toEqual([[503], [["60"]], 500, false]);
});

it("may take his time, and is asked again, about those that he has named", async () => {
  const answers = [1, 2];
  const it = await world([486, 480, 404], async (_best, phones) => {
    const next = answers.shift();
    return next ? to(phones[next]) : undefined;
  });
  const { final } = it.call();
  await it.world.pass();
  // The best of all goes to the caller.
  expect([(await final).status, it.asked, it.proxy.finals]).toEqual([486, [486, 480, 404], [486]]);
});

it.each([
  ["rings", 180],
  ["says nothing", 0],
])("a phone that %s in vain counts as 408, as soon as it is given up", async (_, status) => {
  const it = await world([180, 200], (_best, phones) => to(phones[1]), { noAnswer: 5_000 });
  it.phones[0]!.answer = (_request, transaction) => void (status && transaction?.respond(status));
  const { final } = it.call();
  await it.world.pass(5_000);
  expect([(await final).status, it.asked]).toEqual([200, [408]]);
});

it("whom he has named before is not called twice (RFC 3261 §16.5)", async () => {
  const it = await world([486, 480], (_best, phones) => to(...phones, phones[1]));
  const { final } = it.call();
  await it.world.pass();
  expect([(await final).status, it.asked, it.called()]).toEqual([486, [486, 480], [1, 1]]);
});

it("is not asked after a 6xx (§16.7 step 5), nor where somebody has accepted", async () => {
  for (const status of [603, 200]) {
    const it = await world([status, 200], (_best, phones) => to(phones[1]));
    const { final } = it.call();
    await it.world.pass();
    expect([(await final).status, it.asked, it.called()]).toEqual([status, [], [1, 0]]);
  }
});

it("another request than INVITE goes on, too", async () => {
  const it = await world([404, 200], (_best, phones) => to(phones[1]));
  const { final } = it.call("MESSAGE");
  await it.world.pass();
  expect((await final).status).toBe(200);
});

it("the caller may give up meanwhile", async () => {
  let answer: (more: unknown) => void = () => {};
  const it = await world([486, 200], () => new Promise((resolve) => (answer = resolve)));
  const sent = it.call();
  await it.world.pass();
  sent.cancel();
  await it.world.pass();
  expect((await sent.final).status).toBe(486);
  answer(to(it.phones[1]));
  await it.world.pass();
  expect(it.called()).toEqual([1, 0]);
});

it.each([
  ["throws", () => Promise.reject(new SipError("closed", "no database")), "closed"],
  ["names one target alone", () => ({ uri: "sip:carol@example.com" }), "value_invalid"],
  ["names what is no URI", () => [{ uri: "" }], "uri_invalid"],
])("where he %s the caller gets what there was, and `forward` rejects", async (_, more, code) => {
  const it = await world([486], more);
  const { final } = it.call();
  await it.world.pass();
  expect((await final).status).toBe(486);
  expect(it.proxy.failed).toMatchObject([{ code }]);
});

it("challenges stand in the answer once", async () => {
  const it = await world([407], () => undefined);
  it.phones[0]!.answer = (request, transaction) => {
    const response = request.createResponse(407);
    response.headers.set("Proxy-Authenticate", 'Digest realm="a", nonce="b"');
    transaction?.respond(response);
  };
  it.proxy.targets = [{ uri: it.phones[0]!.uri }, { uri: it.phones[0]!.uri.replace("p0", "p9") }];
  const { final } = it.call();
  await it.world.pass();
  expect((await final).headers.raw("Proxy-Authenticate")).toHaveLength(2);
});
