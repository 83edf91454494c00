// SessionTimer: what is asked for and agreed on, when it is refreshed, and when it ends (RFC 4028).

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SessionTimer, type SessionTimerOptions } from "../../src/dialog/session-timer.ts";
import { createRequest } from "../../src/message/create-request.ts";

/** A timer that writes down, in seconds, when it refreshes and when it ends. */
function run(options: SessionTimerOptions = {}) {
  const clock = new VirtualClock();
  const [refreshed, expired]: [number[], number[]] = [[], []];
  const note = (list: number[]) => () => void list.push(clock.now() / 1000);
  return {
    clock,
    refreshed,
    expired,
    timer: new SessionTimer(clock, options, note(refreshed), note(expired)),
  };
}
const timer = () => run({ expires: 90 }).timer;
const invite = (headers: Record<string, string> = {}) =>
  createRequest("INVITE", "sip:bob@example.com", { from: "<sip:a@b>;tag=1", headers });
function answer(status: number, headers: Record<string, string>) {
  const response = invite().createResponse(status);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name as "Min-SE", value);
  return response;
}
/** What a message says of the timer. */
const said = ({ headers }: ReturnType<typeof answer> | ReturnType<typeof invite>) => [
  headers.raw("Session-Expires")[0],
  headers.raw("Min-SE")[0],
  headers.get("Require").join(),
];

it.each([
  [422, "1800", true],
  [422, "86400", true],
  [422, "86401", false],
  [422, "90", false],
  [422, "60", false],
  [422, "soon", false],
  [500, "1800", false],
])("a %i with Min-SE: %s, %s", (status, least, again) => {
  const response = invite().createResponse(status);
  response.headers.set("Min-SE", least);
  const one = timer();
  expect(one.yieldTo(response)).toBe(again);
  const request = invite();
  one.ask(request);
  expect(request.headers.raw("Session-Expires")).toEqual([again ? least : "90"]);
  expect(request.headers.raw("Min-SE")).toEqual(again ? [least] : []);
});

describe("a request of ours (§7.1, §7.4)", () => {
  it.each([
    [{}, undefined, undefined],
    [{ expires: 1800 }, "1800", undefined],
    [{ expires: 1800, refresher: "us" }, "1800;refresher=uac", undefined],
    [{ expires: 1800, refresher: "peer" }, "1800;refresher=uas", undefined],
    [{ expires: 60 }, "90", undefined],
    [{ expires: 100, min: 200 }, "200", "200"],
    [{ min: 91 }, undefined, "91"],
    [{ expires: 60, min: 30 }, "90", undefined],
  ] as const)("with %j asks for %s, and %s at least", (options, expires, least) => {
    const request = invite();
    run(options).timer.ask(request);
    expect(said(request)).toEqual([expires, least, ""]);
    expect(request.headers.get("Supported")).toEqual(["timer"]);
  });

  it("keeps what was agreed", () => {
    const { timer } = run({ expires: 1800, refresher: "us" });
    timer.agreed(answer(200, { "Session-Expires": "600;refresher=uas" }));
    const request = invite();
    timer.ask(request);
    expect(said(request)[0]).toBe("600;refresher=uas");
    timer.close();
  });

  it("yields to eight 422 in a row, and to as many after an answer", () => {
    const { timer } = run();
    let least = 100;
    const yields = () => timer.yieldTo(answer(422, { "Min-SE": `${least++}` }));
    const row = [...Array<boolean>(8).fill(true), false];
    expect(row.map(yields)).toEqual(row);
    timer.agreed(answer(200, {}));
    expect(row.map(yields)).toEqual(row);
  });
});

