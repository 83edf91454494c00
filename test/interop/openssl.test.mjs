// openssl s_client and s_server, and sofia-sip's sip-options, at the library's TLS: whose certificate is good, what each side
// hears where it is not, versions, SNI, sessions.

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createSecureContext } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../browser/free-port.mjs";
import { startDaemon } from "../browser/program.mjs";
import { Authority, selfSigned } from "../transport/certificate.ts";
import { openSockets } from "./node.mjs";
import { DOMAIN, HOST, requestOctets, SecureNode } from "./secure-node.mjs";
import { until } from "./wait.mjs";

const authority = new Authority();
const ca = authority.cert;
const own = (names = { dns: [DOMAIN] }) => ({ ...authority.issue(names), ca });

let folder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sippet-openssl-"));
  await writeFile(join(folder, "ca.pem"), ca);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  expect(await openSockets()).toEqual([]);
});

const pipes = { stdio: ["pipe", "pipe", "pipe"] };

/** s_client, to a node; what it is written goes there. */
function client(node, ...args) {
  const { port } = node;
  const trust = ["-CAfile", join(folder, "ca.pem"), "-verify_return_error"];
  return startDaemon("openssl", ["s_client", "-connect", `${HOST}:${port}`, ...trust, ...args], pipes);
}

describe.concurrent("openssl s_server is called", () => {
  const serve = async (names, identity, ...args) => {
    const port = await freePort();
    const [cert, key] = [join(folder, `${port}.pem`), join(folder, `${port}.key`)];
    await writeFile(cert, identity.cert);
    await writeFile(key, identity.key);
    const server = startDaemon(
      "openssl",
      ["s_server", "-accept", `${HOST}:${port}`, "-cert", cert, "-key", key, ...args],
      pipes,
    );
    await server.prints(/ACCEPT/);
    return { server, port, names };
  };

  test.concurrent.for([
    ["a DNS name", { dns: [DOMAIN] }],
    ["a sip URI", { uri: [`sip:${DOMAIN}`], dns: ["host.test"] }],
  ])("with the domain as %s in its certificate, and gets the request", ([, names]) =>
    SecureNode.with({ tls: own() }, async (node) => {
      const { server, port } = await serve(names, authority.issue(names));
      const failed = expect(node.ask(port)).rejects.toMatchObject({ code: "connection_closed" });
      await server.prints(new RegExp(`OPTIONS sips:${DOMAIN} SIP/2.0`));
      expect(server.output).not.toMatch(/ALPN protocols advertised/);
      await server.kill();
      await failed;
    }),
  );

  test.concurrent.for([
    [
      "for another domain",
      () => authority.issue({ dns: ["bank.test"] }),
      /for bank\.test, not for office\.test \(RFC 5922\)/,
      undefined,
    ],
    [
      "for a wildcard",
      () => authority.issue({ dns: ["*.test"] }),
      /no SIP domain, not for office\.test/,
      undefined,
    ],
    [
      "that has run out",
      () => authority.issue({ dns: [DOMAIN] }, DOMAIN, "200601000000Z"),
      /certificate has expired/,
      "CERT_HAS_EXPIRED",
    ],
    [
      "that it signed itself",
      () => selfSigned({ dns: [DOMAIN] }),
      /self-signed certificate/,
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    ],
    [
      "that nobody known has signed",
      () => new Authority().issue({ dns: [DOMAIN] }),
      /certificate/,
      /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/,
    ],
  ])("with a certificate %s, and gets nothing", ([, identity, message, code]) =>
    SecureNode.with({ tls: own() }, async (node) => {
      const { server, port } = await serve({}, identity());
      const error = await node.ask(port).catch((thrown) => thrown);
      expect(error.code).toBe("transport_failed");
      expect(error.message).toMatch(message);
      if (code) expect(error.cause.code).toMatch(code);
      // Node checks it when the handshake is over, and has no alert for it.
      await server.prints(/unexpected eof while reading/);
      expect(server.output).not.toContain("SIP/2.0");
      await server.kill();
      expect(node.faults.splice(0)).toEqual([error.message]);
    }),
  );

  test.concurrent("that asks for a certificate, and is shown ours", () =>
    SecureNode.with({ tls: own(), client: own({ dns: ["client.test"] }) }, async (node) => {
      const { server, port } = await serve(
        {},
        own(),
        "-Verify",
        "2",
        "-CAfile",
        join(folder, "ca.pem"),
        "-verify_return_error",
      );
      const failed = expect(node.ask(port)).rejects.toMatchObject({ code: "connection_closed" });
      await server.prints(/OPTIONS sips/);
      expect(server.output).toMatch(/verify return:1/);
      await server.kill();
      await failed;
    }));
});

