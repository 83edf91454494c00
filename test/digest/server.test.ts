// Challenge and answer between a DigestServer and a DigestClient, without a network.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DigestClient, type DigestClientOptions } from "../../src/digest/client.ts";
import { digestHa1 } from "../../src/digest/response.ts";
import { DigestServer, type DigestServerOptions } from "../../src/digest/server.ts";
import { Challenge } from "../../src/message/auth.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";

const bob = { username: "bob", password: "zanzibar" };
const request = (method = "REGISTER", body = "") =>
  createRequest(method, "sip:example.com", { from: "<sip:bob@example.com>", body });

function world(server: Partial<DigestServerOptions> = {}, client: Partial<DigestClientOptions> = {}) {
  const time = { now: 1_700_000_000_000 };
  const options: DigestServerOptions = {
    realm: "example.com",
    secret: "of the tests",
    lookup: async ({ username }) => (username === "bob" ? { password: "zanzibar" } : undefined),
    now: () => time.now,
    ...server,
  };
  const it = new DigestServer(options);
  const made = new DigestClient({ credentials: bob, ...client });
  /** What the client sends after a challenge by `from`. */
  const answered = async (first: Request = request(), from = it): Promise<Request> =>
    (await made.answer(first, from.challenge(first))) as Request;
  return { time, options, server: it, client: made, answered };
}

it("challenges who comes with a token (RFC 8898 §3)", async () => {
  const { server } = world();
  const first = request();
  first.headers.set("Authorization", "Bearer abc.def");
  expect(await server.check(first)).toEqual({ ok: false, reason: "missing" });
});