describe("a request of the peer's (§9)", () => {
  it.each([
    [{}, "89", "timer", 90],
    [{}, "90", "timer", undefined],
    [{ min: 300 }, "299;refresher=uac", "timer", 300],
    // None may want less than 90 (§5).
    [{ min: 30 }, "60", "timer", 90],
    // Who does not know the extension cannot be told so.
    [{}, "60", "replaces", undefined],
  ])("to one with %j that asks for %s s, and supports %s: %s", (options, asked, supported, least) => {
    expect(run(options).timer.refuses(invite({ "Session-Expires": asked, Supported: supported }))).toBe(
      least,
    );
  });

  const knows = { Supported: "timer" };
  it.each([
    [{}, knows, undefined, undefined],
    [{ expires: 600 }, knows, "600;refresher=uac", "peer"],
    [{ expires: 600 }, {}, "600;refresher=uas", "us"],
    [{ expires: 600, refresher: "us" }, knows, "600;refresher=uas", "us"],
    [{ expires: 60 }, knows, "90;refresher=uac", "peer"],
    [{ expires: 60, min: 30 }, knows, "90;refresher=uac", "peer"],
    [{ expires: 100, min: 300 }, knows, "300;refresher=uac", "peer"],
    [{}, { ...knows, "Session-Expires": "1800" }, "1800;refresher=uac", "peer"],
    [{}, { ...knows, "Session-Expires": "1800 ; Refresher = UAS" }, "1800;refresher=uas", "us"],
    [
      { refresher: "us" },
      { ...knows, "Session-Expires": "1800;refresher=uac" },
      "1800;refresher=uac",
      "peer",
    ],
    [{}, { "Session-Expires": "1800;refresher=uac" }, "1800;refresher=uas", "us"],
    [{ expires: 600 }, { ...knows, "Session-Expires": "1800" }, "600;refresher=uac", "peer"],
    [{ expires: 3600 }, { ...knows, "Session-Expires": "1800" }, "1800;refresher=uac", "peer"],
    [{ expires: 600 }, { ...knows, "Session-Expires": "1800", "Min-SE": "900" }, "900;refresher=uac", "peer"],
  ] as const)("with %j to %j: %s", (options, headers, expires, refresher) => {
    const { timer } = run(options as SessionTimerOptions);
    const response = answer(200, {});
    timer.agree(invite(headers), response);
    // Who knows the extension has to end the session where it refreshes nothing, too.
    const required = expires !== undefined && "Supported" in headers;
    expect(said(response)).toEqual([expires, undefined, required ? "timer" : ""]);
    expect(response.headers.get("Supported")).toEqual(["timer"]);
    expect(timer.state?.refresher).toBe(refresher);
    if (expires) expect(timer.state?.expires).toBe(Number.parseInt(expires, 10));
    timer.close();
  });

  it.each([
    [{}, ["600", "900"], "1800;refresher=uac", "900"],
    [{}, ["900", "600"], "1800;refresher=uac", "900"],
    [{}, ["2000"], "2000;refresher=uac", "2000"],
    [{}, ["90"], "1800;refresher=uac", undefined],
    [{}, ["60"], "1800;refresher=uac", undefined],
    [{ min: 1000 }, ["900"], "1800;refresher=uac", "1000"],
  ] as const)(
    "with %j: the largest Min-SE of %j is in ours, too: %s, %s (§7.4)",
    (options, heard, expires, least) => {
      const { timer } = run(options);
      const asks = { ...knows, "Session-Expires": "1800;refresher=uas" };
      for (const min of heard) timer.agree(invite({ ...asks, "Min-SE": min }), answer(200, {}));
      const request = invite();
      timer.ask(request);
      expect(said(request)).toEqual([expires, least, ""]);
      timer.close();
    },
  );

  it("that asks for nothing any more ends the timer", () => {
    const { clock, timer } = run();
    timer.agree(invite({ ...knows, "Session-Expires": "1800" }), answer(200, {}));
    timer.agree(invite(knows), answer(200, {}));
    expect([timer.state, clock.size]).toEqual([undefined, 0]);
  });
});

describe("the peer's 2xx (§7.2)", () => {
  it.each([
    ["1800", { expires: 1800, refresher: "us" }],
    ["1800;refresher=uac", { expires: 1800, refresher: "us" }],
    ["1800;x=y; Refresher = UAS", { expires: 1800, refresher: "peer" }],
    ["60;refresher=uas", { expires: 90, refresher: "peer" }],
    ["soon", undefined],
  ])("%s", (text, state) => {
    const { timer } = run({ refresher: "us" });
    timer.agreed(answer(200, { "Session-Expires": text }));
    expect(timer.state).toEqual(state);
    timer.close();
  });
});

describe("time (§10)", () => {
  it.each([
    // Half of it, then half of what is left, as long as more than 10 s are left; the end is 32 s, or a third, before.
    [90, "us", [45, 52.5], 60],
    [106, "us", [53, 63.5, 68.75], 74],
    [120, "us", [60, 74, 81], 88],
    [90, "peer", [], 60],
    [1800, "peer", [], 1768],
  ] as const)("of %d s, refreshed by %s", (expires, refresher, times, end) => {
    const { clock, refreshed, expired, timer } = run();
    timer.resume({ expires, refresher });
    clock.advance(10_000_000);
    expect([refreshed, expired, clock.size]).toEqual([times, [end], 0]);
  });

  it("begins anew with each 2xx, and is over with the session", () => {
    const { clock, refreshed, expired, timer } = run();
    const again = () => timer.agreed(answer(200, { "Session-Expires": "120;refresher=uac" }));
    again();
    clock.advance(40_000);
    again();
    clock.advance(59_000);
    expect(refreshed).toEqual([]);
    clock.advance(1_000);
    expect(refreshed).toEqual([100]);
    timer.close();
    expect(clock.size).toBe(0);
    again();
    clock.advance(1_000_000);
    expect([refreshed, expired, clock.size]).toEqual([[100], [], 0]);
  });
});
