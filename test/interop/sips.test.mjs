// SIPS URIs end to end: phones of the library, at a server of the library, over TLS, secure WebSocket and
// TCP.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../transport/certificate.ts";
import { Bed } from "./bed.mjs";
import { callBothWays } from "./both-ways.mjs";
import { Line } from "./line.mjs";
import { openSockets } from "./node.mjs";
import { DOMAIN, Server } from "./server.mjs";

const authority = new Authority();
const ca = authority.cert;
const HERE = { ip: ["127.0.0.1"] };

let server;

beforeAll(async () => {
  server = await new Server({ ...authority.issue({ dns: [DOMAIN], ...HERE }), ca }, { plain: true }).start();
});

afterAll(async () => {
  expect(await server.drain()).toEqual({});
  expect(server.faults).toEqual([]);
  expect(await openSockets()).toEqual([]);
});

let number = 0;

async function phone(bed, protocol, scheme) {
  const user = `user-${++number}`;
  const tls = { ...authority.issue(HERE), ca };
  const at = { protocol, port: server.ports[protocol], tls, ...(protocol === "TLS" && { domain: DOMAIN }) };
  const line = await bed.node(new Line({ user, domain: DOMAIN, server: at, scheme }));
  line.requests = [];
  line.seen = (request) => line.requests.push(request);
  expect(await line.register()).toMatchObject({ status: 200 });
  return line;
}

const schemes = (values) => [...new Set(values.map(({ uri }) => uri.scheme))];

describe.concurrent("a call to a SIPS URI", () => {
  test.concurrent.for([
    ["TLS", "TLS"],
    ["TLS", "WSS"],
    ["WSS", "WSS"],
  ])("from %s to %s has them everywhere", ([one, other]) =>
    Bed.with(0, async (bed) => {
      const [alice, bob] = [await phone(bed, one, "sips"), await phone(bed, other, "sips")];
      await callBothWays(alice, bob, { alice: [alice.user], bob: [bob.user] });
      for (const { headers, uri } of [...alice.requests, ...bob.requests]) {
        expect(uri.scheme).toBe("sips");
        const own = [headers.get("Contact"), headers.get("Record-Route"), [headers.get("From")]];
        expect(own.map(schemes)).toEqual([["sips"], ["sips"], ["sips"]]);
        for (const { uri: route } of headers.get("Record-Route"))
          expect(route.params.get("transport")).toMatch(/^(tcp|ws)$/);
      }
      await Promise.all([alice.unregister(), bob.unregister()]);
      await bed.finish();
    }),
  );

  test.concurrent.for(["TLS", "TCP"])("of who has registered a SIP URI over %s is refused", (protocol) =>
    Bed.with(0, async (bed) => {
      const [alice, bob] = [await phone(bed, "TLS", "sips"), await phone(bed, protocol, "sip")];
      await expect(alice.call(bob.user).session).rejects.toMatchObject({ code: "refused", status: 480 });
      expect(bob.requests).toEqual([]);
      await Promise.all([alice.unregister(), bob.unregister()]);
      await bed.finish();
    }),
  );
});

test.concurrent.for(["TCP", "TLS"])(
  "a call to a SIP URI over %s reaches by TLS who has registered a SIPS URI",
  (protocol) =>
    Bed.with(0, async (bed) => {
      const [alice, bob] = [await phone(bed, protocol, "sip"), await phone(bed, "TLS", "sips")];
      const session = await alice.call(bob.user).session;
      await bob.logged("ack");
      const [{ uri, headers, flow }] = bob.requests;
      expect([uri.scheme, flow.transport.protocol, headers.get("Contact")[0].uri.scheme]).toEqual([
        "sip",
        "TLS",
        "sip",
      ]);
      expect((await session.bye()).status).toBe(200);
      await Promise.all([alice.unregister(), bob.unregister()]);
      await bed.finish();
    }),
);
