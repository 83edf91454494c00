// Phones of others at a server of the library's: baresip over UDP, linphone over TCP, and one of the library's over
// WebSocket. They register with digest, and each calls each.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Baresip } from "./baresip.mjs";
import { closeDown } from "./close-down.mjs";
import { Handset } from "./handset.mjs";
import { Linphone } from "./linphone.mjs";
import { DOMAIN, Server } from "./server.mjs";
import { until } from "./wait.mjs";

const KINDS = { baresip: [Baresip, "UDP"], linphone: [Linphone, "TCP"], ours: [Handset, "WS"] };
const NAMES = Object.keys(KINDS);
const PAIRS = NAMES.flatMap((one) => NAMES.filter((other) => other !== one).map((other) => [one, other]));

const phones = {};
let server;

beforeAll(async () => {
  server = await new Server().start();
  for (const [user, [Kind, protocol]] of Object.entries(KINDS)) {
    const account = { user, password: `pw-${user}`, domain: DOMAIN };
    phones[user] = await Kind.start({ ...account, server: { protocol, port: server.ports[protocol] } });
  }
});

afterAll(() => closeDown(phones, server, NAMES));

const bothAre = (one, other, state) => Promise.all([phones[one][state](), phones[other][state]()]);

/** One calls the other, which rings. */
async function call(one, other) {
  await phones[one].dial(`sip:${other}@${DOMAIN}`);
  await phones[other].rings();
}

/** The server is left without a call. */
async function isOver(one, other) {
  await bothAre(one, other, "isIdle");
  await until(() => server.left.live === 0, "the server is idle");
}

test.each(NAMES)("%s registers with digest", async (user) => {
  await phones[user].registered();
  expect(await server.contacts(user)).toHaveLength(1);
});

describe.each(PAIRS)("%s calls %s", (one, other) => {
  test("which answers, and the caller hangs up", async () => {
    await call(one, other);
    await phones[other].answer();
    await bothAre(one, other, "talks");
    await phones[one].hangUp();
    await isOver(one, other);
  });

  test("which answers, and hangs up", async () => {
    await call(one, other);
    await phones[other].answer();
    await bothAre(one, other, "talks");
    await phones[other].hangUp();
    await isOver(one, other);
  });

  test("which declines", async () => {
    await call(one, other);
    await phones[other].reject();
    await isOver(one, other);
  });

  test("and gives up", async () => {
    await call(one, other);
    await phones[one].isRung();
    await phones[one].hangUp();
    await isOver(one, other);
  });
});
