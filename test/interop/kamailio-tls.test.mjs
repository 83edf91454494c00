// Kamailio over TLS and secure WebSocket: calls, SIPS URIs, certificates both ways, connections that are used again, a
// restart and new certificates while calls are up.

import { createRequest } from "sippet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../transport/certificate.ts";
import { Bed } from "./bed.mjs";
import { callBothWays } from "./both-ways.mjs";
import { Line } from "./line.mjs";
import { openSockets } from "./node.mjs";
import { SecureKamailio } from "./secure-kamailio.mjs";
import { until } from "./wait.mjs";

const DOMAIN = "kamailio.test";
const HERE = { ip: ["127.0.0.1"] };

const authority = new Authority();
const ca = authority.cert;
/** Kamailio's certificate, which the library checks by the domain, and a WebSocket class by the address. */
const theirs = () => authority.issue({ dns: [DOMAIN], ...HERE });
/** A phone's. */
const ours = (...dns) => ({ ...authority.issue({ dns, ...HERE }), ca });

let kamailio;
let office;

beforeAll(async () => {
  office = await new Line({
    ...{ user: "office", domain: "office.test" },
    server: { protocol: "TLS", tls: { ...ours("office.test"), requestCert: true } },
  }).start();
  kamailio = await SecureKamailio.start({
    ...{ identity: theirs(), ca },
    office: office.stack.transports[0].local.port,
  });
});

afterAll(async () => {
  await kamailio?.stop();
  expect(await office.drain()).toEqual({});
  expect(await openSockets()).toEqual([]);
});

let number = 0;
/** A name that no phone had before, not even in a test that is repeated. */
const unused = (user) => `${user}-${++number}`;

/** A server that a phone goes by. */
function by(protocol, more = {}) {
  const { mutual, tls = ours(), at = kamailio, domain = DOMAIN, ...rest } = more;
  const port = protocol === "WSS" ? at.wssPort : mutual ? at.mutualPort : at.tlsPort;
  return { protocol, port, tls, ...(protocol === "TLS" && { domain }), ...rest };
}

/** A phone that is not registered. */
const line = (bed, user, server, more) =>
  bed.node(new Line({ user: unused(user), domain: DOMAIN, server, ...more }));

async function phone(bed, user, server, more) {
  const made = await line(bed, user, server, more);
  expect(await made.register()).toMatchObject({ status: 200 });
  return made;
}

/** Asks Kamailio by OPTIONS. */
function ask(from, server, user = "") {
  const request = createRequest("OPTIONS", `sip:${user && `${user}@`}${DOMAIN}`, {
    from: "<sip:us@here.test>",
  });
  return from.stack.send(request, { target: { ...server, host: "127.0.0.1" } }).final;
}

async function callsBothWays(bed, alice, bob) {
  await callBothWays(alice, bob, { alice: [alice.user], bob: [bob.user] });
  await Promise.all([alice.unregister(), bob.unregister()]);
  await bed.finish();
}

const countsOf = ({ stack }) => stack.transports[0].counts;

describe.concurrent("registration and calls", () => {
  test.concurrent.for([
    ["TLS", "TLS"],
    ["WSS", "WSS"],
    ["TLS", "WSS"],
  ])("from %s to %s", ([one, other]) =>
    Bed.with(0, async (bed) => {
      const alice = await phone(bed, "alice", by(one));
      const bob = await phone(bed, "bob", by(other));
      await callsBothWays(bed, alice, bob);
    }),
  );

  test.concurrent("with SIPS URIs", () =>
    Bed.with(0, async (bed) => {
      const [alice, bob] = [
        await phone(bed, "alice", by("TLS"), { scheme: "sips" }),
        await phone(bed, "bob", by("TLS"), { scheme: "sips" }),
      ];
      const seen = [];
      bob.seen = (request) => seen.push(request.uri.scheme, request.headers.first("Record-Route").uri.scheme);
      await callsBothWays(bed, alice, bob);
      expect(new Set(seen)).toEqual(new Set(["sips"]));
    }));

  test.concurrent.for(["TLSv1.2", "TLSv1.3"])("over %s alone", (version) =>
    Bed.with(0, async (bed) => {
      const tls = { ...ours(), minVersion: version, maxVersion: version };
      const alice = await phone(bed, "alice", by("TLS", { tls }));
      const bob = await phone(bed, "bob", by("TLS", { tls }));
      const response = await ask(alice, by("TLS"));
      expect(response.headers.raw("X-Version").join()).toBe(version);
      await callsBothWays(bed, alice, bob);
    }),
  );

  test.concurrent.for([
    ["with alias in the Via they come on the phone's own connection (RFC 5923)", true, 0],
    ["without it on one that Kamailio opens, for which we show a certificate", false, 1],
  ])("%s", ([, alias, accepted]) =>
    Bed.with(0, async (bed) => {
      const alice = await phone(bed, "alice", by("TLS"));
      const bob = await phone(bed, "bob", by("TLS", { options: { alias } }));
      await callsBothWays(bed, alice, bob);
      // The other one is for 127.0.0.1, as the Record-Route says, and not for the domain.
      expect(countsOf(bob)).toMatchObject({ opened: 2, accepted });
    }),
  );
});

