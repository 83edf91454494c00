// Names and ways: what is local, where a request leaves, which flows a token finds, and what is written
// into the topmost Via of a request that comes in.

import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { Via } from "../../src/message/via.ts";
import { Names } from "../../src/stack/names.ts";
import { noteAlias } from "../../src/stack/received.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { text, to, World } from "./support.ts";

describe("isLocal", () => {
  const local = async (aliases?: string[]) => {
    const world = new World();
    const { transport } = { transport: world.network.transport.bind(world.network) };
    const { stack } = await world.started(
      {},
      {
        transports: [
          transport({ host: "10.1.1.1" }),
          transport({ host: "10.1.1.1", protocol: "TLS" }),
          transport({ host: "10.1.1.1", protocol: "WS", port: 8080 }),
          transport({ host: "fd00::1", port: 5070, protocol: "TCP" }),
        ],
        ...(aliases && { aliases }),
      },
    );
    return (uri: string) => stack.isLocal(Uri.parse(uri));
  };

  it("knows the transports by their sent-by", async () => {
    const isLocal = await local();
    for (const uri of [
      "sip:10.1.1.1",
      "sip:alice@10.1.1.1:5060;lr",
      "sip:10.1.1.1;transport=udp",
      "sip:10.1.1.1:8080;transport=WS;lr",
      "sips:10.1.1.1",
      "sips:10.1.1.1;transport=tcp",
      "sip:10.1.1.1:5061;transport=tls",
      "sip:[fd00::1]:5070;transport=tcp",
      "sip:[FD00::1]:5070",
      "sip:[fd00:0::0:1]:5070",
    ]) {
      expect([uri, isLocal(uri)]).toEqual([uri, true]);
    }
    for (const uri of [
      "sip:10.1.1.2",
      "sip:10.1.1.1:5062",
      "sip:10.1.1.1;transport=tcp",
      "sip:10.1.1.1:8080;transport=udp",
      "sip:10.1.1.1;transport=ws",
      "sip:[fd00::1]",
      "sip:10.1.1.1.example.com",
      "tel:+49301234567",
      "mailto:alice@10.1.1.1",
    ]) {
      expect([uri, isLocal(uri)]).toEqual([uri, false]);
    }
  });

  it("knows the aliases, with their port or with those of the transports", async () => {
    const isLocal = await local([
      "Example.com",
      "edge.example.com:5080",
      "old.example.com:5060",
      "web.example.com:443",
      "[FD00:0::2]",
    ]);
    for (const uri of [
      "sip:bob@example.com",
      "sip:EXAMPLE.com:8080;transport=ws",
      "sip:example.com;transport=sctp",
      "sips:example.com:5061",
      "sip:edge.example.com:5080",
      "sip:old.example.com",
      "sips:web.example.com;transport=ws",
      "sip:[fd00::2]:5060",
      "sip:[FD00:0:0:0:0:0:0:2]:5060",
    ]) {
      expect([uri, isLocal(uri)]).toEqual([uri, true]);
    }
    for (const uri of [
      "sip:example.com:9",
      "sip:sub.example.com",
      "sip:edge.example.com",
      "sips:old.example.com",
      "sip:web.example.com;transport=ws",
      "mailto:bob@example.com",
    ]) {
      expect([uri, isLocal(uri)]).toEqual([uri, false]);
    }
  });

  it.each(["", "a b", "host:port", "host:70000", "[::1", "sip:example.com"])("takes no alias %j", (alias) => {
    const world = new World();
    expect(() => world.station({}, { aliases: [alias] })).toThrow(
      expect.objectContaining({ code: "value_invalid" }),
    );
  });
});

describe("alias in the topmost Via (RFC 5923 §8.1)", () => {
  it.each([
    ["h.example.com:5070;alias", [5070]],
    ["h.example.com;alias", [5061]],
    ["h.example.com", []],
  ])("of %s: the peer takes requests at %j", (sentBy, wanted) => {
    const ports: number[] = [];
    const transport = { protocol: "TLS", alias: (_flow: unknown, port: number) => void ports.push(port) };
    noteAlias(parseMessage(text("OPTIONS", sentBy)) as Request, { transport } as unknown as Flow);
    expect(ports).toEqual(wanted);
  });
});

