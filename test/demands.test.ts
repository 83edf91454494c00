// Options that are missing or no numbers are told of when something is made of them, in every entry.

import { createServer } from "node:https";
import { describe, expect, it } from "vitest";
import { UserAgent } from "../src/dialog/user-agent.ts";
import { DigestClient } from "../src/digest/client.ts";
import { digestHa1 } from "../src/digest/response.ts";
import { DigestServer } from "../src/digest/server.ts";
import { createRequest } from "../src/message/create-request.ts";
import { NameAddr } from "../src/message/name-addr.ts";
import { Uri } from "../src/message/uri.ts";
import { Via } from "../src/message/via.ts";
import { SipProxy } from "../src/proxy/proxy.ts";
import { RedisLocation } from "../src/redis/redis-location.ts";
import { MemoryLocation } from "../src/registrar/memory-location.ts";
import { Registrar } from "../src/registrar/registrar.ts";
import { OutboundRegistration } from "../src/registration/outbound.ts";
import { Registration } from "../src/registration/registration.ts";
import { congestion } from "../src/stack/congestion.ts";
import { resolver } from "../src/stack/resolve/sip-resolver.ts";
import { Stack } from "../src/stack/stack.ts";
import { MemoryNetwork } from "../src/transport/memory.ts";
import { nodeDns } from "../src/transport/node/dns.ts";
import { tcp } from "../src/transport/node/tcp.ts";
import { tls } from "../src/transport/node/tls.ts";
import { udp } from "../src/transport/node/udp.ts";
import { webSocketServer } from "../src/transport/node/websocket-server.ts";
import "./support/core.ts";
import { selfSigned } from "./transport/certificate.ts";

const core = { onRequest() {}, onResponse() {}, onError() {} };
const stack = new Stack({ transports: [new MemoryNetwork().transport({ host: "10.0.0.1" })], core });
const location = new MemoryLocation();
const lookup = () => undefined;
const client = { registrar: "sip:10.0.0.9", aor: "<sip:a@10.0.0.9>", stack };
const bound = (options: object) => () => new Registration({ ...client, ...options } as never).close();

type Case = readonly [what: string, made: () => unknown, said: string];

const MISSING: readonly Case[] = [
  [
    "nothing for a UserAgent",
    () => new UserAgent(undefined as never),
    "UserAgent: the option stack is missing",
  ],
  ["a stack for its options", () => new UserAgent(stack as never), "UserAgent: the option stack is missing"],
  ["a SipProxy without stack", () => new SipProxy({} as never), "SipProxy: the option stack is missing"],
  [
    "a Registrar without stack",
    () => new Registrar({ location } as never),
    "Registrar: the option stack is missing",
  ],
  [
    "a Registrar without location",
    () => new Registrar({ stack } as never),
    "Registrar: the option location is missing",
  ],
  ["a Registration without stack", bound({ stack: undefined }), "Registration: the option stack is missing"],
  [
    "a Registration without registrar",
    bound({ registrar: undefined }),
    "Registration: the option registrar is missing",
  ],
  ["a Registration without aor", bound({ aor: undefined }), "Registration: the option aor is missing"],
  ["a regId without instance", bound({ regId: 1 }), "Registration: the option instance is missing"],
  [
    "an OutboundRegistration without flows",
    () => new OutboundRegistration(client as never),
    "OutboundRegistration: the option flows is missing",
  ],
  [
    "a DigestServer without realm",
    () => new DigestServer({ lookup } as never),
    "DigestServer: the option realm is missing",
  ],
  [
    "a DigestServer without lookup",
    () => new DigestServer({ realm: "a" } as never),
    "DigestServer: the option lookup is missing",
  ],
  [
    "a user for a DigestClient",
    () => new DigestClient({ username: "a", password: "b" } as never),
    "DigestClient: the option credentials is missing",
  ],
  [
    "a RedisLocation without client",
    () => new RedisLocation({} as never),
    "RedisLocation: the option client is missing",
  ],
  ["a resolver without dns", () => resolver({} as never), "resolver: the option dns is missing"],
  ["nothing for a resolver", () => resolver(undefined as never), "resolver: the option dns is missing"],
  ["tls without tls", () => tls({} as never), "tls: the option tls is missing"],
];

