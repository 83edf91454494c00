// A registration whose registrar asks who it is: once, and not at each refresh (RFC 3261 §22.3, RFC 7616 §3.5).

import { expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer, type DigestServerOptions } from "../../src/digest/server.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { Registration } from "../../src/registration/registration.ts";
import { SipWorld } from "../support/sip-world.ts";

/** A registration of 600 seconds with a registrar that asks for credentials; what that saw of each REGISTER. */
async function registered(options: Partial<DigestServerOptions> = {}, minExpires = 60) {
  const world = new SipWorld();
  const [server, bob] = [
    await world.phone("server", "UDP", { aliases: ["example.com"] }),
    await world.phone("bob"),
  ];
  const user = { password: "zanzibar" };
  const now = () => world.clock.now();
  const digest = new DigestServer({ realm: "example.com", lookup: () => user, now, ...options });
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({ stack: server.stack, location, minExpires });
  const seen: string[] = [];
  server.answer = async (request, transaction) => {
    const verdict = await digest.check(request);
    seen.push(verdict.ok ? `nc ${verdict.credentials.params.get("nc") ?? "-"}` : verdict.reason);
    if (!verdict.ok) return transaction?.respond(digest.challenge(request, verdict));
    const response = await registrar.register(request);
    digest.inform(response, verdict);
    transaction?.respond(response);
  };
  const registration = new Registration({
    stack: bob.stack,
    registrar: "sip:example.com",
    aor: "<sip:bob@example.com>",
    expires: 600,
    send: { target: { protocol: "UDP", ...server.transport.local } },
    credentials: new DigestClient({ credentials: { username: "bob", ...user } }),
  });
  await world.pass(100);
  return { world, registration, seen, user };
}

it("is asked once: a refresh has credentials, and so has the end", async () => {
  const { world, registration, seen } = await registered({ nonceLife: 10_000_000 });
  registration.refresh();
  await world.pass(100);
  const gone = registration.unregister();
  await world.pass(100);
  await gone;
  expect(seen).toEqual(["missing", "nc 00000001", "nc 00000002", "nc 00000003"]);
});

it("goes on with the next nonce that it was given, and is asked again for one that is too old", async () => {
  const { world, registration, seen } = await registered({ nonceLife: 1_000_000 });
  await world.pass(540_000);
  // The nonce has lived half of its life: the answer to this one names the next.
  await world.pass(540_000);
  expect(seen).toEqual(["missing", "nc 00000001", "nc 00000002", "nc 00000001"]);
  await world.pass(2_000_000);
  expect(seen).not.toContain("stale");
  registration.close();

  const short = await registered({ nonceLife: 60_000 });
  await short.world.pass(540_000);
  expect(short.seen).toEqual(["missing", "nc 00000001", "stale", "nc 00000001"]);
  short.registration.close();
});

it("is asked each time where a nonce is good for one request, and after a 423 not again", async () => {
  const { world, registration, seen } = await registered({ qop: [] });
  registration.refresh();
  await world.pass(100);
  expect(seen).toEqual(["missing", "nc -", "missing", "nc -"]);
  registration.close();
  const brief = await registered({}, 900);
  expect(brief.seen).toEqual(["missing", "nc 00000001", "nc 00000002"]);
  expect(brief.registration.state).toBe("registered");
  brief.registration.close();
});

it("whose password was changed is refused, and says so", async () => {
  const { world, registration, seen, user } = await registered();
  user.password = "another";
  registration.refresh();
  await world.pass(100);
  expect([registration.state, seen.slice(2)]).toEqual(["failed", ["wrong", "wrong"]]);
  registration.close();
});
