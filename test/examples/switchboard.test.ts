// The switchboard of examples/switchboard as a process of its own, with the built package: telephones over UDP and TCP, and who
// needs a password within a call. test/browser has all else of it.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DigestClient } from "../../src/digest/client.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";

interface Agent {
  readonly requests: readonly Request[];
  request(method: string, user?: string, init?: object): Request;
  send(request: Request): { readonly final: Promise<Response> };
  contact(user: string): string;
  answers(user: string, status: number): void;
  close(): Promise<void>;
}

interface Switchboard {
  readonly sip: string;
  readonly program: { kill(): Promise<void> };
}

const from = (path: string) => import(/* @vite-ignore */ new URL(path, import.meta.url).href);

let switchboard: Switchboard;
let folder: string;
const phones: Record<string, Agent> = {};

/** Sends it; once more with the user's password, where one is asked for. */
async function as(user: string, request: Request): Promise<Response> {
  const { DigestClient: Client } = (await from("../../dist/digest.js")) as {
    DigestClient: typeof DigestClient;
  };
  const first = await phones[user]!.send(request).final;
  const client = new Client({ credentials: { username: user, password: `of ${user}` } });
  const again = await client.answer(request, first);
  return again ? phones[user]!.send(again).final : first;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sippet-users-"));
  await writeFile(join(folder, "users"), "alice:of alice\nbob:of bob\n");
  const { startSwitchboard } = await from("../browser/switchboard.mjs");
  switchboard = await startSwitchboard("--users", join(folder, "users"));
  const { Agent: Opened } = await from("../browser/agent.mjs");
  for (const [user, protocol] of [
    ["alice", "UDP"],
    ["bob", "TCP"],
  ] as const) {
    const phone: Agent = await Opened.open(switchboard, { protocol });
    phones[user] = phone;
    phone.answers(user, 200);
    const to = `<sip:${user}@${switchboard.sip}>`;
    const { status } = await as(
      user,
      phone.request("REGISTER", undefined, { to, contact: phone.contact(user) }),
    );
    expect(status).toBe(200);
  }
});

afterAll(async () => {
  for (const phone of Object.values(phones)) await phone.close();
  await switchboard?.program.kill();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ["alice", "bob"],
  ["bob", "alice"],
])(
  "%s calls %s, one over UDP and one over TCP: by the Route of the call nobody needs a password",
  async (one, other) => {
    const [caller, callee] = [phones[one]!, phones[other]!];
    const name = `<sip:${one}@${switchboard.sip}>;tag=${one}`;
    const invite = caller.request("INVITE", other, { from: name, contact: caller.contact(one) });
    const { status, headers } = await as(one, invite);
    expect(status).toBe(200);
    const [here, there, callId] = [headers.get("From"), headers.get("To"), headers.get("Call-ID")];
    const routes = headers.get("Record-Route").map(String);
    expect(routes).toHaveLength(2);
    const within = async (
      phone: Agent,
      to: string,
      tags: readonly unknown[],
      route: readonly string[],
      id = callId,
    ) => {
      const [local, remote] = tags;
      const request = phone.request("INFO", undefined, {
        from: local,
        to: remote,
        callId: id,
        headers: { Route: route },
      });
      request.uri = to;
      return (await phone.send(request).final).status;
    };
    const target = callee.contact(other).slice(1, -1);
    expect(await within(caller, target, [here, there], [...routes].reverse())).toBe(200);
    expect(await within(callee, caller.contact(one).slice(1, -1), [there, here], routes)).toBe(200);
    const forged = [...routes].reverse().map((route) => route.replace(/;mark=\w+/, ""));
    expect(await within(caller, target, [here, there], forged)).toBe(407);
    expect(await within(caller, target, [here, there], [...routes].reverse(), "another")).toBe(407);
    expect(callee.requests.filter(({ method }) => method === "INFO")).toHaveLength(one === "alice" ? 1 : 2);
  },
);