describe("owns", () => {
  it.each([
    ["UDP 10.0.0.1:5060", true],
    ["UDP 10.0.0.1:5061", false],
    ["UDP old.example.com", true],
    ["TLS old.example.com", false],
    ["WSS WEB.example.com", true],
    ["WS web.example.com", false],
    ["WS web.example.com:443", true],
    ["TCP example.com:7", true],
    ["UDP [FD00:0::1]:5060", true],
    ["UDP [fd00::2]:5060", false],
  ])("a Via of %s: %s", (via, owned) => {
    const names = new Names(
      [
        { sentBy: "10.0.0.1:5060", protocol: "UDP" } as Transport,
        { sentBy: "[fd00::1]:5060", protocol: "UDP" } as Transport,
      ],
      ["old.example.com:5060", "web.example.com:443", "example.com"],
    );
    expect(names.owns(Via.parse(`SIP/2.0/${via};branch=z9hG4bK1`))).toBe(owned);
  });
});

describe("route", () => {
  it("is the flow that the request then takes, by its Route before its Request-URI", async () => {
    const world = new World();
    const many = () => ({
      transports: ["UDP", "TCP"].map((protocol) => world.network.transport({ protocol })),
    });
    const [alice, bob, carol] = [
      await world.started({}, many()),
      await world.started({}, many()),
      await world.started({}, many()),
    ];
    const request = to(bob);
    expect(alice.stack.route(request)).toMatchObject({ remote: bob.stack.transports[0]!.local });
    request.headers.set("Route", `<sip:${carol.stack.transports[1]!.sentBy};transport=tcp;lr>`);
    const flow = alice.stack.route(request);
    expect(flow).toMatchObject({ remote: carol.stack.transports[1]!.local, transport: { protocol: "TCP" } });
    expect(alice.stack.route(request)).toBe(flow);
    const sent = alice.stack.send(request);
    expect(sent.flow).toBe(flow);
    await world.pass();
    expect(carol.requests).toHaveLength(1);
    const target = { protocol: "UDP", host: "10.9.9.9", port: 7 };
    expect(alice.stack.route(request, { target }).remote).toEqual({ host: "10.9.9.9", port: 7 });
    request.headers.set("Route", "<sip:example.com;maddr=[2001:db8::1];lr>");
    expect(alice.stack.route(request).remote).toEqual({ host: "2001:db8::1", port: 5060 });
  });

  it("is one of the transport that has the target's address family", async () => {
    const world = new World();
    const transports = ["fd00::1", "10.1.1.1", "fd00::2", "10.1.1.2"].map((host) =>
      world.network.transport({ host }),
    );
    const { stack } = await world.started({}, { transports });
    const bob = await world.started();
    const by = (host: string) => {
      const target = { protocol: "UDP", host, port: 5060 };
      return stack.route(to(bob), { target }).transport.local.host;
    };
    expect(["10.9.9.9", "fd00::9", "bob.example.com"].map(by)).toEqual(["10.1.1.1", "fd00::1", "fd00::1"]);
    const two = ["fd00::3", "10.1.1.3"].map((host) => world.network.transport({ host }));
    const { stack: other } = await world.started({}, { transports: two });
    const target = { protocol: "UDP", host: "10.9.9.9", port: 5060 };
    expect(other.route(to(bob), { target }).transport).toBe(two[1]);
  });

  it("throws where there is none", async () => {
    const world = new World();
    const ws = world.network.transport({ protocol: "WS", port: 80 });
    const bob = await world.started({}, { transports: [ws, world.network.transport()] });
    const request = to(bob);
    const route = (uri: string) => {
      request.uri = uri;
      return () => bob.stack.route(request);
    };
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(route("sip:10.9.9.9;transport=tcp")).toThrow(code("no_transport"));
    expect(route("sip:10.9.9.9;transport=ws")).toThrow(code("no_target"));
    for (const uri of ["tel:+49301234567", "mailto:bob@example.com"])
      expect(route(uri)).toThrow(expect.objectContaining({ code: "no_target", status: 416 }));
    expect(route("sips:10.9.9.9")).toThrow(code("no_transport"));
  });

  it("throws where there is no transport at all", async () => {
    const bob = await new World().started();
    const { stack } = await new World().started({}, { transports: [] });
    expect(() => stack.route(to(bob))).toThrow(expect.objectContaining({ code: "no_transport" }));
  });

  it("is that of a WebSocket client's server, whatever the request asks for (RFC 7118 §5.3)", async () => {
    const world = new World();
    const server = await world.started(
      {},
      { transports: [world.network.transport({ protocol: "WS", port: 80 })] },
    );
    const client = world.network.transport({ protocol: "WS" });
    const bob = await world.started({}, { transports: [client] });
    const request = to(server);
    for (const uri of ["sip:10.9.9.9;transport=udp", "sip:10.9.9.9;transport=tls"]) {
      request.uri = uri;
      expect([uri, bob.stack.route(request).transport === client]).toEqual([uri, true]);
    }
    // RFC 3261 §26.2.2: but without TLS for no SIPS URI.
    request.uri = "sips:bob@example.com";
    expect(() => bob.stack.route(request)).toThrow(expect.objectContaining({ code: "no_transport" }));
  });

  it("is by TLS for a SIPS URI, whatever its Route says (RFC 3261 §8.1.2)", async () => {
    const world = new World();
    const transports = ["UDP", "TLS"].map((protocol) => world.network.transport({ protocol }));
    const bob = await world.started({}, { transports });
    const request = to(bob);
    request.uri = "sips:alice@example.com";
    for (const route of ["sip:10.9.9.9;lr", "sip:10.9.9.9;transport=udp;lr", "sips:10.9.9.9;lr"]) {
      request.headers.set("Route", [`<${route}>`]);
      expect(bob.stack.route(request).transport.protocol).toBe("TLS");
      expect(await bob.stack.resolve(request)).toMatchObject([{ protocol: "TLS", port: 5061 }]);
    }
  });

  it("of an answer is nowhere where a WebSocket client is gone, and nobody's error but the transport's", async () => {
    const world = new World();
    const held: ServerTransaction[] = [];
    const server = await world.started(
      { onRequest: (_request, transaction) => void held.push(transaction!) },
      { transports: [world.network.transport({ protocol: "WS", port: 80 })] },
    );
    const client = await world.started({}, { transports: [world.network.transport({ protocol: "WS" })] });
    const { final } = client.stack.send(to(server));
    await world.pass();
    await client.stack.close();
    await expect(final).rejects.toThrow();
    await world.pass();
    expect(() => held[0]!.respond(200)).not.toThrow();
    await world.pass();
    expect(server.errors.map(({ code }) => code)).toEqual(["connection_closed"]);
    expect(server.stack.stats).toMatchObject({ sent: 1, failed: 1 });
  });

  it("says what there is where a target asks for what there is not: names of transports are in capitals", async () => {
    const bob = await new World().started();
    const target = { protocol: "udp", host: "10.9.9.9", port: 5060 };
    expect(() => bob.stack.route(to(bob), { target })).toThrow(
      "the stack has no transport for udp: it has UDP",
    );
  });

  it("takes UDP for what asks for no transport, and no WebSocket beside another for what asks for one that is not there", async () => {
    const world = new World();
    const many = (...protocols: string[]) => ({
      transports: protocols.map((protocol, i) => world.network.transport({ protocol, port: 5060 + i })),
    });
    const bob = await world.started({}, many("TCP", "UDP"));
    const request = to(bob);
    request.uri = "sip:10.9.9.9";
    expect(bob.stack.route(request).transport.protocol).toBe("UDP");
    const carol = await world.started({}, many("WS", "TCP"));
    request.uri = "sip:10.9.9.9;transport=tls";
    expect(() => carol.stack.route(request)).toThrow(expect.objectContaining({ code: "no_transport" }));
  });

  it("leads a request over a connection that is gone nowhere else (RFC 3261 §18.2.2 is for responses)", async () => {
    const world = new World();
    const tcp = () => ({ transports: [world.network.transport({ protocol: "TCP" })] });
    const [alice, bob] = [await world.started({}, tcp()), await world.started({}, tcp())];
    const flow = alice.stack.send(to(bob)).flow!;
    await world.pass();
    world.network.cut(alice.stack.transports[0]!, bob.stack.transports[0]!);
    await world.pass();
    expect([flow.open, bob.requests.length]).toEqual([false, 1]);
    alice.stack.sendStateless(to(bob), { flow });
    await world.pass();
    expect([alice.requests.length, bob.requests.length]).toEqual([0, 1]);
    expect(alice.errors).toMatchObject([{ code: "connection_closed" }]);
  });
});

