// A phone behind a NAT at a server of the library's: baresip over UDP, without outbound (RFC 5626). It calls itself by an
// address that leads nowhere from the server, which sends it everything where it was seen (RFC 3581).

import { afterAll, beforeAll, expect, test } from "vitest";
import { Baresip } from "./baresip.mjs";
import { closeDown } from "./close-down.mjs";
import { Linphone } from "./linphone.mjs";
import { Relay } from "./relay.mjs";
import { DOMAIN, Server } from "./server.mjs";
import { until } from "./wait.mjs";

const phones = {};
/** The NAT, without loss: what the phone sends comes from another port than its own. */
let nat;
let server;
/** The ports that the server has sent to over UDP, and the first lines. */
const sent = [];

beforeAll(async () => {
  const tap = (data, direction, { transport, remote }) => {
    if (direction !== "out" || transport.protocol !== "UDP") return;
    sent.push([remote.port, new TextDecoder().decode(data).split("\r\n", 1)[0]]);
  };
  server = await new Server(undefined, { tap }).start();
  nat = await new Relay(0, 1).open();
  const account = (user) => ({ user, password: `pw-${user}`, domain: DOMAIN });
  const at = (protocol, port) => ({ server: { protocol, port } });
  phones.baresip = await Baresip.start({ ...account("baresip"), ...at("UDP", nat.near) });
  nat.connect(phones.baresip.port, server.ports.UDP);
  phones.linphone = await Linphone.start({ ...account("linphone"), ...at("TCP", server.ports.TCP) });
});

afterAll(async () => {
  // What they take back passes the NAT.
  await closeDown(phones, server, Object.keys(phones), nat);
});

const both = (state) => Promise.all(Object.values(phones).map((phone) => phone[state]()));

test("it registers an address that is not where it was seen", async () => {
  await both("registered");
  const [contact] = await server.contacts("baresip");
  expect(contact).toContain(`127.0.0.1:${phones.baresip.port}`);
});

test.each([
  ["linphone", "baresip", "linphone"],
  ["linphone", "baresip", "baresip"],
  ["baresip", "linphone", "linphone"],
  ["baresip", "linphone", "baresip"],
])("%s calls %s, and %s hangs up", async (one, other, ending) => {
  await phones[one].dial(`sip:${other}@${DOMAIN}`);
  await phones[other].rings();
  await phones[other].answer();
  await both("talks");
  await phones[ending].hangUp();
  await both("isIdle");
  await until(() => server.left.live === 0, "the server is idle");
});

test("no request was sent to the address that it calls itself", () => {
  // Its own within a call follow the Record-Route, past this NAT, and are answered where they came from.
  const requests = sent.filter(([, line]) => line.endsWith(" SIP/2.0"));
  expect([...new Set(requests.map(([, line]) => line.split(" ")[0]))].sort()).toEqual([
    "ACK",
    "BYE",
    "INVITE",
  ]);
  expect(requests.filter(([port]) => port !== nat.far)).toEqual([]);
});
