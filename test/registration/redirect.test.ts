// A registrar that sends its client elsewhere (RFC 3261 §8.1.3.4, §21.3): where the client goes, how often, and where not.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import type { Response } from "../../src/message/response.ts";
import type { RegistrationOptions } from "../../src/registration/options.ts";
import { Registration } from "../../src/registration/registration.ts";
import { type Answer, type Phone, SipWorld } from "../support/sip-world.ts";

const to =
  (status: number, ...contacts: string[]): Answer =>
  (request, transaction) => {
    const response = request.createResponse(status);
    response.headers.set("Contact", contacts);
    transaction?.respond(response);
  };
const at = (phone: Phone, more = "") => `<sip:${phone.transport.sentBy}${more}>`;
/** What a registrar was asked, in order: the Request-URIs. */
const asked = ({ requests }: Phone) => requests.map(({ uri }) => `${uri}`);

async function scene(options: Partial<RegistrationOptions> = {}, protocol = "UDP") {
  const world = new SipWorld();
  const names = ["first", "second", "third", "bob"];
  const [first, second, third, bob] = (await Promise.all(
    names.map((name) => world.phone(name, protocol)),
  )) as [Phone, Phone, Phone, Phone];
  const log: (number | string | undefined)[] = [];
  const begin = (more: Partial<RegistrationOptions> = {}) =>
    new Registration({
      stack: bob.stack,
      registrar: "sip:example.com",
      aor: "<sip:bob@example.com>",
      contact: `<${bob.uri}>`,
      send: { target: { protocol, ...first.transport.local } },
      follow: true,
      onRegistered: ({ status }) => void log.push(status),
      onFailed: (cause, retry) =>
        void log.push("code" in cause ? cause.code : cause.status, retry && "again"),
      ...options,
      ...more,
    });
  return { world, first, second, third, bob, log, begin };
}

describe("a registrar that sends elsewhere", () => {
  it.each([300, 301, 302])(
    "is followed for a %i: to the URI without its user, with the next CSeq",
    async (status) => {
      const { world, first, second, log, begin } = await scene();
      first.answer = to(status, `<sip:bob@${second.transport.sentBy};method=INVITE?Subject=x>;q=0.5`);
      const registration = begin();
      await world.pass(100);
      expect([log, registration.state]).toEqual([[200], "registered"]);
      expect(asked(second)).toEqual([`sip:${second.transport.sentBy}`]);
      const [one, two] = [first.requests[0]!.headers, second.requests[0]!.headers];
      for (const name of ["From", "To", "Call-ID", "Contact"]) expect(two.raw(name)).toEqual(one.raw(name));
      expect([one.get("CSeq")?.number, two.get("CSeq")?.number]).toEqual([1, 2]);
      registration.close();
    },
  );

  it("is not followed unless one is told to: the user hears of it, and it is asked again later", async () => {
    const { world, first, second, log, begin } = await scene();
    first.answer = to(302, at(second));
    const registration = begin({ follow: false });
    await world.pass(100);
    expect([log, registration.state, second.requests.length]).toEqual([[302, "again"], "failed", 0]);
    registration.close();
  });

  it("is followed where the user says so, who is asked of each place, the best first", async () => {
    const { world, first, second, third, log, begin } = await scene();
    first.answer = to(300, at(second, ";a"), `${at(third)};q=0.2`, `${at(second)};q=0.9`);
    const offered: string[] = [];
    const registration = begin({
      follow(uri, { status }) {
        offered.push(`${status} ${uri}`);
        return uri.hostPort === third.transport.sentBy;
      },
    });
    await world.pass(100);
    const [there, best] = [third, second].map(({ transport }) => `300 sip:${transport.sentBy}`);
    expect(offered).toEqual([`${best};a`, best, there]);
    expect([log, second.requests.length, third.requests.length]).toEqual([[200], 0, 1]);
    registration.close();
  });

  it("and the place fails: the next one is tried, and what the last has said is told (§8.1.3.4)", async () => {
    const { world, first, second, third, log, begin } = await scene();
    first.answer = to(302, `${at(second)};q=1`, `${at(third)};q=0.1`, "<sip:nowhere;transport=sctp>;q=0.5");
    second.answer = (_request, transaction) => transaction?.respond(503);
    const registration = begin();
    await world.pass(100);
    expect([log, third.requests.length]).toEqual([[200], 1]);
    third.answer = (_request, transaction) => transaction?.respond(403);
    registration.refresh();
    await world.pass(100);
    expect(log).toEqual([200, 403, undefined]);
    registration.close();
  });

  it("for now is asked first again by the next REGISTER; for good it is not, until the new one fails", async () => {
    for (const [status, expected] of [
      [302, [2, 2]],
      [301, [1, 2]],
    ] as const) {
      const { world, first, second, log, begin } = await scene();
      first.answer = to(status, at(second));
      const registration = begin();
      await world.pass(100);
      registration.refresh();
      await world.pass(100);
      expect([first.requests.length, second.requests.length]).toEqual(expected);
      second.answer = (_request, transaction) => transaction?.respond(503);
      registration.refresh();
      await world.pass(100);
      first.answer = (_request, transaction) => transaction?.respond(200);
      await world.pass(70_000);
      expect(log).toEqual([200, 200, 503, "again", 200]);
      registration.close();
    }
  });

  it("to a proxy (305) is gone by it, with the same Request-URI", async () => {
    const { world, first, second, log, begin } = await scene();
    first.answer = to(305, at(second));
    const registration = begin();
    await world.pass(100);
    expect([log, asked(second)]).toEqual([[200], ["sip:example.com"]]);
    expect(second.requests[0]!.headers.raw("Route")).toEqual([`<sip:${second.transport.sentBy};lr>`]);
    registration.close();
  });

  it("is followed by who takes his binding back, too", async () => {
    const { world, first, second, begin } = await scene();
    first.answer = to(302, at(second));
    const registration = begin();
    await world.pass(100);
    const done = registration.unregister();
    await world.pass(100);
    await done;
    expect(second.requests.map(({ headers }) => headers.get("Expires"))).toEqual([3600, 0]);
  });

  it("keeps the flow to where it has registered", async () => {
    const { world, first, second, begin } = await scene();
    first.answer = to(302, at(second));
    const registration = begin();
    await world.pass(100);
    expect(registration.flow?.remote).toEqual(second.transport.local);
    registration.close();
  });
});