describe("flow", () => {
  it("finds open connections by their id, and no datagram flow", async () => {
    const world = new World();
    const many = () => ({
      transports: ["UDP", "TCP"].map((protocol) => world.network.transport({ protocol })),
    });
    const [alice, bob] = [await world.started({}, many()), await world.started({}, many())];
    for (const transport of bob.stack.transports) alice.stack.send(to(bob, "OPTIONS", transport));
    await world.pass();
    const flows = bob.requests.map(({ flow }) => flow!);
    const [datagrams, connection] = ["UDP", "TCP"].map(
      (protocol) => flows.find(({ transport }) => transport.protocol === protocol)!,
    );
    expect(datagrams!.transport.flowById(datagrams!.id)).toBe(datagrams);
    expect(bob.stack.flow(datagrams!.id)).toBeUndefined();
    expect(bob.stack.flow(connection!.id)).toBe(connection);
    expect(bob.stack.flow("nonsense")).toBeUndefined();
    await alice.stack.close();
    await world.pass();
    expect(connection!.open).toBe(false);
    expect(bob.stack.flow(connection!.id)).toBeUndefined();
  });
});

describe("the topmost Via of a request that came in", () => {
  const arrive = async (vias: string[], protocol = "UDP", host = "10.2.2.2") => {
    const world = new World();
    const port = protocol === "UDP" ? {} : { port: 80 };
    const bob = await world.started({}, { transports: [world.network.transport({ protocol, ...port })] });
    const wire = await world.wire({ host, protocol });
    const lines = vias.map((via) => `Via: SIP/2.0/UDP ${via}`).join("\r\n");
    wire.send(text("OPTIONS", "x").replace(/^Via:.*$/m, lines), bob.stack.transports[0]!);
    await world.pass();
    expect(bob.requests).toHaveLength(1);
    return bob.requests[0]!.headers.get("Via").map((via) => `${via}`.slice("SIP/2.0/UDP ".length));
  };
  const top = "z9hG4bK-1";

  it.each([
    ["is left as it is where sent-by is the source", "10.2.2.2:5060;branch=z", "10.2.2.2:5060;branch=z"],
    [
      "gets received where it is not",
      "host.example.com;branch=z",
      "host.example.com;branch=z;received=10.2.2.2",
    ],
    [
      "gets received and rport where rport is asked for",
      "10.2.2.2;branch=z;rport",
      "10.2.2.2;branch=z;rport=5060;received=10.2.2.2",
    ],
    [
      "keeps no received of the sender's own",
      "10.2.2.2;branch=z;received=10.6.6.6",
      "10.2.2.2;branch=z;received=10.2.2.2",
    ],
    [
      "keeps no rport of the sender's own",
      "10.2.2.2;branch=z;rport=9",
      "10.2.2.2;branch=z;rport=5060;received=10.2.2.2",
    ],
  ])("%s", async (_what, via, expected) => {
    expect(await arrive([via])).toEqual([expected]);
  });

  it.each([
    [["a.example.com;branch=1", "b.example.com;branch=2;rport"]],
    [["a.example.com;branch=1, SIP/2.0/UDP b.example.com;branch=2;rport"]],
  ])("is the only one that is changed: %#", async (vias) => {
    expect(await arrive(vias)).toEqual([
      "a.example.com;branch=1;received=10.2.2.2",
      "b.example.com;branch=2;rport",
    ]);
  });

  it("is noted without the zone of an IPv6 address, which is ours alone (RFC 4007 §11.2)", async () => {
    const [via] = await arrive(["[fe80::3];branch=z;rport"], "UDP", "fe80::2%eth0");
    expect(via).toBe("[fe80::3];branch=z;rport=5060;received=fe80::2");
  });

  it.each(["WS", "WSS"])("is left alone on a WebSocket, %s (RFC 7118 §5.2)", async (protocol) => {
    const via = `x.invalid;branch=${top};rport`;
    expect(await arrive([via], protocol)).toEqual([via]);
  });
});
