// Phones of others over TLS at a server of the library's: baresip, which shows a certificate of its own, linphone, which
// checks the server's, and one of the library's over secure WebSocket. They register with digest, and each calls each.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../transport/certificate.ts";
import { Baresip } from "./baresip.mjs";
import { closeDown } from "./close-down.mjs";
import { Handset } from "./handset.mjs";
import { Linphone } from "./linphone.mjs";
import { DOMAIN, Server } from "./server.mjs";
import { until } from "./wait.mjs";

const KINDS = { baresip: [Baresip, "TLS"], linphone: [Linphone, "TLS"], ours: [Handset, "WSS"] };
const NAMES = Object.keys(KINDS);
const PAIRS = NAMES.flatMap((one) => NAMES.filter((other) => other !== one).map((other) => [one, other]));

const authority = new Authority();
const ca = authority.cert;

const phones = {};
let server;

beforeAll(async () => {
  const identity = authority.issue({ dns: [DOMAIN, "localhost"], ip: ["127.0.0.1"] });
  server = await new Server({ ...identity, ca, requestCert: true, rejectUnauthorized: false }).start();
  for (const [user, [Kind, protocol]] of Object.entries(KINDS)) {
    const account = { user, password: `pw-${user}`, domain: DOMAIN };
    const tls = { ...authority.issue({ dns: [`${user}.test`] }), ca };
    const host = user === "linphone" ? "localhost" : "127.0.0.1";
    phones[user] = await Kind.start({
      ...account,
      server: { protocol, host, port: server.ports[protocol], tls },
    });
  }
});

afterAll(() => closeDown(phones, server, NAMES));

const bothAre = (one, other, state) => Promise.all([phones[one][state](), phones[other][state]()]);

test.each(NAMES)("%s registers with digest", async (user) => {
  await phones[user].registered();
  expect(await server.contacts(user)).toHaveLength(1);
});

test("baresip shows its certificate, and linphone has none", () => {
  const domains = (user) => [server.peers[user]].flat();
  expect(domains("baresip")).toEqual(["baresip.test"]);
  expect(domains("linphone")).toEqual([]);
});

test("linphone does not register where nobody known has signed our certificate", async () => {
  const identity = new Authority().issue({ dns: ["localhost"], ip: ["127.0.0.1"] });
  const stranger = await new Server(identity).start();
  const account = { user: "linphone", password: "pw-linphone", domain: DOMAIN };
  const at = { protocol: "TLS", host: "localhost", port: stranger.ports.TLS, tls: { ca } };
  const phone = await Linphone.start({ ...account, server: at });
  try {
    const { transports } = stranger.stack;
    await until(() => transports[0].counts.handshakes > 0, "a handshake has failed");
    expect(await stranger.contacts("linphone")).toEqual([]);
  } finally {
    await phone.stop();
  }
  expect(await stranger.drain()).toEqual({});
  expect(stranger.faults).toEqual([]);
});

describe.each(PAIRS)("%s calls %s", (one, other) => {
  test.each([
    ["the caller hangs up", one],
    ["the one who was called hangs up", other],
  ])("which answers, and %s", async (_what, last) => {
    await phones[one].dial(`sip:${other}@${DOMAIN}`);
    await phones[other].rings();
    await phones[other].answer();
    await bothAre(one, other, "talks");
    await phones[last].hangUp();
    await bothAre(one, other, "isIdle");
    await until(() => server.left.live === 0, "the server is idle");
  });
});