describe.concurrent("openssl s_client calls", () => {
  test.concurrent.for(["-tls1_2", "-tls1_3"])("with %s, and ALPN offered in vain", (version) =>
    SecureNode.with({ tls: own() }, async (node) => {
      const peer = client(node, version, "-alpn", "sip/2", "-servername", DOMAIN, "-verify_hostname", DOMAIN);
      await peer.prints(/Verification: OK/);
      await peer.prints(/No ALPN negotiated/);
      peer.write(requestOctets());
      await peer.prints(/SIP\/2\.0 200 OK/);
      await peer.stop();
      await until(() => node.counts.connections === 0, "it is gone");
    }),
  );

  test.concurrent("with TLS 1.1, and is refused and counted", () =>
    SecureNode.with({ tls: own() }, async (node) => {
      const peer = client(node, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
      await peer.prints(/alert protocol version/);
      expect(node.counts).toMatchObject({ accepted: 0, handshakes: 1 });
      await peer.stop();
    }));

  test.concurrent("two domains of one listener by SNI, each with its own certificate", () => {
    const contexts = Object.fromEntries(
      ["a.test", "b.test"].map((name) => [name, createSecureContext(own({ dns: [name] }))]),
    );
    const SNICallback = (name, done) => done(null, contexts[name]);
    return SecureNode.with({ tls: { ...own(), SNICallback } }, async (node) => {
      for (const [asked, shown] of [
        ["a.test", "a.test"],
        ["b.test", "b.test"],
        ["c.test", DOMAIN],
      ]) {
        const peer = client(node, "-servername", asked, "-verify_hostname", shown);
        await peer.prints(/Verification: OK/);
        peer.write(requestOctets());
        await peer.prints(/SIP\/2\.0 200 OK/);
        await peer.stop();
      }
      await until(() => node.counts.connections === 0, "they are gone");
    });
  });

  test.concurrent.for([
    ["-tls1_2", false, /Reused, TLS/],
    ["-tls1_3", false, /Reused, TLS/],
    ["-tls1_2", true, /New, TLS/],
    ["-tls1_3", true, /New, TLS/],
  ])("again with its session, %s, a certificate asked for: %s", ([version, requestCert, pattern]) =>
    SecureNode.with({ tls: { ...own(), requestCert } }, async (node) => {
      const identity = authority.issue({ dns: ["client.test"] });
      const name = join(folder, `${version}${requestCert}`);
      await writeFile(`${name}.pem`, `${identity.key}${identity.cert}`);
      const certificate = ["-cert", `${name}.pem`, "-key", `${name}.pem`, "-servername", DOMAIN];
      const first = client(node, version, ...certificate, "-sess_out", `${name}.session`);
      await first.prints(/Verification: OK/);
      first.write(requestOctets());
      await first.prints(/SIP\/2\.0 200 OK/);
      first.write("Q\n");
      await first.exit();
      const second = client(node, version, ...certificate, "-sess_in", `${name}.session`);
      await second.prints(pattern);
      second.write(requestOctets());
      await second.prints(/SIP\/2\.0 200 OK/);
      await second.stop();
      await until(() => node.counts.connections === 0, "they are gone");
    }),
  );
});

test("a client that closes its half behind a request gets the answer, and then our half", () =>
  SecureNode.with({ tls: own() }, async (node) => {
    const socket = connectTls({ host: HOST, port: node.port, ca, servername: DOMAIN, allowHalfOpen: true });
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.end(requestOctets());
    await once(socket, "end");
    expect(text).toMatch(/^SIP\/2\.0 200 OK/);
    await until(() => node.counts.connections === 0, "it is gone");
  }));

test("sofia-sip's sip-options", () =>
  SecureNode.with({ tls: own() }, async (node) => {
    const asked = startDaemon("sip-options", [
      "-m",
      `sips:${HOST}:*`,
      `sip:${HOST}:${node.port};transport=tls`,
    ]);
    await asked.prints(/SIP\/2\.0 200 OK/);
    await until(() => node.counts.connections === 0, "it is gone");
  }));