describe("is not followed", () => {
  it("in a circle, nor for ever", async () => {
    const { world, first, second, log, begin } = await scene();
    first.answer = to(302, at(second));
    second.answer = to(302, at(first), at(second), `<sip:${second.transport.sentBy};x=y>`);
    const registration = begin();
    await world.pass(100);
    expect([log, first.requests.length, second.requests.length]).toEqual([[302, "again"], 2, 2]);
    let n = 0;
    const endless: Answer = (request, transaction) =>
      to(302, `<sip:${second.transport.sentBy};n=${n++}>`)(request, transaction);
    first.answer = endless;
    second.answer = endless;
    registration.refresh();
    await world.pass(1000);
    expect([log, n]).toEqual([[302, "again", 302, "again"], 6]);
    registration.close();
  });

  it("from sips to sip, whatever the user says; from sip to sips it is", async () => {
    const { world, first, second, log, begin } = await scene({ contact: "<sips:bob@192.0.2.9>" }, "TLS");
    first.answer = to(302, at(second, ";transport=tls"));
    const registration = begin({ registrar: "sips:example.com", follow: () => true });
    await world.pass(100);
    expect([log, second.requests.length]).toEqual([[302, "again"], 0]);
    first.answer = to(305, at(second, ";transport=tls"));
    registration.refresh();
    await world.pass(100);
    expect([log.length, second.requests.length]).toEqual([4, 0]);
    first.answer = to(302, `<sips:${second.transport.sentBy}>`);
    second.answer = to(302, at(first));
    registration.refresh();
    await world.pass(100);
    expect([log.length, second.requests.length, first.requests.length]).toEqual([6, 1, 3]);
    registration.close();
  });

  it("from TLS to what is not, unless the user says so", async () => {
    const { world, first, second, third, log, begin } = await scene();
    const [tls, udp] = [world.network.transport({ protocol: "TLS" }), world.network.transport()];
    const carol = await world.phone("carol", "TLS", { transports: [tls, udp] });
    const secure = await world.phone("secure", "TLS");
    secure.answer = to(302, at(second), at(third, ";transport=tls"));
    const send = { target: { protocol: "TLS", ...secure.transport.local } };
    const registration = begin({ stack: carol.stack, send });
    await world.pass(100);
    expect([second.requests.length, registration.state]).toEqual([0, "failed"]);
    registration.close();
    const other = begin({ stack: carol.stack, send, follow: () => true });
    await world.pass(100);
    expect([second.requests.length, other.state]).toEqual([1, "registered"]);
    other.close();
    expect(first.requests.length + log.length).toBeGreaterThan(0);
  });

  it.each(["", "<tel:+1>", "*", "<sip:a@[::1>"])("to %j", async (contact) => {
    const { world, first, log, begin } = await scene();
    first.answer = (request, transaction) => {
      const response = request.createResponse(302);
      if (contact) response.headers.set("Contact", contact);
      transaction?.respond(response);
    };
    const registration = begin();
    await world.pass(100);
    expect([log, first.requests.length]).toEqual([[302, "again"], 1]);
    registration.close();
  });

  it("where the user's code throws: that is told", async () => {
    const { world, first, second, begin } = await scene();
    first.answer = to(302, at(second));
    const told: (Response | SipError)[] = [];
    const registration = begin({
      follow() {
        throw new Error("no");
      },
      onFailed: (cause) => void told.push(cause),
    });
    await world.pass(100);
    expect(told).toMatchObject([{ code: "core_failed" }]);
    expect(told[0]).toBeInstanceOf(SipError);
    registration.close();
  });

  it("once it was closed", async () => {
    const { world, first, second, begin } = await scene();
    first.answer = to(302, at(second));
    const registration = begin();
    registration.close();
    await world.pass(100);
    expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
  });
});
