// Auth: credentials and challenges: several of them, and the quotes of each parameter.
import { describe, expect, it } from "vitest";
import { Challenge, Credentials } from "../../src/message/auth.ts";
import { Headers } from "../../src/message/headers.ts";
import { Params } from "../../src/message/params.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { thrown } from "./samples.ts";

const read = (...lines: string[]) =>
  parseMessage(["SIP/2.0 401 Unauthorized", ...lines, "", ""].join("\r\n")).headers;

describe("challenges", () => {
  it("come one a line, in order (RFC 3261 §20.44)", () => {
    const all = read(
      'WWW-Authenticate: Digest realm="a, b", nonce="n1",\r\n algorithm=SHA-256, qop="auth,auth-int"',
      'www-authenticate: Digest realm="c" , nonce="n2"',
    ).get("WWW-Authenticate");
    expect(all.map(({ params }) => [params.get("Realm"), params.get("nonce")])).toEqual([
      ["a, b", "n1"],
      ["c", "n2"],
    ]);
    expect(all[0]?.params.get("qop")).toBe("auth,auth-int");
  });

  it("are told apart by their schemes where they share a line (RFC 7235 §4.1)", () => {
    const headers = read(
      'Proxy-Authenticate: Digest realm="a, Basic x=y", nonce="n", Basic realm="b",Bearer scope="c"',
    );
    expect(headers.get("Proxy-Authenticate").map(({ scheme, params }) => [scheme, [...params]])).toEqual([
      [
        "Digest",
        [
          ["realm", "a, Basic x=y"],
          ["nonce", "n"],
        ],
      ],
      ["Basic", [["realm", "b"]]],
      ["Bearer", [["scope", "c"]]],
    ]);
    expect(headers.shift("Proxy-Authenticate")?.scheme).toBe("Digest");
    expect(headers.raw("Proxy-Authenticate")).toEqual(['Basic realm="b",Bearer scope="c"']);
  });

  it("are written as they came, and after a change with the quotes that the grammar has", () => {
    const text = 'Digest  realm = "a \\"b\\"" ,nonce="n",stale=TRUE,algorithm=MD5,qop="auth"';
    const [challenge] = read(`WWW-Authenticate: ${text}`).get("WWW-Authenticate");
    expect(String(challenge)).toBe(`Digest ${text.slice(8)}`);
    const changed = new Challenge("Digest", challenge!.params.with("stale", "FALSE").with("nonce", "m"));
    expect(String(changed)).toBe(
      'Digest realm="a \\"b\\"", nonce="m", stale=FALSE, algorithm=MD5, qop="auth"',
    );
    const made = new Challenge("Digest", { realm: "r", qop: "auth", algorithm: "SHA-256", stale: true });
    expect(new Headers().set("WWW-Authenticate", made).raw("WWW-Authenticate")).toEqual([
      'Digest realm="r", qop="auth", algorithm=SHA-256, stale',
    ]);
  });
});

describe("credentials", () => {
  it("of Bearer are a token (RFC 8898 §5)", () => {
    const [bearer, digest] = read('Authorization: BEARER abc.def==, Digest realm="a"').get("Authorization");
    expect(bearer).toMatchObject({ scheme: "BEARER", token: "abc.def==" });
    expect(String(bearer)).toBe("BEARER abc.def==");
    expect([...bearer!.params]).toEqual([]);
    expect(digest).toMatchObject({ scheme: "Digest", token: undefined });
    expect(String(new Credentials("Bearer", {}, "abc"))).toBe("Bearer abc");
    expect(thrown(() => new Credentials("Bearer", {}, "a\r\nb"))).toMatchObject({ code: "value_unsafe" });
    expect(thrown(() => new Credentials("Bearer", {}, "a b"))).toMatchObject({ code: "value_invalid" });
    expect(new Credentials("Digest", { realm: "a" }).token).toBeUndefined();
  });

  it("have no quotes about algorithm, nc and qop", () => {
    const made = new Credentials("Digest", {
      username: "bob",
      uri: "sip:a@b",
      algorithm: "MD5",
      cnonce: "c",
      nc: "00000001",
      qop: "auth",
    });
    expect(String(made)).toBe(
      'Digest username="bob", uri="sip:a@b", algorithm=MD5, cnonce="c", nc=00000001, qop=auth',
    );
    const back = new Headers().set("Authorization", made).get("Authorization")[0];
    expect(Object.fromEntries(back!.params)).toMatchObject({ uri: "sip:a@b", nc: "00000001" });
  });

  it("quote a value that is no token, wherever it stands", () => {
    expect(String(new Credentials("Digest", { qop: 'a"b' }))).toBe('Digest qop="a\\"b"');
    for (const evil of ["a\r\nX: y", "a\0"]) {
      expect(thrown(() => new Credentials("Digest", { username: evil })).code).toBe("value_unsafe");
      expect(thrown(() => new Credentials(evil, {})).code).toBe("value_unsafe");
    }
  });

  it("may have 256 parameters", () => {
    const many = (count: number) => read(`Authorization: X ${Array(count).fill("a=b").join(",")}`);
    expect(many(256).get("Authorization")[0]?.params.size).toBe(256);
    expect(thrown(() => many(257).get("Authorization"))).toMatchObject({
      code: "value_invalid",
      status: 400,
    });
  });
});

it("Authentication-Info is parameters alone", () => {
  const info = Params.of({ nextnonce: "n", qop: "auth", rspauth: "", nc: "00000001" }, "credentials");
  const headers = new Headers().set("Authentication-Info", info);
  expect(headers.raw("Authentication-Info")).toEqual(['nextnonce="n", qop=auth, rspauth="", nc=00000001']);
  expect(headers.get("Authentication-Info")?.get("rspauth")).toBe("");
});