describe.concurrent("certificates", () => {
  test.concurrent("Kamailio asks for ours", () =>
    Bed.with(0, async (bed) => {
      const [known, unknown, nobody] = [
        await line(bed, "known", by("TLS")),
        await line(bed, "unknown", by("TLS", { tls: { ...new Authority().issue({ dns: ["x.test"] }), ca } })),
        await line(bed, "nobody", by("TLS", { options: { client: { key: undefined, cert: undefined } } })),
      ];
      const mutual = by("TLS", { mutual: true });
      const response = await ask(known, mutual);
      expect(response.status).toBe(200);
      expect(response.headers.raw("X-Peer").join()).toBe("1 peer.example.com");
      for (const who of [unknown, nobody]) {
        const error = await ask(who, mutual).catch((thrown) => thrown);
        expect(error.code).toBe("connection_closed");
        who.faults.length = 0;
      }
      await bed.finish();
    }));

  test.concurrent("ours asks for Kamailio's, and knows it by that", () =>
    Bed.with(0, async (bed) => {
      const domains = [];
      office.seen = ({ flow }) => domains.push(...flow.transport.domains(flow));
      const alice = await line(bed, "alice", by("TLS"));
      const session = await alice.call("office", "office.test").session;
      expect((await session.bye()).status).toBe(200);
      expect(domains).toEqual([DOMAIN]);
      await bed.finish();
    }));

  test.concurrent("ours refuses a Kamailio that shows one which nobody known has signed", () =>
    Bed.with(0, async (bed) => {
      const stranger = new Authority();
      const own = await SecureKamailio.start({
        // It trusts us, and we do not trust it.
        ...{ identity: stranger.issue({ dns: [DOMAIN], ...HERE }), ca },
        office: office.stack.transports[0].local.port,
      });
      try {
        const { handshakes } = countsOf(office);
        const client = { ca: stranger.cert };
        const alice = await line(bed, "alice", by("TLS", { at: own, options: { client } }));
        await expect(alice.call("office", "office.test").session).rejects.toMatchObject({
          ...{ code: "refused", status: 408 },
        });
        expect(countsOf(office).handshakes).toBe(handshakes + 1);
        await bed.finish();
      } finally {
        await own.stop();
      }
    }));

  test.concurrent("another domain's is none: nothing is sent", () =>
    Bed.with(0, async (bed) => {
      const alice = await line(bed, "alice", by("TLS"));
      await expect(ask(alice, by("TLS", { domain: "bank.test" }))).rejects.toMatchObject({
        code: "transport_failed",
        message: expect.stringContaining(
          "the certificate is for kamailio.test, not for bank.test (RFC 5922)",
        ),
      });
      alice.faults.length = 0;
      await bed.finish();
    }));
});

test.concurrent("new certificates on both sides while a call is up", () =>
  Bed.with(0, async (bed) => {
    const own = await SecureKamailio.start({ identity: theirs(), ca });
    try {
      const server = by("TLS", { at: own, options: { alias: true } });
      const [alice, bob] = [await phone(bed, "alice", server), await phone(bed, "bob", server)];
      const session = await alice.call(bob.user).session;
      await bob.logged("ack");
      const later = new Authority();
      await own.reload(authority.issue({ dns: [DOMAIN, "later.test"] }));
      for (const { stack } of [alice, bob]) {
        stack.transports[0].setSecureContext({ ...later.issue({ dns: ["later.test"] }), ca });
      }
      expect((await session.reinvite({ body: "v=0\r\n", contentType: "application/sdp" })).status).toBe(200);
      // A new connection has the new certificate.
      expect((await ask(alice, { ...server, domain: "later.test" })).status).toBe(200);
      expect((await session.bye()).status).toBe(200);
      expect(countsOf(alice).opened).toBe(3);
      await Promise.all([alice.unregister(), bob.unregister()]);
      await bed.finish();
    } finally {
      await own.stop();
    }
  }));

test.concurrent("a Kamailio that is ended fails what it was asked, and is called again when it is back", () =>
  Bed.with(0, async (bed) => {
    const options = { identity: theirs(), ca };
    const own = await SecureKamailio.start(options);
    try {
      const server = by("TLS", { at: own });
      const alice = await phone(bed, "alice", server);
      const asked = ask(alice, server, "silent");
      const failed = expect(asked).rejects.toMatchObject({ code: "connection_closed" });
      await until(() => own.output.includes("silent"), "Kamailio was asked");
      await own.halt();
      await failed;
      await expect(ask(alice, server)).rejects.toMatchObject({ code: "transport_failed" });
      await own.run(options);
      alice.faults.length = 0;
      expect((await ask(alice, server)).status).toBe(200);
      expect(countsOf(alice)).toMatchObject({ connections: 1, opened: 3 });
      await alice.unregister();
      await bed.finish();
    } finally {
      await own.stop();
    }
  }));