describe("right answers", () => {
  it("of one whose name is in the other form (RFC 7616 §3.4, §3.9.2)", async () => {
    const [username, password] = ["Jäsøn Doe", "Secret, or not?"];
    const lookup = (query: { username: string; userhash: boolean }) =>
      query.username === username && !query.userhash ? { password } : undefined;
    const { server, answered } = world({ lookup }, { credentials: { username, password } });
    const again = await answered();
    const other = "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe";
    again.headers.update("Authorization", ([one]) => `${one}`.replace(/username="[^"]*"/, other));
    expect(again.headers.get("Authorization")[0]?.params.has("username")).toBe(false);
    expect(await server.check(again)).toMatchObject({ ok: true, username });
  });

  const algorithms = ["MD5", "SHA-256", "SHA-512-256"] as const;
  const cases = algorithms.flatMap((name) =>
    (["", "-sess"] as const).flatMap((sess) =>
      ([[], ["auth"], ["auth-int"]] as const).map((qop) => [`${name}${sess}` as const, qop] as const),
    ),
  );
  it.each(cases)("%s, qop %s", async (algorithm, qop) => {
    const { server, answered, client } = world({ algorithms: [algorithm], qop });
    const again = await answered(request("MESSAGE", "hello"));
    const verdict = await server.check(again);
    expect(verdict).toMatchObject({ ok: true, username: "bob", algorithm, qop: qop[0] });
    const response = again.createResponse(200);
    response.body = "welcome";
    server.inform(response, verdict);
    expect(client.learn(again, response)).toBe(qop.length > 0 ? "proved" : "absent");
    if (!response.headers.has("Authentication-Info")) return;
    response.headers.update("Authentication-Info", (info) => info?.with("rspauth", "0".repeat(32)));
    expect(client.learn(again, response)).toBe("wrong");
  });

  it("by HA1, of the algorithm that was taken", async () => {
    const { server, answered } = world({
      lookup: ({ username, realm, algorithm }) => ({
        ha1: digestHa1(algorithm, username, realm, "zanzibar"),
      }),
    });
    expect(await server.check(await answered())).toMatchObject({ ok: true, algorithm: "SHA-256" });
  });

  it("by the hash of a name, where that is offered (RFC 7616 §3.4.4)", async () => {
    const hashed = createHash("sha256").update("bob:example.com").digest("hex");
    const { server, answered } = world({
      userhash: true,
      lookup: ({ username, userhash }) =>
        userhash && username === hashed ? { username: "bob", password: "zanzibar" } : undefined,
    });
    const again = await answered();
    expect(again.headers.raw("Authorization")[0]).toMatch(`username="${hashed}"`);
    expect(again.headers.raw("Authorization")[0]).not.toMatch("bob");
    expect(await server.check(again)).toMatchObject({ ok: true, username: "bob" });
    expect((await world().answered()).headers.raw("Authorization")[0]).not.toMatch("userhash");
  });

  it("the strongest algorithm that the client has, wherever it stands", async () => {
    const { server, options } = world({ algorithms: ["MD5", "SHA-512-256", "SHA-256"] });
    const offer = server.challenge(request());
    expect(offer.headers.get("WWW-Authenticate").map(({ params }) => params.get("algorithm"))).toEqual(
      options.algorithms,
    );
    for (const [algorithms, taken] of [
      [undefined, "SHA-512-256"],
      [["MD5", "SHA-256"], "SHA-256"],
      [["MD5"], "MD5"],
    ] as const) {
      const client = new DigestClient({ credentials: bob, ...(algorithms && { algorithms }) });
      const again = (await client.answer(request(), server.challenge(request()))) as Request;
      expect(again.headers.get("Authorization")[0]?.params.get("algorithm")).toBe(taken);
      expect((await server.check(again)).ok).toBe(true);
    }
  });

  it("a proxy's and a user agent's challenge in one response, each with its own user", async () => {
    const { server } = world();
    const proxy = new DigestServer({ realm: "edge", proxy: true, lookup: () => ({ password: "two" }) });
    const client = new DigestClient({
      credentials: async (realm) => (realm === "edge" ? { username: "b", password: "two" } : bob),
    });
    const asked = proxy.challenge(request());
    expect(asked.status).toBe(407);
    asked.headers.set("WWW-Authenticate", server.challenge(request()).headers.get("WWW-Authenticate"));
    const again = (await client.answer(request(), asked)) as Request;
    expect([(await proxy.check(again)).ok, (await server.check(again)).ok]).toEqual([true, true]);
  });

  it("of another scheme than Digest are none, Basic of RFC 2543 among them (RFC 3261 §22.4)", async () => {
    const { server, answered } = world();
    const basic = "Basic Ym9iOnNlY3JldA==";
    const one = request();
    one.headers.set("Authorization", basic);
    expect(await server.check(one)).toEqual({ ok: false, reason: "missing" });
    const both = await answered();
    both.headers.prepend("Authorization", basic);
    expect((await server.check(both)).ok).toBe(true);
  });

  it("the one to its own nonce, of several for its realm (RFC 3261 §22.3)", async () => {
    const { server, answered, options, client } = world();
    const other = new DigestServer({ ...options, secret: "of another" });
    const [theirs, ours] = [await answered(request(), other), await answered()];
    const both = (...requests: Request[]) => {
      const one = request();
      one.headers.set(
        "Authorization",
        requests.flatMap(({ headers }) => headers.get("Authorization")),
      );
      return one;
    };
    expect(await server.check(both(theirs, ours))).toMatchObject({ ok: true });
    // None is: the answer tells whoever sent them to answer anew.
    const strange = both(theirs, theirs);
    const verdict = await server.check(strange);
    expect(verdict).toEqual({ ok: false, reason: "stale" });
    const again = await client.answer(strange, server.challenge(strange, verdict));
    expect(await server.check(again!)).toMatchObject({ ok: true });
  });

  it("another machine with the same key takes the answer, one with another key asks again", async () => {
    const { server, answered, options, client } = world();
    const again = await answered();
    const other = new DigestServer({ ...options, secret: "another" });
    const verdict = await other.check(again);
    expect(verdict).toEqual({ ok: false, reason: "stale" });
    const once = (await client.answer(again, other.challenge(again, verdict))) as Request;
    expect((await other.check(once)).ok).toBe(true);
    expect((await new DigestServer(options).check(again)).ok).toBe(true);
    expect(server.size).toBe(0);
  });
});

describe("wrong answers", () => {
  const reason = async (server: DigestServer, each: Request) => {
    const verdict = await server.check(each);
    return verdict.ok ? "ok" : verdict.reason;
  };

  it("none, a wrong password, nobody; the same question is not answered twice", async () => {
    const { server } = world();
    expect(await reason(server, request())).toBe("missing");
    for (const user of [
      { username: "bob", password: "x" },
      { username: "eve", password: "zanzibar" },
    ]) {
      const client = new DigestClient({ credentials: user });
      const again = (await client.answer(request(), server.challenge(request()))) as Request;
      expect(await reason(server, again)).toBe("wrong");
      expect(await client.answer(again, server.challenge(again))).toBeUndefined();
    }
  });

  it("a method, a URI, a body that was changed", async () => {
    const { server, answered } = world({ qop: ["auth-int"] });
    const changes: ((each: Request) => void)[] = [
      (each) => {
        each.body = "other";
      },
      (each) => {
        each.method = "MESSAGE";
      },
      (each) => {
        each.headers.update("Authorization", ([one]) => String(one).replace("sip:example", "sip:axample"));
      },
    ];
    for (const change of changes) {
      const again = await answered(request("INFO", "one"));
      change(again);
      expect(await reason(server, again)).toBe("wrong");
    }
  });

  it("a name of which a quoted string says nothing: neither text of UTF-8, nor a hash (RFC 7616 §3.4)", async () => {
    const { server, answered } = world();
    for (const name of [
      "UTF-8''b%FFb",
      "UTF-8''b%b",
      "ISO-8859-1''bob",
      "bob",
      "UTF-8''",
      "UTF-8''bob, userhash=true",
      // Such characters no other name can have, and a log or a store would take them for more than that.
      "UTF-8''bob%0D%0Aalice",
      "UTF-8''bob%00",
    ]) {
      const again = await answered();
      again.headers.update("Authorization", ([one]) =>
        `${one}`.replace('username="bob"', `username*=${name}`),
      );
      expect(again.headers.get("Authorization")[0]?.params.has("username*")).toBe(true);
      expect(await reason(server, again)).toBe("unusable");
    }
  });

  it("what was not offered: an algorithm, no qop, a bad count, no cnonce, two names", async () => {
    const { server, answered, options } = world({ algorithms: ["SHA-256"] });
    const weak = new DigestServer({ ...options, algorithms: ["MD5"] });
    const none = new DigestServer({ ...options, qop: [] });
    expect(await reason(server, await answered(request(), weak))).toBe("unusable");
    expect(await reason(server, await answered(request(), none))).toBe("unusable");
    for (const [from, to] of [
      [/nc=\w+/, "nc=1"],
      [/, cnonce="[^"]+"/, ""],
      // RFC 7616 §3.4: both names must be treated as an error.
      [/$/, ", username*=UTF-8''alice"],
    ] as const) {
      const again = await answered();
      again.headers.update("Authorization", ([one]) => String(one).replace(from, to));
      expect(await reason(server, again)).toBe("unusable");
    }
    const client = new DigestClient({ credentials: bob });
    const odd = request().createResponse(401);
    odd.headers.set(
      "WWW-Authenticate",
      new Challenge("Digest", { realm: "r", nonce: "n", algorithm: "SHA-9" }),
    );
    expect(await client.answer(request(), odd)).toBeUndefined();
    odd.headers.set("WWW-Authenticate", new Challenge("Bearer", { realm: "r" }));
    expect(await client.answer(request(), odd)).toBeUndefined();
  });

  it("ACK and CANCEL are not challenged", async () => {
    expect(await reason(world().server, request("ACK"))).toBe("unchallengeable");
    expect(await reason(world().server, request("CANCEL"))).toBe("unchallengeable");
  });

  it("a look-up that fails", async () => {
    const down = world({ lookup: () => Promise.reject(new Error("down")) });
    await expect(down.server.check(await down.answered())).rejects.toThrow("down");
  });
});

describe("nonces", () => {
  it("end after their life; the client answers the next without asking its user", async () => {
    const { server, time, answered, client } = world({ nonceLife: 1000 });
    const again = await answered();
    time.now += 1001;
    const verdict = await server.check(again);
    expect(verdict).toEqual({ ok: false, reason: "stale" });
    const asked = server.challenge(again, verdict);
    expect(asked.headers.get("WWW-Authenticate")[0]?.params.get("stale")).toBe("true");
    const once = (await client.answer(again, asked)) as Request;
    expect(once.headers.get("CSeq")?.number).toBe(3);
    expect((await server.check(once)).ok).toBe(true);
  });

  it("take each count once, in any order within 32", async () => {
    const { server, answered, client } = world();
    const all = [await answered()];
    for (let i = 1; i < 40; i++) {
      const next = request();
      client.authorize(next, ["example.com"]);
      all.push(next);
    }
    const ok = async (i: number) => (await server.check(all[i] as Request)).ok;
    expect([await ok(1), await ok(0), await ok(0), await ok(1)]).toEqual([true, true, false, false]);
    // 38 leaves a window from 7 to 38.
    expect([await ok(38), await ok(6), await ok(7), await ok(7)]).toEqual([true, false, true, false]);
    expect([await ok(39), await ok(39), await ok(8), await ok(7)]).toEqual([true, false, true, false]);
    expect(server.size).toBe(1);
  });

  it("without qop are good for one request", async () => {
    const { server, answered } = world({ qop: [] });
    const again = await answered();
    expect((await server.check(again)).ok).toBe(true);
    expect(await server.check(again)).toEqual({ ok: false, reason: "stale" });
  });

  it("whose counts were forgotten are asked for anew: the table is bounded, and replays stay out", async () => {
    const { server, answered, time } = world({ limit: 2 });
    const first = await answered();
    for (const each of [first, undefined, undefined]) {
      time.now += 1;
      expect((await server.check(each ?? (await answered()))).ok).toBe(true);
    }
    expect(server.size).toBe(2);
    expect(await server.check(first)).toEqual({ ok: false, reason: "stale" });
  });

  it("cannot be forged, nor used in another realm", async () => {
    const { server, options } = world();
    const other = new DigestServer({ ...options, realm: "other" });
    for (const nonce of [
      other.challenge(request()).headers.get("WWW-Authenticate")[0]?.params.get("nonce") as string,
      "",
      ".",
      "lotofzs.0.00000000000000000000000000000000",
      "x".repeat(5000),
    ]) {
      const asked = request().createResponse(401);
      const opaque = server.challenge(request()).headers.get("WWW-Authenticate")[0]?.params.get("opaque");
      asked.headers.set(
        "WWW-Authenticate",
        new Challenge("Digest", { realm: "example.com", nonce, qop: "auth", opaque }),
      );
      const again = (await new DigestClient({ credentials: bob }).answer(request(), asked)) as Request;
      expect((await server.check(again)).ok).toBe(false);
    }
  });

  it("are renewed by nextnonce, but for the session keys of -sess", async () => {
    for (const algorithm of ["SHA-256", "SHA-256-sess"] as const) {
      const { server, time, answered, client } = world({ nonceLife: 1000, algorithms: [algorithm] });
      const again = await answered();
      time.now += 600;
      const verdict = await server.check(again);
      const response = again.createResponse(200);
      server.inform(response, verdict);
      expect(client.learn(again, response)).toBe("proved");
      time.now += 600;
      const next = request();
      client.authorize(next, ["example.com"]);
      expect((await server.check(next)).ok).toBe(algorithm === "SHA-256");
    }
  });
});

describe("a user whose secret is none", () => {
  const secrets = [
    {},
    { password: undefined },
    { password: null },
    { ha1: undefined },
    { ha1: null, password: null },
  ];

  it.each(secrets)("is nobody's: %j", async (secret) => {
    const { server } = world({ lookup: () => secret as never });
    for (const password of ["undefined", "null", ""]) {
      const client = new DigestClient({ credentials: { username: "bob", password } });
      const first = request();
      const again = (await client.answer(first, server.challenge(first))) as Request;
      await expect(server.check(again)).rejects.toMatchObject({ code: "value_invalid", status: 500 });
    }
  });

  it("of a client's is told of", async () => {
    const client = new DigestClient({ credentials: () => ({ username: "bob" }) as never });
    const { server } = world();
    await expect(client.answer(request(), server.challenge(request()))).rejects.toMatchObject({
      code: "value_invalid",
      message: "bob@example.com: a password or an ha1 is wanted, not undefined",
    });
  });
});
