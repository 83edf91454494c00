// Each runtime runs the same probe: the built package parses a message, and makes an OPTIONS round trip to
// the switchboard over UDP and over WebSocket. That the probe ends shows that nothing of the package stays.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../browser/program.mjs";
import { startSwitchboard } from "../browser/switchboard.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const { devDependencies } = JSON.parse(await readFile(path("package.json"), "utf8"));

const RUNTIMES = [
  {
    name: `Node ${process.versions.node}`,
    command: process.execPath,
    args: [],
  },
  {
    name: `Deno ${devDependencies.deno}`,
    command: path("node_modules/.bin/deno"),
    // The network, the names of its interfaces, the package's own files and `ws`, which reads two variables.
    args: ["run", "--no-prompt", "--allow-net", "--allow-sys", "--allow-read", "--allow-env"],
  },
];

let switchboard;

beforeAll(async () => {
  switchboard = await startSwitchboard("--t1", "100");
});

afterAll(() => switchboard?.program.kill());

describe.each(RUNTIMES)("$name", ({ name, command, args }) => {
  let report;

  beforeAll(async () => {
    const program = new Program(command, [...args, path("probe.mjs"), switchboard.sip, switchboard.http]);
    const timeout = setTimeout(() => program.kill(), 40_000);
    const exit = await program.exit();
    clearTimeout(timeout);
    expect(exit, program.output).toEqual({ code: 0, signal: null });
    report = JSON.parse(program.output);
  });

  test("is the runtime that was asked for", () => {
    expect(report.runtime).toBe(name);
  });

  test("parses, and writes back what was not touched", () => {
    expect(report.parse).toEqual({
      method: "INVITE",
      user: "bob",
      branch: "z9hG4bK776asdhds",
      name: "Böb",
      tag: "1928301774",
      cseq: 314159,
      body: "v=0\n",
      untouched: true,
      edited: true,
    });
  });

  const answered = {
    status: 200,
    allow: expect.arrayContaining(["INVITE", "OPTIONS"]),
    branch: true,
    left: 0,
  };

  test("OPTIONS over UDP", () => {
    expect(report.udp).toEqual(answered);
  });

  test("OPTIONS over WebSocket", () => {
    expect(report.webSocket).toEqual(answered);
  });
});