const WRONG: readonly Case[] = [
  [
    "a plain user for credentials",
    bound({ credentials: { username: "a", password: "b" } }),
    "credentials: a DigestClient is wanted, not [object Object]",
  ],
  [
    "a plain user for a UserAgent",
    () => new UserAgent({ stack, sendOptions: { credentials: { username: "a" } as never } }),
    "credentials: a DigestClient is wanted, not [object Object]",
  ],
  [
    "an unknown algorithm",
    () => digestHa1("SHA256" as never, "a", "b", "c"),
    "algorithm: one of MD5, MD5-sess, SHA-256, SHA-256-sess, SHA-512-256, SHA-512-256-sess is wanted, not SHA256",
  ],
  [
    "an unknown algorithm to offer",
    () => new DigestServer({ realm: "a", lookup, algorithms: ["SHA256" as never] }),
    "algorithm: one of MD5",
  ],
  [
    "no algorithm to offer",
    () => new DigestServer({ realm: "a", lookup, algorithms: [] }),
    "algorithms: one at least is wanted, not none",
  ],
  ...["", null, 7].flatMap((secret): Case[] => {
    const said = `a text that nobody can guess is wanted, not ${secret === "" ? "an empty one" : secret}`;
    const given = { secret: secret as never };
    return [
      [`${said}: for nonces`, () => new DigestServer({ realm: "a", lookup, ...given }), `secret: ${said}`],
      [`${said}: for marks`, () => new SipProxy({ stack, ...given }), `secret: ${said}`],
      [
        `${said}: for GRUUs`,
        () => new Registrar({ stack, location, gruuSecret: secret as never }),
        `gruuSecret: ${said}`,
      ],
    ];
  }),
  [
    "an unknown algorithm to answer",
    () => new DigestClient({ credentials: lookup, algorithms: ["SHA256" as never] }),
    "algorithm: one of MD5",
  ],
  [
    "an unknown qop",
    () => new DigestServer({ realm: "a", lookup, qop: ["int" as never] }),
    "qop: auth or auth-int is wanted, not int",
  ],
  [
    "a path without its slash",
    () => webSocketServer({ port: 0, path: "sip" }),
    'path: one that begins with "/" is wanted, not sip',
  ],
  [
    "TLS without a certificate",
    () => tls({ tls: {} }),
    "tls: cert and key, pfx or SNICallback is wanted, not nothing",
  ],
  [
    "a certificate without its key",
    () => tls({ tls: { cert: selfSigned().cert, key: undefined as never } }),
    "tls: cert and key, pfx or SNICallback is wanted, not cert",
  ],
  [
    "an empty list of certificates",
    () => tls({ tls: { ...selfSigned(), cert: [] } }),
    "tls: cert and key, pfx or SNICallback is wanted, not key, cert",
  ],
  [
    "secure WebSockets without a certificate",
    () => webSocketServer({ tls: { minVersion: "TLSv1.3" } }),
    "tls: cert and key, pfx or SNICallback is wanted, not minVersion",
  ],
  [
    "new certificates that take the old ones away",
    () => tls({ tls: selfSigned() }).setSecureContext({ key: undefined as never, cert: undefined as never }),
    "tls: cert and key, pfx or SNICallback is wanted, not nothing",
  ],
  [
    "a WebSocket server that denies its TLS",
    () => webSocketServer({ tls: selfSigned(), secure: false }),
    "secure: true is wanted, not false where there is TLS",
  ],
  [
    "a WebSocket server on an HTTPS server that denies it",
    () => webSocketServer({ server: createServer(), secure: false }),
    "secure: true is wanted, not false where there is TLS",
  ],
  [
    "a word for secure",
    () => webSocketServer({ secure: "no" as never }),
    "secure: true or false is wanted, not no",
  ],
  [
    "milliseconds for keepAlive",
    () => tcp({ keepAlive: 5000 as never }),
    "keepAlive: true, false or { interval, timeout } is wanted, not 5000",
  ],
];

