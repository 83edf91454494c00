// The client's side of digest authentication, without a stack: what it answers, what it learns, what it keeps.

import { describe, expect, it } from "vitest";
import type { DigestAlgorithm } from "../../src/digest/algorithm.ts";
import { DigestClient, type DigestClientOptions } from "../../src/digest/client.ts";
import { digestHa1, digestResponse } from "../../src/digest/response.ts";
import { DigestServer, type DigestServerOptions } from "../../src/digest/server.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { SendOptions, SentRequest } from "../../src/stack/options.ts";
import type { Stack } from "../../src/stack/stack.ts";

const credentials = { username: "bob", password: "zanzibar" };
const register = () =>
  createRequest("REGISTER", "sip:example.com", { from: "<sip:bob@example.com>;tag=1", callId: "one" });
const client = (options: Partial<DigestClientOptions> = {}) => new DigestClient({ credentials, ...options });
function server(options: Partial<DigestServerOptions> = {}) {
  const time = { now: 1_000_000 };
  const now = () => time.now;
  const made = new DigestServer({ realm: "a", lookup: () => credentials, now, nonceLife: 1000, ...options });
  return Object.assign(made, { time });
}
/** A challenge by hand. */
function asks(request: Request, params: string, status = 401): Response {
  const response = request.createResponse(status);
  for (const each of params.split("|"))
    response.headers.append(status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate", `Digest ${each}`);
  return response;
}
/** A response as it comes in, with this line in it. */
function heard(request: Request, status: number, line: string): Response {
  const text = request.createResponse(status).toString();
  return parseMessage(text.replace(/^To:/m, `${line}\r\nTo:`)) as Response;
}
const param = (request: Request | undefined, name: string, header = "Authorization" as const) =>
  request?.headers.get(header).map(({ params }) => params.get(name));

describe("a client answers", () => {
  it("without the Via that the request went out with", async () => {
    const request = register();
    request.headers.append("Via", "SIP/2.0/UDP h;branch=z9hG4bK1");
    const again = await client().answer(request, asks(request, 'realm="a",nonce="1"'));
    expect([again?.headers.has("Via"), request.headers.has("Via")]).toEqual([false, true]);
    expect(again?.headers.get("CSeq")?.number).toBe(2);
  });

  it.each([
    ['realm="a",nonce="1",qop="foo"'],
    ['realm="a",nonce="1",algorithm=FOO'],
    ['realm="a"'],
    [
      `${Array.from({ length: 16 }, (_, i) => `realm="${i}",nonce="1",algorithm=FOO`).join("|")}|realm="a",nonce="1"`,
    ],
  ])("nothing that it cannot: %s", async (params) => {
    expect(await client().answer(register(), asks(register(), params))).toBeUndefined();
  });

  it.each(["realm", "nonce", "opaque"])(
    "nothing that it cannot write: a NUL in %s (RFC 3261 §25.1)",
    async (name) => {
      const params = ["realm", "nonce", "opaque"].map((each) => `${each}="a${each === name ? "\\\0" : ""}"`);
      const asked = heard(register(), 401, `WWW-Authenticate: Digest ${params.join(", ")}`);
      expect(asked.headers.get("WWW-Authenticate")[0]?.params.get(name)).toBe("a\0");
      expect(await client().answer(register(), asked)).toBeUndefined();
    },
  );

  it("no question twice, and no other where its answer was refused, unless that was right before", async () => {
    const one = client();
    const first = (await one.answer(register(), asks(register(), 'realm="a",nonce="1"')))!;
    expect(await one.answer(first, asks(first, 'realm="a",nonce="1",stale=true'))).toBeUndefined();
    expect(await one.answer(first, asks(first, 'realm="a",nonce="2"'))).toBeUndefined();
    // A 407 of a proxy says nothing of the server behind it.
    one.learn(first, first.createResponse(407));
    expect(await one.answer(first, asks(first, 'realm="a",nonce="2"'))).toBeUndefined();
    expect(param(await one.answer(first, asks(first, 'realm="a",nonce="2",stale=true')), "nonce")).toEqual([
      "2",
    ]);
    one.learn(first, first.createResponse(200));
    expect(param(await one.answer(first, asks(first, 'realm="a",nonce="3"')), "nonce")).toEqual(["3"]);
  });

  it("who refuses what it was given unasked: another server of the realm has given that nonce, maybe", async () => {
    const one = client();
    await one.answer(register(), asks(register(), 'realm="a",nonce="1",qop="auth"'));
    const unasked = register();
    one.authorize(unasked, ["a"]);
    expect([param(unasked, "nonce"), param(unasked, "nc")]).toEqual([["1"], ["00000002"]]);
    const answered = await one.answer(unasked, asks(unasked, 'realm="a",nonce="2",qop="auth"'));
    expect(param(answered, "nonce")).toEqual(["2"]);
    // But not who refuses the answer to its own question.
    expect(await one.answer(answered!, asks(answered!, 'realm="a",nonce="3",qop="auth"'))).toBeUndefined();
  });

  it("every server of one realm that a fork has reached (RFC 3261 §22.3), and of one server's algorithms the strongest", async () => {
    const one = client();
    const asked = (...nonces: string[]) =>
      nonces.flatMap((nonce) =>
        ["MD5", "SHA-256"].map((each) => `realm="a",nonce="${nonce}",algorithm=${each}`),
      );
    const first = await one.answer(register(), asks(register(), asked("1", "2").join("|")));
    expect(param(first, "nonce")).toEqual(["1", "2"]);
    expect(param(first, "algorithm")).toEqual(["SHA-256", "SHA-256"]);
    for (const [nonce, response] of [0, 1].map((at) =>
      ["nonce", "response"].map((name) => param(first, name)![at]!),
    ))
      expect(response).toBe(
        digestResponse({
          ...{ algorithm: "SHA-256", ha1: digestHa1("SHA-256", "bob", "a", "zanzibar"), nonce: nonce! },
          ...{ method: "REGISTER", uri: "sip:example.com" },
        }),
      );
    // Each has its answer: who asks again does not take it.
    expect(await one.answer(first!, asks(first!, asked("2").join("|")))).toBeUndefined();
    expect(await one.answer(first!, asks(first!, asked("3").join("|")))).toBeUndefined();
    const next = await one.answer(
      first!,
      asks(
        first!,
        asked("4", "5")
          .map((each) => `${each},stale=true`)
          .join("|"),
      ),
    );
    expect(param(next, "nonce")).toEqual(["4", "5"]);
  });

  it("and leaves the credentials for others in their place", async () => {
    const request = register();
    request.headers.set("Authorization", 'Digest realm="other",nonce="9",username="x",uri="u",response="r"');
    const again = await client().answer(request, asks(request, 'realm="a",nonce="1"'));
    expect(param(again, "realm")).toEqual(["other", "a"]);
  });
});

describe("a client learns", () => {
  async function known(algorithm: DigestAlgorithm) {
    const [asker, one] = [server({ algorithms: [algorithm] }), client()];
    const request = (await one.answer(register(), asker.challenge(register())))!;
    const answered = async (info?: string) => {
      const response = request.createResponse(200);
      asker.time.now += 600;
      asker.inform(response, await asker.check(request));
      if (info) response.headers.set("Authentication-Info", info);
      return response;
    };
    const next = () => {
      const later = register();
      one.authorize(later, ["a"]);
      return {
        nonce: param(later, "nonce")![0],
        nc: param(later, "nc")![0],
        cnonce: param(later, "cnonce")![0],
      };
    };
    return {
      asker,
      one,
      request,
      answered,
      next,
      nonce: param(request, "nonce")![0]!,
      cnonce: param(request, "cnonce")![0],
    };
  }

  it("the next nonce, and counts it from 1", async () => {
    const { one, request, answered, next, nonce } = await known("SHA-256");
    expect(one.learn(request, await answered())).toBe("proved");
    expect(next()).toMatchObject({ nonce: expect.not.stringMatching(nonce), nc: "00000001" });
    // What comes late is of the nonce before.
    const now = next().nonce;
    one.learn(request, await answered('nextnonce="late"'));
    expect(next().nonce).toBe(now);
  });

  it("none that it cannot write: no request of the call could be sent any more", async () => {
    const { one, request, next, nonce } = await known("SHA-256");
    one.learn(request, heard(request, 200, 'Authentication-Info: nextnonce="\\\0"'));
    expect(next().nonce).toBe(nonce);
  });

  it("none of who does not know the secret", async () => {
    const { one, request, answered, next, nonce } = await known("SHA-256");
    expect(one.learn(request, await answered('rspauth="00",nextnonce="evil"'))).toBe("wrong");
    expect(next()).toMatchObject({ nonce, nc: "00000002" });
  });

  it("none for a session key, which keeps its cnonce too (RFC 7616 §3.4.2)", async () => {
    const { one, request, answered, next, nonce, cnonce } = await known("SHA-256-sess");
    const response = await answered();
    expect(response.headers.get("Authentication-Info")?.has("nextnonce")).toBe(false);
    one.learn(request, await answered('nextnonce="other"'));
    expect(next()).toEqual({ nonce, nc: "00000002", cnonce });
  });

  it("of several that it has answered who has proved to know the secret, and its next nonce alone", async () => {
    for (const prover of [0, 1]) {
      const one = client();
      let request = register();
      for (const realm of ["a", "b"]) {
        const asked = asks(request, `realm="${realm}",nonce="of ${realm}",qop="auth",algorithm=SHA-256`);
        request = (await one.answer(request, asked))!;
      }
      const { params } = request.headers.get("Authorization")[prover]!;
      const [nonce, uri, nc, cnonce] = ["nonce", "uri", "nc", "cnonce"].map((name) => params.get(name)!);
      const algorithm = "SHA-256" as const;
      const ha1 = digestHa1(algorithm, "bob", params.get("realm")!, "zanzibar");
      const known = {
        algorithm,
        ha1,
        nonce: nonce!,
        method: "",
        uri: uri!,
        qop: "auth" as const,
        nc,
        cnonce,
      };
      const response = request.createResponse(200);
      response.headers.set("Authentication-Info", `rspauth="${digestResponse(known)}",nextnonce="next"`);
      expect(one.learn(request, response)).toBe("proved");
      const later = register();
      one.authorize(later, ["a", "b"]);
      expect(param(later, "nonce")).toEqual(prover === 0 ? ["next", "of b"] : ["of a", "next"]);
    }
  });

  it("nothing for a proxy's realm: SIP has no Proxy-Authentication-Info", async () => {
    const one = client();
    const request = (await one.answer(register(), asks(register(), 'realm="a",nonce="1",qop="auth"', 407)))!;
    const response = request.createResponse(200);
    response.headers.set("Authentication-Info", 'rspauth="00",nextnonce="2"');
    expect(one.learn(request, response)).toBe("absent");
  });
});

describe("a server", () => {
  const edited = async (edit: (line: string) => string, options: Partial<DigestServerOptions> = {}) => {
    const asker = server(options);
    const request = (await client().answer(register(), asker.challenge(register())))!;
    request.headers.set("Authorization", edit(request.headers.raw("Authorization")[0]!));
    const verdict = await asker.check(request);
    return verdict.ok ? "ok" : verdict.reason;
  };

  it.each([
    ["as they are", (line: string) => line, "ok"],
    [
      "in capital digits",
      (line: string) => line.replace(/response="\w+"/, (text) => text.toUpperCase()),
      "ok",
    ],
    ["with another opaque", (line: string) => line.replace(/opaque="\w+"/, 'opaque="x"'), "stale"],
    ["of another realm", (line: string) => line.replace('realm="a"', 'realm="b"'), "missing"],
    ["without cnonce", (line: string) => line.replace(/, cnonce="[^"]+"/, ""), "unusable"],
  ])("takes or refuses credentials %s", async (_what, edit, expected) => {
    expect(await edited(edit)).toBe(expected);
  });

  it.each([
    ["\\\x01", "ok"],
    ["\\\x7f", "ok"],
    // It would have to go out again, and a NUL is not written.
    ["\\\0", "unusable"],
  ])("says again what the client has drawn, a control character, too: %j", async (drawn, expected) => {
    const asker = server();
    const request = (await client({ cnonce: () => "CNONCE" }).answer(
      register(),
      asker.challenge(register()),
    ))!;
    const { params } = request.headers.get("Authorization")[0]!;
    const [nonce, uri, nc] = ["nonce", "uri", "nc"].map((name) => params.get(name)!) as [
      string,
      string,
      string,
    ];
    const algorithm = params.get("algorithm") as DigestAlgorithm;
    const [ha1, cnonce] = [digestHa1(algorithm, "bob", "a", "zanzibar"), drawn.slice(1)];
    const { method } = request;
    const response = digestResponse({ algorithm, ha1, nonce, method, uri, qop: "auth", nc, cnonce });
    const text = `${request}`.replace("CNONCE", drawn).replace(/(response=")\w+/, `$1${response}`);
    const came = parseMessage(text) as Request;
    const verdict = await asker.check(came);
    expect(verdict.ok ? "ok" : verdict.reason).toBe(expected);
    const answer = came.createResponse(200);
    asker.inform(answer, verdict);
    if (verdict.ok) expect(answer.headers.get("Authentication-Info")?.get("cnonce")).toBe(cnonce);
  });

  it("quotes what the client has drawn, and informs through no proxy", async () => {
    for (const [proxy, informed] of [
      [false, true],
      [true, false],
    ] as const) {
      const [asker, one] = [server({ proxy }), client({ cnonce: () => 'a"\\b' })];
      const request = (await one.answer(register(), asker.challenge(register())))!;
      const response = request.createResponse(200);
      asker.inform(response, await asker.check(request));
      expect(response.headers.has("Authentication-Info")).toBe(informed);
      if (informed) expect(response.headers.get("Authentication-Info")?.get("cnonce")).toBe('a"\\b');
    }
  });
});

describe("a request that is sent with credentials", () => {
  /** A stack that only writes down, and answers when it is told. */
  function fake() {
    const sent: { request: Request; options: SendOptions; answer: (response: Response) => unknown }[] = [];
    const stack = {
      send(request: Request, options: SendOptions) {
        const made = { request, final: new Promise(() => {}) } as unknown as SentRequest;
        const answer = (response: Response) => options.onResponse?.(response, made as never);
        sent.push({ request, options, answer });
        return made;
      },
    } as unknown as Stack;
    return { stack, sent };
  }
  const ignore = { onResponse: () => {}, onError: () => {} };

  it("is answered at first where the server has asked before, but not with a nonce for one request", async () => {
    for (const [qop, known] of [
      [',qop="auth"', true],
      ["", false],
    ] as const) {
      const [{ stack, sent }, one] = [fake(), client()];
      await one.answer(register(), asks(register(), `realm="a",nonce="1"${qop}`));
      const request = register();
      one.send(stack, request, ignore);
      expect(sent[0]!.request.headers.has("Authorization")).toBe(known);
      expect(request.headers.has("Authorization")).toBe(false);
    }
  });

  it("is sent again as often as may be, and shows what is provisional", async () => {
    const [{ stack, sent }, one] = [fake(), client()];
    const outcome = one.send(stack, register(), ignore);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { status } of outcome) seen.push(status);
    })();
    for (let i = 0; i < 5; i++) {
      const { request, answer } = sent[i]!;
      await answer(request.createResponse(183));
      await answer(asks(request, `realm="a",nonce="${i}",stale=true`));
    }
    expect([sent.length, (await outcome.final).status]).toEqual([5, 401]);
    await reading;
    expect(seen).toEqual([183, 183, 183, 183, 183, 401]);
  });

  it("is answered, and the core told, though what the server says of itself cannot be read", async () => {
    const [{ stack, sent }, one] = [fake(), client()];
    let told = 0;
    const outcome = one.send(stack, register(), { ...ignore, onResponse: () => void told++ });
    const { request, answer } = sent[0]!;
    const response = request.createResponse(200);
    response.headers.append("Authentication-Info", "nextnonce");
    expect(() => answer(response)).toThrow(expect.objectContaining({ code: "value_invalid" }));
    expect([(await outcome.final).status, told]).toEqual([200, 1]);
  });
});
