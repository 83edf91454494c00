// sendWithCredentials: over a network, through a proxy that asks, too.

import { describe, expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { sendWithCredentials } from "../../src/digest/send.ts";
import { DigestServer } from "../../src/digest/server.ts";
import { SipWorld } from "../support/sip-world.ts";

const bob = { username: "bob", password: "zanzibar" };
const lookup = () => ({ password: "zanzibar" });

/** A phone that asks for credentials in these realms, one after the other. */
async function asked(...realms: string[]) {
  const world = new SipWorld();
  const [alice, server] = [await world.phone("alice"), await world.phone("server")];
  const servers = realms.map((realm, i) => new DigestServer({ realm, lookup, proxy: i > 0 }));
  server.answer = async (request, transaction) => {
    if (!transaction) return;
    for (const each of servers) {
      const verdict = await each.check(request);
      if (!verdict.ok) return transaction.respond(each.challenge(request, verdict));
    }
    transaction.respond(200);
  };
  return { world, alice, server };
}

describe("sendWithCredentials", () => {
  it.each(["OPTIONS", "INVITE"])("%s: two realms, a new branch and CSeq each", async (method) => {
    const { world, alice, server } = await asked("one", "two");
    const seen: number[] = [];
    const handle = sendWithCredentials(alice.stack, alice.request(method, server.uri), {
      credentials: bob,
      onResponse: ({ status }) => void seen.push(status),
    });
    await world.pass(100);
    expect((await handle.final).status).toBe(200);
    expect(seen.filter((status) => status !== 100)).toEqual([200]);
    const requests = server.requests.filter((each) => each.method === method);
    expect(requests.map(({ headers }) => headers.get("CSeq")?.number)).toEqual([1, 2, 3]);
    expect(new Set(requests.map(({ headers }) => headers.first("Via")?.branch)).size).toBe(3);
    expect(requests.map(({ headers }) => headers.get("Via").length)).toEqual([1, 1, 1]);
    await world.pass(200_000);
  });

  it("gives the challenge to the caller where it cannot answer", async () => {
    const { world, alice, server } = await asked("one");
    const wrong = { username: "bob", password: "?" };
    for (const credentials of [wrong, () => undefined]) {
      const { final } = sendWithCredentials(alice.stack, alice.request("OPTIONS", server.uri), {
        credentials,
      });
      await world.pass(100);
      expect((await final).status).toBe(401);
    }
    expect(server.requests.length).toBe(3);
    await world.pass(200_000);
  });

  it("says nothing more of a request that was terminated while credentials were looked up", async () => {
    const { world, alice, server } = await asked("one");
    let found: (user: typeof bob) => void = () => {};
    const credentials = new DigestClient({ credentials: () => new Promise((resolve) => (found = resolve)) });
    const told: number[] = [];
    const onResponse = ({ status }: { status: number }) => void told.push(status);
    const sent = alice.stack.send(alice.request("OPTIONS", server.uri), { credentials, onResponse });
    await world.pass(100);
    sent.terminate();
    await expect(sent.final).rejects.toMatchObject({ code: "terminated" });
    found(bob);
    await world.pass(100);
    expect([told, server.requests.length]).toEqual([[], 1]);
  });

  it("remembers a challenge, where it gets a client", async () => {
    const { world, alice, server } = await asked("one");
    const credentials = new DigestClient({ credentials: bob });
    for (let i = 0; i < 3; i++) {
      const request = alice.request("OPTIONS", server.uri);
      credentials.authorize(request, ["one"]);
      const { final } = sendWithCredentials(alice.stack, request, { credentials });
      await world.pass(100);
      expect((await final).status).toBe(200);
    }
    expect(server.requests.length).toBe(4);
    await world.pass(200_000);
  });

  it("reports a look-up that fails, and a request that was given up", async () => {
    const { world, alice, server } = await asked("one");
    const down = sendWithCredentials(alice.stack, alice.request("OPTIONS", server.uri), {
      credentials: () => Promise.reject(new Error("down")),
    });
    await world.pass(100);
    expect((await down.final).status).toBe(401);
    expect(alice.errors.map(({ code }) => code)).toEqual(["core_failed"]);

    const gone = sendWithCredentials(alice.stack, alice.request("OPTIONS", server.uri), { credentials: bob });
    gone.abort();
    await expect(gone.final).rejects.toMatchObject({ code: "aborted" });
    await world.pass(200_000);
  });
});