const NUMBERS: readonly Case[] = [
  ["expires", bound({ expires: "600" }), 'expires: a number from 1 is wanted, not "600"'],
  ["expires", bound({ expires: -1 }), "expires: a number from 1 is wanted, not -1"],
  ["keepAlive", bound({ keepAlive: Number.NaN }), "keepAlive: a number from 1 is wanted, not NaN"],
  ["regId", bound({ instance: "urn:uuid:a", regId: 0 }), "regId: a number from 1 is wanted, not 0"],
  ["limit", () => new UserAgent({ stack, limit: Number.NaN }), "limit: a number from 1 is wanted, not NaN"],
  [
    "maxBreadth",
    () => new SipProxy({ stack, maxBreadth: Number.NaN }),
    "maxBreadth: a number from 1 is wanted, not NaN",
  ],
  [
    "minExpires",
    () => new Registrar({ stack, location, minExpires: Number.NaN }),
    "minExpires: a number from 0 is wanted, not NaN",
  ],
  [
    "maxBindings",
    () => new Registrar({ stack, location, maxBindings: Number.NaN }),
    "maxBindings: a number from 1 is wanted, not NaN",
  ],
  ["limit", () => new MemoryLocation({ limit: Number.NaN }), "limit: a number from 1 is wanted, not NaN"],
  [
    "nonceLife",
    () => new DigestServer({ realm: "a", lookup, nonceLife: Number.NaN }),
    "nonceLife: a number from 1 is wanted, not NaN",
  ],
  ["batch", () => congestion({ batch: 0 }), "batch: a number from 1 is wanted, not 0"],
  ["interval", () => congestion({ interval: Number.NaN }), "interval: a number from 1 is wanted, not NaN"],
  [
    "rate",
    () => congestion({ perSource: { rate: Number.NaN, burst: 1 } }),
    "rate: a number from 0 is wanted, not NaN",
  ],
  ["burst", () => congestion({ perSource: 5 as never }), "perSource: the option rate is missing"],
  ["delay", () => congestion({ delay: 5 as never }), "delay: two numbers, the lower first is wanted, not 5"],
  [
    "transactions",
    () => congestion({ transactions: [200, 100] }),
    "transactions: two numbers, the lower first is wanted, not 200,100",
  ],
  ["mtu", () => resolver({ dns: false, mtu: Number.NaN }), "mtu: a number from 1 is wanted, not NaN"],
  ["timeout", () => nodeDns({ timeout: Number.NaN }), "timeout: a number from 1 is wanted, not NaN"],
  ["hostTtl", () => udp({ hostTtl: Number.NaN }), "hostTtl: a number from 0 is wanted, not NaN"],
  ["flowLimit", () => udp({ flowLimit: 0 }), "flowLimit: a number from 1 is wanted, not 0"],
  ["recvBufferSize", () => udp({ recvBufferSize: -1 }), "recvBufferSize: a number from 1 is wanted, not -1"],
  [
    "idleTimeout",
    () => tcp({ idleTimeout: "5" as never }),
    'idleTimeout: a number from 0 is wanted, not "5"',
  ],
  [
    "maxConnections",
    () => tcp({ maxConnections: Number.NaN }),
    "maxConnections: a number from 1 is wanted, not NaN",
  ],
  [
    "interval",
    () => tcp({ keepAlive: { interval: Number.NaN } }),
    "interval: a number from 1 is wanted, not NaN",
  ],
  [
    "pingInterval",
    () => webSocketServer({ pingInterval: -1 }),
    "pingInterval: a number from 0 is wanted, not -1",
  ],
  [
    "messageSize",
    () => webSocketServer({ messageSize: Number.NaN }),
    "messageSize: a number from 1 is wanted, not NaN",
  ],
];

describe("what is read", () => {
  const { headers } = createRequest("OPTIONS", "sip:a@example.com", { from: "<sip:b@example.com>" });

  it.each<[string, (given: never) => unknown]>([
    ["Uri.parse", (given) => Uri.parse(given)],
    ["NameAddr.parse", (given) => NameAddr.parse(given)],
    ["Via.parse", (given) => Via.parse(given)],
    ["headers.get", (given) => headers.get(given)],
    ["headers.first", (given) => headers.first(given)],
    ["headers.raw", (given) => headers.raw(given)],
    ["headers.has", (given) => headers.has(given)],
    ["headers.set", (given) => headers.set(given, "a")],
    ["headers.delete", (given) => headers.delete(given)],
  ])("by %s has to be text", (_what, read) => {
    for (const given of [undefined, null, 5] as never[]) {
      expect(() => read(given)).toThrow(
        expect.objectContaining({
          ...{ name: "SipError", code: "value_invalid", message: `value: text is wanted, not ${given}` },
        }),
      );
    }
  });
});

describe("options", () => {
  it.each([30, -1, Number.NaN])("a probability is none: %d", (loss) => {
    const said = `loss: a probability, 0 to 1, is wanted, not ${loss}`;
    expect(() => new MemoryNetwork({ loss })).toThrow(said);
    expect(() => new MemoryNetwork().set({ loss })).toThrow(said);
  });

  it.each([...MISSING, ...WRONG])("%s is told of", (_what, made, said) => {
    expect(made).toThrow(expect.objectContaining({ name: "SipError", code: "value_invalid" }));
    expect(made).toThrow(said);
  });

  it.each(NUMBERS)("%s has to be a number in its range", (_what, made, said) => {
    expect(made).toThrow(expect.objectContaining({ name: "SipError", code: "value_invalid" }));
    expect(made).toThrow(said);
  });

  it("may be left out, and without end", () => {
    tcp({ idleTimeout: 0, maxPerSource: Number.POSITIVE_INFINITY });
    webSocketServer({ port: 0, pingInterval: 0 });
    new SipProxy({ stack });
    new Registrar({ stack, location });
  });

  it("may name no certificate where another way gives one, or nobody asks for it", () => {
    for (const options of [{ SNICallback() {} }, { pskCallback: () => null, ciphers: "PSK" }]) {
      tls({ tls: options });
      webSocketServer({ tls: options });
    }
    tls({ tls: {}, listen: false });
    webSocketServer({ server: createServer(), tls: {} });
  });
});
