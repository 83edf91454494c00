// Phones of others at the switchboard, a process of its own with a list of users: baresip and linphone over UDP, and
// baresip over TCP. They register with digest, and each calls the other.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startSwitchboard } from "../browser/switchboard.mjs";
import { Baresip } from "./baresip.mjs";
import { Linphone } from "./linphone.mjs";
import { until } from "./wait.mjs";

const DOMAIN = "office.test";
const KINDS = { baresip: Baresip, linphone: Linphone };
const NAMES = Object.keys(KINDS);
/** A fifth of the RFC's, so that the last transactions end sooner. */
const T1 = 100;

const phones = {};
let folder;
let switchboard;
/** Where in the switchboard's output the last call begins. */
let begin = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sippet-users-"));
  const users = NAMES.map((name) => `${name}:pw-${name}\n`);
  await writeFile(join(folder, "users"), users.join(""));
  switchboard = await startSwitchboard(
    // baresip 1.0 takes no challenge with SHA-256 beside it.
    ...["--domain", DOMAIN, "--users", join(folder, "users"), "--algorithms", "MD5"],
    ...["--t1", T1, "--drain", "20000"],
  );
});

afterAll(async () => {
  await Promise.all(Object.values(phones).map((phone) => phone.stop()));
  await switchboard?.program.kill();
  await rm(folder, { recursive: true, force: true });
});

function start(user, protocol, password = `pw-${user}`) {
  const address = protocol === "TCP" ? switchboard.tcp : switchboard.sip;
  const server = { protocol, port: Number(address.split(":")[1]) };
  return KINDS[user].start({ user, password, domain: DOMAIN, server });
}

async function stop(user) {
  // linphone does not do that by itself when it is ended.
  await phones[user]?.unregister?.();
  await phones[user]?.stop();
}

/** Waits for a line of the switchboard's since the last call began. */
function journal(pattern) {
  const lines = () => switchboard.program.output.slice(begin);
  return until(
    () => pattern.test(lines()),
    () => `${pattern} at the switchboard:\n${lines()}`,
  );
}

const bothAre = (one, other, state) => Promise.all([phones[one][state](), phones[other][state]()]);

/** One calls the other, which rings. */
async function call(one, other) {
  begin = switchboard.program.output.length;
  await phones[one].dial(`sip:${other}@${DOMAIN}`);
  await phones[other].rings();
}

/** The call stands, until one of them hangs up. */
async function talk(one, other, ending) {
  await call(one, other);
  await phones[other].answer();
  await bothAre(one, other, "talks");
  await journal(/← 200 [^\n]*INVITE/);
  await phones[ending].hangUp();
  await bothAre(one, other, "isIdle");
  await journal(/← 200 [^\n]*BYE/);
}

test.each(NAMES)("%s with a wrong password is answered 401", async (user) => {
  begin = switchboard.program.output.length;
  const phone = await start(user, "UDP", "wrong");
  onTestFinished(() => phone.stop());
  await phone.refused();
  // One to the request without credentials, and one to those that are wrong.
  await journal(/(← 401 [^\n]*REGISTER[\s\S]*){2}/);
  expect(switchboard.program.output).not.toMatch(/← 200 /);
});

describe.each([
  { baresip: "UDP", linphone: "UDP" },
  { baresip: "TCP", linphone: "UDP" },
])("baresip over $baresip, linphone over $linphone:", (protocols) => {
  test.each(NAMES)("%s registers with digest", async (user) => {
    begin = switchboard.program.output.length;
    await stop(user);
    phones[user] = await start(user, protocols[user]);
    await phones[user].registered();
    await journal(/← 401 [^\n]*REGISTER[\s\S]*← 200 [^\n]*REGISTER/);
  });

  describe.each([NAMES, NAMES.toReversed()])("%s calls %s", (one, other) => {
    test("which answers, and the caller, who was asked for a password, hangs up", async () => {
      await talk(one, other, one);
      await journal(/← 407 [^\n]*INVITE/);
    });

    test("which answers, and hangs up", () => talk(one, other, other));

    test("which declines", async () => {
      await call(one, other);
      await phones[other].reject();
      await bothAre(one, other, "isIdle");
      await journal(/← (486|603) [^\n]*INVITE/);
    });

    test("and gives up", async () => {
      await call(one, other);
      await phones[one].isRung();
      await phones[one].hangUp();
      await bothAre(one, other, "isIdle");
      await journal(/→ CANCEL [\s\S]*← 487 [^\n]*INVITE/);
    });
  });
});

test("the switchboard ends by itself, with nothing left", async () => {
  const { program } = switchboard;
  await Promise.all(NAMES.map(stop));
  // Most transactions stay so long in case a request comes again.
  await sleep(64 * T1 + 2000);
  program.interrupt();
  expect(await program.exit(), program.output).toEqual({ code: 0, signal: null });
  // The INVITEs that a phone has refused of late stay for Timer D, 32 s at least (RFC 3261 §17.1.1.2).
  const [, pending] = /^Draining (\d+) transactions /m.exec(program.output);
  expect(Number(pending)).toBeLessThanOrEqual(8);
  expect(program.output).toMatch(/^Closed after \d+ ms: 0 transactions, 0 timers$/m);
  // Nothing failed that no response tells of.
  expect(program.output).not.toMatch(/ [!×] /);
});
