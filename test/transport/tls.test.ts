// TLS on real sockets: whose certificate is good for which domain, who is called what, and new certificates
// while it runs.

import { once } from "node:events";
import type { PeerCertificate } from "node:tls";
import { connect as connectTls, createSecureContext, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { SipError } from "../../src/errors.ts";
import { type TlsOptions, type TlsTransport, tls } from "../../src/transport/node/tls.ts";
import { checkSipDomain, sipDomains } from "../../src/transport/node/tls-identity.ts";
import { type AltNames, Authority } from "./certificate.ts";
import { message } from "./contract.ts";
import { cleanups, endAll, HOST, rawClient, type Started, sendOn, start, until } from "./stream-world.ts";

afterEach(endAll);

const authority = new Authority();
const ca = authority.cert;
const text = new TextDecoder().decode(message("one"));

function startTls(options: TlsOptions): Promise<Started<TlsTransport>> {
  return start((clock) => tls({ host: HOST, port: 0, clock, ...options }));
}

const named = (names?: AltNames, subject?: string) => ({ tls: { ...authority.issue(names, subject), ca } });

describe("the domains of a certificate (RFC 5922 §7.1)", () => {
  const certificate = (subjectaltname?: string, CN: unknown = "cn.example.com") =>
    ({ subject: { CN }, ...(subjectaltname === undefined ? {} : { subjectaltname }) }) as PeerCertificate;

  it.each<[string | undefined, string[]]>([
    ["DNS:a.example.com, DNS:B.example.com", ["a.example.com", "b.example.com"]],
    ["DNS:dns.example.com, URI:sip:Sip.example.com", ["sip.example.com"]],
    ["URI:sip:a.example.com:5061;x=y, URI:sip:b.example.com", ["a.example.com", "b.example.com"]],
    ["URI:sips:a.example.com, URI:https://b.example.com, DNS:c.example.com", ["c.example.com"]],
    ["URI:sip:alice@a.example.com, DNS:c.example.com", ["c.example.com"]],
    ["IP Address:192.0.2.1", []],
    ['URI:"sip:a.example.com;x=\\"b, DNS:evil.example.com", DNS:c.example.com', ["a.example.com"]],
    ['DNS:"a.example.com, DNS:evil.example.com"', []],
    ["DNS:a.example.com\0.evil.example.com", []],
    ["DNS:*.example.com", []],
    ["DNS:a.example.com, nonsense", []],
    ['DNS:"a\\x", DNS:evil.example.com', []],
    [`DNS:${"a.".repeat(128)}b`, []],
    [undefined, ["cn.example.com"]],
  ])("%j: %j", (names, domains) => {
    expect(sipDomains(certificate(names))).toEqual(domains);
  });

  it("takes a common name only where it is a domain", () => {
    expect(sipDomains(certificate(undefined, "Alice Smith"))).toEqual([]);
    expect(sipDomains(certificate(""))).toEqual(["cn.example.com"]);
    expect(sipDomains(certificate(undefined, ["a.example.com", "b c"]))).toEqual(["a.example.com"]);
  });

  it.each([
    ["A.Example.com", "DNS:a.example.com", true],
    ["a.example.com.", "DNS:a.example.com", true],
    ["b.a.example.com", "DNS:a.example.com", false],
    ["a.example.com", "DNS:*.example.com", false],
    ["a.example.com", "DNS:a.example.com, URI:sip:b.example.com", false],
    ["192.0.2.1", "IP Address:192.0.2.1", true],
    ["192.0.2.1", "DNS:192.0.2.1", false],
    ["2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:1", true],
    ["2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:2", false],
  ])("%s by %s: %s", (domain, names, good) => {
    expect(checkSipDomain(domain, certificate(names)) === undefined).toBe(good);
  });
});

describe("a server that is called", () => {
  const call = async (names: AltNames | undefined, domain: string, options: Partial<TlsOptions> = {}) => {
    const server = await startTls(named(names));
    const client = await startTls({ ...named({ dns: ["client.example.com"] }), ...options });
    const flow = client.transport.flow({ ...server.transport.local, domain })!;
    const failures = sendOn(flow, text);
    await until(() => server.recorder.messages.length + failures.length > 0);
    return { server, client, flow, failures };
  };

  it.each<[string, AltNames | undefined, string]>([
    ["its domain as a DNS name", { dns: ["sip.example.com"] }, "sip.example.com"],
    ["its domain as a sip URI", { uri: ["sip:example.com"], dns: ["host.example.com"] }, "example.com"],
    ["its address", { ip: [HOST] }, HOST],
    ["its domain as the common name, and no subjectAltName", undefined, "peer.example.com"],
  ])("is trusted with a certificate for %s", async (_what, names, domain) => {
    const { server, client, flow } = await call(names, domain);
    expect(server.recorder.texts).toEqual([text]);
    expect(client.transport.flow({ ...server.transport.local, domain: domain.toUpperCase() })).toBe(flow);
  });

  it.each<[string, AltNames, string]>([
    ["another domain", { dns: ["other.example.com"] }, "sip.example.com"],
    ["a wildcard", { dns: ["*.example.com"] }, "sip.example.com"],
    [
      "the host that DNS named, not the domain",
      { uri: ["sip:example.com"], dns: ["sip1.example.com"] },
      "sip1.example.com",
    ],
    ["a domain where an address was asked for", { dns: ["sip.example.com"] }, HOST],
  ])("is not, with one for %s, and no octet of SIP reaches it", async (_what, names, domain) => {
    const { server, client, failures } = await call(names, domain);
    expect(failures).toMatchObject([{ code: "transport_failed" }]);
    expect(client.recorder.closed).toMatchObject([{ error: { code: "transport_failed" } }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.recorder.messages).toEqual([]);
  });

  it("is not, with one that nobody known has signed", async () => {
    const stranger = new Authority();
    const { failures } = await call({ dns: ["sip.example.com"] }, "sip.example.com", {
      client: { ca: stranger.cert },
    });
    expect(failures).toMatchObject([{ code: "transport_failed" }]);
  });

  it("keeps a connection for each domain, since its certificate was checked for one", async () => {
    const server = await startTls(named({ dns: ["a.example.com", "b.example.com"] }));
    const client = await startTls(named());
    const [a, b] = ["a", "b"].map((name) =>
      client.transport.flow({ ...server.transport.local, domain: `${name}.example.com` }),
    );
    expect(a).not.toBe(b);
    await until(() => server.transport.counts?.connections === 2);
  });

  it("hears the domain by SNI, without the dot of the root (RFC 6066 §3)", async () => {
    const asked: string[] = [];
    const contexts = ["a.example.com", "b.example.com"].map((name) =>
      createSecureContext({ ...authority.issue({ dns: [name] }) }),
    );
    const options = named();
    const SNICallback = (
      name: string,
      done: (error: Error | null, context?: ReturnType<typeof createSecureContext>) => void,
    ) => {
      asked.push(name);
      done(null, contexts[name.startsWith("a") ? 0 : 1]);
    };
    const server = await startTls({ tls: { ...options.tls, SNICallback } });
    const client = await startTls(options);
    const failures: SipError[][] = [];
    // An address is no name that SNI could carry, with a dot neither: some runtimes throw then. This certificate is for
    // none, which is another matter.
    for (const domain of ["a.example.com", "b.example.com.", HOST, `${HOST}.`]) {
      failures.push(sendOn(client.transport.flow({ ...server.transport.local, domain })!, text));
    }
    await until(() => server.recorder.messages.length === 2 && failures.flat().length === 2);
    expect(asked.sort()).toEqual(["a.example.com", "b.example.com"]);
  });
});

describe("a client that calls", () => {
  it("is known by its certificate's domains where one is asked for", async () => {
    const options = named({ dns: ["server.example.com"] });
    const server = await startTls({ tls: { ...options.tls, requestCert: true }, alias: true });
    const client = await startTls(named({ uri: ["sip:client.example.com"] }));
    sendOn(client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!, text);
    await until(() => server.recorder.messages.length === 1);
    const { flow } = server.recorder.messages[0]!;
    expect(server.transport.domains(flow)).toEqual(["client.example.com"]);
    expect(
      client.transport.domains(
        client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!,
      ),
    ).toEqual(["server.example.com"]);
    // RFC 5923: the alias is good for the domain that the certificate shows, and for no other.
    server.transport.alias?.(flow, 5099);
    expect(server.transport.flow({ host: HOST, port: 5099, domain: "client.example.com" })).toBe(flow);
    expect(server.transport.flow({ host: HOST, port: 5099, domain: "bank.example.com" })).not.toBe(flow);
  });

  it("is nobody by a certificate that nobody known has signed, where it is let in all the same", async () => {
    const options = named({ dns: ["server.example.com"] });
    const asking = { ...options.tls, requestCert: true, rejectUnauthorized: false };
    const server = await startTls({ tls: asking, alias: true });
    const stranger = new Authority().issue({ dns: ["bank.example.com"] });
    const client = await startTls({ tls: { ...stranger, ca } });
    sendOn(client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!, text);
    await until(() => server.recorder.messages.length === 1);
    const { flow } = server.recorder.messages[0]!;
    expect(server.transport.domains(flow)).toEqual([]);
    server.transport.alias?.(flow, 5099);
    expect(server.transport.flow({ host: HOST, port: 5099, domain: "bank.example.com" })).not.toBe(flow);
  });

  it("is nobody any more when it is gone: who asks only then has nothing to go by", async () => {
    const options = named({ dns: ["server.example.com"] });
    const server = await startTls({ tls: { ...options.tls, requestCert: true }, alias: true });
    const client = await startTls(named({ dns: ["client.example.com"] }));
    sendOn(client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!, text);
    await until(() => server.recorder.messages.length === 1);
    const { flow } = server.recorder.messages[0]!;
    await client.transport.close();
    await until(() => server.transport.counts?.connections === 0);
    expect(server.transport.domains(flow)).toEqual([]);
    server.transport.alias?.(flow, 5099);
  });

  it("is nobody without one, and refused where one is demanded", async () => {
    const options = named({ dns: ["server.example.com"] });
    const lenient = await startTls(options);
    const strict = await startTls({ tls: { ...options.tls, requestCert: true } });
    for (const server of [lenient, strict]) {
      const socket = connectTls({
        port: server.transport.local.port,
        host: HOST,
        ca,
        servername: "server.example.com",
      });
      cleanups.push(() => socket.destroy());
      socket.on("error", () => {});
      socket.write(text);
    }
    await until(() => lenient.recorder.messages.length === 1);
    expect(lenient.transport.domains(lenient.recorder.messages[0]!.flow)).toEqual([]);
    await until(() => strict.transport.counts?.handshakes === 1);
    expect(strict.recorder.messages).toEqual([]);
  });
});

describe("a transport that does not listen", () => {
  it("calls without a certificate, and takes what comes back", async () => {
    const server = await startTls(named({ dns: ["server.example.com"] }));
    const client = await startTls({ tls: { ca }, listen: false });
    const flow = client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!;
    sendOn(flow, text);
    await until(() => server.recorder.messages.length === 1);
    sendOn(server.recorder.messages[0]!.flow, text);
    await until(() => client.recorder.messages.length === 1);
    expect(client.recorder.messages[0]!.flow).toBe(flow);
    // It may still get one, for who asks those that call.
    client.transport.setSecureContext(authority.issue({ dns: ["client.example.com"] }));
  });
});

describe("setSecureContext", () => {
  const presented = async (port: number): Promise<TLSSocket> => {
    const socket = connectTls({ port, host: HOST, rejectUnauthorized: false });
    cleanups.push(() => socket.destroy());
    await once(socket, "secureConnect");
    return socket;
  };
  const names = (socket: TLSSocket) => socket.getPeerCertificate().subjectaltname;

  it("is for the connections from then on; those that stand go on", async () => {
    const { transport, recorder } = await startTls(named({ dns: ["old.example.com"] }));
    const { port } = transport.local;
    const before = await presented(port);
    transport.setSecureContext(authority.issue({ dns: ["new.example.com"] }));
    const after = await presented(port);
    expect([names(before), names(after)]).toEqual(["DNS:old.example.com", "DNS:new.example.com"]);
    before.write(text);
    after.write(text);
    await until(() => recorder.messages.length === 2);
  });

  it("is for what is opened from here, too", async () => {
    const options = named({ dns: ["server.example.com"] });
    const server = await startTls({ tls: { ...options.tls, requestCert: true } });
    const client = await startTls(named({ dns: ["old.example.com"] }));
    client.transport.setSecureContext(authority.issue({ dns: ["new.example.com"] }));
    sendOn(client.transport.flow({ ...server.transport.local, domain: "server.example.com" })!, text);
    await until(() => server.recorder.messages.length === 1);
    expect(server.transport.domains(server.recorder.messages[0]!.flow)).toEqual(["new.example.com"]);
  });

  it("keeps the old ones where the new ones are none", async () => {
    const { transport } = await startTls(named({ dns: ["old.example.com"] }));
    expect(() => transport.setSecureContext({ key: "no", cert: "no" })).toThrow(
      expect.objectContaining({ code: "value_invalid" }),
    );
    const options = named();
    for (const bad of [{ tls: { key: "no" } }, { ...options, client: { key: "no" } }]) {
      expect(() => tls(bad)).toThrow(expect.objectContaining({ code: "value_invalid" }));
    }
    tls({ ...options, client: authority.issue({ dns: ["client.example.com"] }) });
    expect(names(await presented(transport.local.port))).toBe("DNS:old.example.com");
  });
});

describe("a handshake", () => {
  it("that does not come is given up, and counts as a connection until then", async () => {
    const { transport } = await startTls({ ...named(), connectTimeout: 80, maxConnections: 1 });
    const { port } = transport.local;
    const silent = await rawClient(port);
    const second = await rawClient(port);
    await until(() => second.socket.closed);
    expect(transport.counts).toMatchObject({ connections: 0, refused: 1 });
    await until(() => silent.socket.closed);
    // The one that was refused, and the one that was given up.
    expect(transport.counts).toMatchObject({ handshakes: 2 });
  });

  it.each([0, Infinity])("has all the time there is where connectTimeout is %s", async (connectTimeout) => {
    const server = await startTls({ ...named({ dns: ["server.example.com"] }), connectTimeout });
    const client = await startTls({ ...named(), connectTimeout });
    const domain = "server.example.com";
    sendOn(client.transport.flow({ ...server.transport.local, domain })!, text);
    await until(() => server.recorder.messages.length === 1);
  });

  it("that is none is counted", async () => {
    const { transport, recorder } = await startTls(named());
    const { socket } = await rawClient(transport.local.port);
    socket.write(text);
    await until(() => socket.closed);
    expect(transport.counts).toMatchObject({ connections: 0, handshakes: 1 });
    expect(recorder.messages).toEqual([]);
  });

  it("that is under way does not keep close from ending", async () => {
    const { transport } = await startTls(named());
    const { socket } = await rawClient(transport.local.port);
    await transport.close();
    await until(() => socket.closed);
  });
});
