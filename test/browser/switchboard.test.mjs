// The switchboard by itself: how it starts, what it serves over HTTP, and what its registrar and its proxy
// answer, to agents over UDP and WebSocket.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DigestClient } from "../../dist/digest.js";
import { Uri, webSocket } from "../../dist/index.js";
import { tcp, tls, udp } from "../../dist/node.js";
import { Domain } from "../../examples/switchboard/domain.mjs";
import { readOptions } from "../../examples/switchboard/options.mjs";
import { Authority, TrustingWebSocket } from "../transport/certificate.ts";
import { Agent } from "./agent.mjs";
import { freePort } from "./free-port.mjs";
import { runSwitchboard, startSwitchboard } from "./switchboard.mjs";

let switchboard;
const agents = [];

beforeAll(async () => {
  switchboard = await startSwitchboard("--t1", "100", "--min-expires", "60", "--max-expires", "600");
});

afterAll(() => switchboard?.program.kill());

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

async function agent(options) {
  const opened = await Agent.open(switchboard, options);
  agents.push(opened);
  return opened;
}

/** An agent that is registered, and answers INVITE with this status, other requests with 200. */
async function phone(user, status, options) {
  const opened = await agent(options);
  opened.answers(user, status);
  expect((await opened.register(user)).status).toBe(200);
  return opened;
}

/** Waits until it is so, or for 5 s. */
async function until(condition) {
  for (let tries = 0; !condition() && tries < 250; tries++) await sleep(20);
  expect(condition()).toBe(true);
}

const methods = (agent) => agent.requests.map(({ method }) => method);

describe("start", () => {
  const local = ["--udp-host", "127.0.0.1", "--http-host", "127.0.0.1"];
  const portOf = (address) => address.split(":")[1];

  test.each([
    [
      "UDP",
      () => ["--udp-port", portOf(switchboard.sip), "--http-port", "0"],
      /^UDP 127.0.0.1:\d+ is in use.*\(--udp-port\)/,
    ],
    [
      "TCP",
      () => ["--udp-port", "0", "--tcp-port", portOf(switchboard.tcp), "--http-port", "0"],
      /^TCP 127.0.0.1:\d+ is in use.*\(--tcp-port\)/,
    ],
    [
      "HTTP",
      () => ["--udp-port", "0", "--http-port", portOf(switchboard.http)],
      /^HTTP port \d+ .* is in use/,
    ],
  ])("a %s port that is taken is an error", async (_name, ports, message) => {
    const program = runSwitchboard(...local, ...ports());
    expect(await program.exit()).toEqual({ code: 1, signal: null });
    expect(program.output).toMatch(message);
  });

  test.each([
    "--udp-port sip",
    "--udp-port 65536",
    "--tcp-port sip",
    "--tls-cert cert.pem",
    "--algorithms MD5,MD4",
    "--algorithms ,",
    "--min-expires 600 --max-expires 60",
    "--redis localhost",
    "--no-such-option",
  ])("%s is refused", async (options) => {
    const program = runSwitchboard(...options.split(" "));
    expect(await program.exit()).toEqual({ code: 1, signal: null });
    expect(program.output).toContain("--help");
  });

  test("a variable that is neither yes nor no is refused", () => {
    const read = (SIPPET_RELAY) => readOptions([], { SIPPET_RELAY }).relay;
    expect(["1", "true", "Yes", "0", "false", "no", ""].map(read)).toEqual([
      ...[true, true, true, false, false, false, false],
    ]);
    expect(() => read("maybe")).toThrow(/SIPPET_RELAY|--relay/);
  });

  test("TCP is where UDP is, unless told", () => {
    const read = (...args) => {
      const { tcpHost, tcpPort } = readOptions(args, { SIPPET_UDP_HOST: "192.0.2.1" });
      return `${tcpHost}:${tcpPort}`;
    };
    expect(read()).toBe("192.0.2.1:5060");
    expect(read("--udp-port", "5070")).toBe("192.0.2.1:5070");
    expect(read("--udp-port", "5070", "--tcp-port", "5080", "--tcp-host", "::1")).toBe("::1:5080");
  });

  test("an address that is none leaves nothing running", async () => {
    const program = runSwitchboard(...local, "--udp-port", "0", "--http-port", "0", "--advertise", "a b");
    expect(await program.exit()).toEqual({ code: 1, signal: null });
    expect(program.output).toMatch(/^The switchboard cannot start: /);
  });

  test.each([
    ["127.0.0.1", true],
    ["::1", true],
    ["192.0.2.1", false],
  ])("at %s alone: localhost is its name, %s", (host, serves) => {
    const domain = new Domain({ isLocal: () => false, transports: [{ local: { host, port: 5060 } }] }, [
      host,
    ]);
    expect(domain.serves(Uri.parse("sip:alice@localhost"))).toBe(serves);
  });

  test("--help names every option and its variable", async () => {
    const program = runSwitchboard("--help");
    expect(await program.exit()).toEqual({ code: 0, signal: null });
    const names = [
      "UDP_HOST",
      "UDP_PORT",
      "TCP_HOST",
      "TCP_PORT",
      "HTTP_HOST",
      "HTTP_PORT",
      "DOMAIN",
      "USERS",
    ];
    for (const name of [...names, "ALGORITHMS"]) {
      expect(program.output).toContain(`--${name.toLowerCase().replace("_", "-")}`);
      expect(program.output).toContain(`SIPPET_${name}`);
    }
  });
});

describe("HTTP", () => {
  const get = (path, method = "GET") =>
    new Promise((resolve, reject) => {
      // Not fetch: it would tidy the path up.
      const [host, port] = switchboard.http.split(":");
      const sent = httpRequest({ host, port, path, method }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, type: response.headers["content-type"] });
      });
      sent.on("error", reject).end();
    });

  test.each([
    ["/", "text/html; charset=utf-8"],
    ["/page.js", "text/javascript; charset=utf-8"],
    ["/style.css", "text/css; charset=utf-8"],
    ["/icon.svg", "image/svg+xml"],
    ["/sippet/index.js", "text/javascript; charset=utf-8"],
    ["/sippet/sip.wasm", "application/wasm"],
  ])("%s is served as %s", async (path, type) => {
    expect(await get(path)).toEqual({ status: 200, type });
  });

  test.each([
    "/main.mjs",
    "/../main.mjs",
    "/..%2fmain.mjs",
    "/..%5cmain.mjs",
    "/%2e%2e/%2e%2e/package.json",
    "/sippet/../../package.json",
    "/sippet/%2e%2e%2fpackage.json",
    "/sippet/..%2f..%2fpackage.json",
    "/page.js%00.html",
    "/%",
    "//",
    "/sippet/",
  ])("%s is not", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test.each([
    [undefined, 101],
    ["its own", 101],
    ["https://elsewhere.example", 403],
    ["null", 403],
    // A name of somebody else's that is made to lead here once his page is loaded.
    ["http://elsewhere.example:8080", 403, "elsewhere.example:8080"],
  ])("a WebSocket with the Origin %s is answered %i", async (origin, status, name) => {
    const [host, port] = switchboard.http.split(":");
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol": "sip",
      ...(name && { Host: name }),
      ...(origin && { Origin: origin === "its own" ? `http://${switchboard.http}` : origin }),
    };
    const answered = new Promise((resolve, reject) => {
      const sent = httpRequest({ host, port, headers }, (response) => resolve(response.statusCode));
      sent.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve(response.statusCode);
      });
      sent.on("error", reject).end();
    });
    expect(await answered).toBe(status);
    if (name) await switchboard.program.prints(/× 403 .*elsewhere\.example:8080.*--domain/);
  });

  test("nothing can be written", async () => {
    expect((await get("/", "POST")).status).toBe(405);
  });
});

describe("registrar", () => {
  test("lists what holds, for no longer than it grants", async () => {
    const one = await agent();
    await one.register("lister", { headers: { Expires: 3600 } });
    const response = await one.register("lister", { contact: "<sip:lister@192.0.2.1>;q=0.3;expires=120" });
    expect(response.status).toBe(200);
    const contacts = response.headers.get("Contact");
    expect(contacts.map(({ uri }) => `${uri}`)).toEqual([
      one.contact("lister").slice(1, -1),
      "sip:lister@192.0.2.1",
    ]);
    expect(contacts.map(({ params }) => Number(params.get("expires")))).toEqual([600, 120]);
    expect(contacts[1].params.get("q")).toBe("0.3");
    const asked = await one.register("lister", { contact: undefined });
    expect(asked.headers.get("Contact")).toHaveLength(2);
  });

  test("a Contact with expires=0 is taken away, and * takes all", async () => {
    const one = await agent();
    await one.register("leaver");
    await one.register("leaver", { contact: "<sip:leaver@192.0.2.1>" });
    const left = await one.register("leaver", { contact: "<sip:leaver@192.0.2.1>;expires=0" });
    expect(left.headers.get("Contact")).toHaveLength(1);
    expect((await one.register("leaver", { contact: "*" })).status).toBe(400);
    const none = await one.register("leaver", { contact: "*", headers: { Expires: 0 } });
    expect(none.status).toBe(200);
    expect(none.headers.get("Contact")).toHaveLength(0);
    expect((await one.ask("OPTIONS", "leaver")).status).toBe(480);
  });

  test("an interval that is too brief is answered 423", async () => {
    const one = await agent();
    const response = await one.register("brief", { headers: { Expires: 59 } });
    expect(response.status).toBe(423);
    expect(response.headers.get("Min-Expires")).toBe(60);
  });

  test("one that was overtaken changes nothing", async () => {
    const one = await agent();
    const of = (cseq, expires) => ({ callId: "the-same", cseq, headers: { Expires: expires } });
    await one.register("late", of(7, 600));
    expect((await one.register("late", of(6, 0))).status).toBe(500);
    expect((await one.register("late", { contact: undefined })).headers.get("Contact")).toHaveLength(1);
  });

  test("an extension that it does not know is answered 420", async () => {
    const one = await agent();
    const response = await one.register("extended", { headers: { Require: "sec-agree" } });
    expect(response.status).toBe(420);
    expect(response.headers.get("Unsupported")).toEqual(["sec-agree"]);
  });

  test("gives GRUUs, each of which leads to one phone", async () => {
    const [one, other, caller] = [await agent(), await agent(), await agent()];
    const gruus = [];
    for (const [index, each] of [one, other].entries()) {
      const contact = `${each.contact("twice")};+sip.instance="<urn:uuid:0000000${index}-0000-4000-8000-000000000000>"`;
      const { headers } = await each.register("twice", { contact, headers: { Supported: "gruu" } });
      gruus.push(headers.get("Contact")[index].params.get("pub-gruu"));
    }
    expect(gruus[1]).toBe(`sip:twice@${switchboard.sip};gr=urn:uuid:00000001-0000-4000-8000-000000000000`);
    for (const gruu of gruus) {
      const request = caller.request("OPTIONS", "twice");
      request.uri = gruu;
      expect((await caller.send(request).final).status).toBe(200);
    }
    expect([methods(one), methods(other)]).toEqual([["OPTIONS"], ["OPTIONS"]]);
  });

  test("its own address is nobody's contact", async () => {
    const one = await agent();
    expect((await one.register("looper", { contact: `<sip:looper@${switchboard.sip}>` })).status).toBe(403);
  });
});

describe("proxy", () => {
  test("OPTIONS to the switchboard itself", async () => {
    const response = await (await agent()).ask("OPTIONS");
    expect(response.status).toBe(200);
    expect(response.headers.get("Allow")).toContain("REGISTER");
  });

  test.each([
    ["nobody of that name", "nobody", {}, 404],
    ["no hops left", "somebody", { maxForwards: 0 }, 483],
    ["an extension for proxies", "somebody", { headers: { "Proxy-Require": "sec-agree" } }, 420],
  ])("%s", async (_name, user, init, status) => {
    await phone("somebody", 200);
    expect((await (await agent()).ask("INVITE", user, init)).status).toBe(status);
  });

  test("is no open relay", async () => {
    const one = await agent();
    const away = one.request("INVITE", "somebody");
    away.uri = "sip:somebody@192.0.2.1";
    expect((await one.send(away).final).status).toBe(403);
    away.headers.set("Route", `<sip:${switchboard.sip};lr>`);
    expect((await one.send(away).final).status).toBe(403);
    away.uri = "tel:+358-555-1234567";
    expect((await one.send(away).final).status).toBe(416);
  });

  test("a request that comes back is a loop", async () => {
    const one = await agent();
    await one.register("circle");
    // Sends what it gets back to the switchboard, as it was sent there.
    one.onRequest = (request, transaction) => {
      if (one.requests.length > 1) return transaction.respond(200);
      const again = request.clone();
      again.uri = `sip:circle@${switchboard.sip}`;
      return one.send(again).final.then(({ status }) => transaction.respond(status));
    };
    expect((await one.ask("OPTIONS", "circle")).status).toBe(482);
    expect(one.requests).toHaveLength(1);
  });

  test("forks: the first to answer has the call, the other is cancelled", async () => {
    const slow = await phone("forked", 180);
    const quick = await phone("forked", 200);
    const caller = await agent();
    const { invite, statuses } = caller.invite("forked");
    expect((await invite.final).status).toBe(200);
    await until(() => methods(quick).includes("ACK"));
    expect(statuses[0]).toBe(100);
    expect(statuses.filter((status) => status >= 200)).toEqual([200]);
    await until(() => slow.canceled === 1);
    expect(methods(slow)).toEqual(["INVITE"]);
    expect(quick.canceled).toBe(0);
  });

  test.each([
    [[486, 480], 480],
    [[404, 503], 404],
    [[503, 503], 500],
    [[486, 603], 603],
    [[302, 486], 302],
    [[486, 407], 407],
  ])("of %j the caller gets %i", async (answers, status) => {
    const user = `best-${answers.join("-")}`;
    for (const answer of answers) await phone(user, answer);
    const { invite } = (await agent()).invite(user);
    const response = await invite.final;
    // 480 and 486 are of one class; either will do.
    if (answers.join() === "486,480") expect([480, 486]).toContain(response.status);
    else expect(response.status).toBe(status);
  });

  test("a phone that is not there any more is answered for", async () => {
    const gone = await phone("gone", 200);
    await gone.close();
    expect((await (await agent()).invite("gone").invite.final).status).toBe(408);
  });

  test("a CANCEL goes on to the phone, and 487 comes back", async () => {
    const callee = await phone("canceled", 180, { protocol: "WS" });
    const { invite, statuses } = (await agent()).invite("canceled");
    await until(() => statuses.includes(180));
    invite.cancel();
    expect((await invite.final).status).toBe(487);
    expect(callee.canceled).toBe(1);
  });

  test.each([
    ["UDP", "UDP", 1],
    ["UDP", "TCP", 2],
    ["UDP", "WS", 2],
    ["TCP", "UDP", 2],
    ["TCP", "TCP", 2],
    ["TCP", "WS", 2],
    ["WS", "UDP", 2],
    ["WS", "TCP", 2],
    ["WS", "WS", 2],
  ])(
    "%s to %s: requests within a dialog find their way, in both directions",
    async (first, second, routes) => {
      const user = `dialog-${first}-${second}`;
      const callee = await phone(user, 200, { protocol: second });
      const caller = await agent({ protocol: first });
      const { invite } = caller.invite(user);
      const accepted = await invite.final;
      await until(() => methods(callee).includes("ACK"));
      expect(accepted.headers.get("Record-Route")).toHaveLength(routes);

      const { headers } = accepted;
      const within = (agent, method, target, from, to, route) => {
        const request = agent.request(method, undefined, { from, to, callId: headers.get("Call-ID") });
        request.uri = target;
        request.headers.set("Route", route);
        return agent.send(request).final;
      };
      const route = headers.get("Record-Route");
      const [from, to] = [headers.get("From"), headers.get("To")];
      const [{ uri }] = headers.get("Contact");
      const there = await within(caller, "OPTIONS", uri, from, to, route.toReversed());
      expect(there.status).toBe(200);
      const back = await within(callee, "BYE", caller.contact().slice(1, -1), to, from, route);
      expect(back.status).toBe(200);
      expect(methods(callee)).toEqual(["INVITE", "ACK", "OPTIONS"]);
      expect(methods(caller)).toEqual(["BYE"]);
      for (const request of [...callee.requests.slice(1), ...caller.requests]) {
        expect(request.headers.get("Route")).toEqual([]);
      }
    },
  );

  test.each([
    ["and a phone that listens to TCP too gets it by that", true],
    ["but a phone that has UDP alone gets it by UDP", false],
  ])("what is too large for a datagram goes over TCP: %s", async (_name, both) => {
    const host = "127.0.0.1";
    const port = await freePort();
    const transports = [udp({ host, port }), ...(both ? [tcp({ host, port })] : [])];
    // It says that it has UDP, or nothing: the first of its transports is that of its Contact.
    const callee = await phone(`large-${both}`, 200, { transports });
    const contact = `<sip:large-${both}@${host}:${port}>`;
    expect((await callee.register(`large-${both}`, { contact: "*", headers: { Expires: 0 } })).status).toBe(
      200,
    );
    expect((await callee.register(`large-${both}`, { contact })).status).toBe(200);
    const caller = await agent({ protocol: "TCP" });
    for (const size of [10, 2000]) {
      const response = await caller.ask("MESSAGE", `large-${both}`, { body: "x".repeat(size) });
      expect(response.status).toBe(200);
    }
    expect(callee.requests.map(({ headers }) => headers.first("Via").transport)).toEqual(
      both ? ["UDP", "TCP"] : ["UDP", "UDP"],
    );
  });

  test("a phone's address is no flow token", async () => {
    const callee = await phone("datagram", 200);
    const one = await agent();
    const request = one.request("OPTIONS", "datagram");
    const [, address] = callee.contact().match(/@([^;>]+)/);
    request.headers.set("Route", `<sip:${address.replace(":", "%3A")}@${switchboard.sip};lr>`);
    expect((await one.send(request).final).status).toBe(430);
  });

  test("every 2xx of a forked call goes to the caller", async () => {
    await phone("both", 200);
    await phone("both", 200);
    const { statuses } = (await agent()).invite("both");
    await until(() => statuses.filter((status) => status === 200).length === 2);
  });

  test("a flow that is gone is answered 430", async () => {
    const callee = await phone("fleeting", 200, { protocol: "WS" });
    const caller = await agent();
    const { headers } = await caller.invite("fleeting").invite.final;
    await callee.close();
    const bye = caller.request("BYE", undefined, { to: headers.get("To"), callId: headers.get("Call-ID") });
    bye.uri = headers.get("Contact")[0].uri;
    bye.headers.set("Route", headers.get("Record-Route").toReversed());
    await sleep(100);
    expect((await caller.send(bye).final).status).toBe(430);
  });
});

describe("with a certificate", () => {
  const authority = new Authority();
  let folder;
  let secure;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sippet-tls-"));
    const { key, cert } = authority.issue({ ip: ["127.0.0.1"] });
    await writeFile(join(folder, "key.pem"), key);
    await writeFile(join(folder, "cert.pem"), cert);
    const files = ["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")];
    secure = await startSwitchboard(...files, "--tls-port", "0");
  });

  afterAll(async () => {
    await secure?.program.kill();
    await rm(folder, { recursive: true, force: true });
  });

  test("there are SIP over TLS, secure WebSockets and a page over HTTPS", () => {
    const { output } = secure.program;
    expect(output).toMatch(/^SIP over TLS +sips:127\.0\.0\.1:\d+$/m);
    expect(output).toMatch(/^SIP over WebSocket +wss:/m);
    expect(output).toMatch(/^Softphone +https:/m);
  });

  test("a page and a phone over TLS call each other, by SIPS URIs too; one with UDP is not called by those", async () => {
    const open = async (transport) => {
      const opened = await Agent.open(secure, { transports: [transport] });
      agents.push(opened);
      return opened;
    };
    const page = await open(webSocket({ url: `wss://${secure.http}`, WebSocket: TrustingWebSocket }));
    const client = { ca: authority.cert };
    const desk = await open(tls({ host: "127.0.0.1", port: 9, listen: false, client, tls: {} }));
    const plain = await open(udp({ host: "127.0.0.1", port: 0 }));
    for (const [user, each] of Object.entries({ page, desk, plain })) {
      each.answers(user, 200);
      expect((await each.register(user)).status).toBe(200);
    }
    const sips = async (from, user) => {
      const request = from.request("OPTIONS", user);
      request.uri = `sips:${user}@${secure.tls}`;
      return (await from.send(request).final).status;
    };
    expect((await page.ask("OPTIONS", "desk")).status).toBe(200);
    expect((await desk.ask("OPTIONS", "page")).status).toBe(200);
    expect((await plain.ask("OPTIONS", "page")).status).toBe(200);
    expect(await sips(desk, "plain")).toBe(480);
    expect((await desk.register("desk", { contact: "<sips:desk@127.0.0.1:9>" })).status).toBe(200);
    expect(await sips(page, "desk")).toBe(200);
  });
});

describe("with a list of users", () => {
  let guarded;
  let folder;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sippet-users-"));
    await writeFile(join(folder, "users"), "alice:wonder\nbob:builder\n");
    guarded = await startSwitchboard("--users", join(folder, "users"));
  });

  afterAll(async () => {
    await guarded?.program.kill();
    await rm(folder, { recursive: true, force: true });
  });

  /** Sends it; once more with alice's password, where one is asked for. */
  async function asAlice(agent, request) {
    const credentials = { username: "alice", password: "wonder" };
    const first = await agent.send(request).final;
    const again = await new DigestClient({ credentials }).answer(request, first);
    return again ? agent.send(again).final : first;
  }

  async function guest() {
    const opened = await Agent.open(guarded);
    agents.push(opened);
    return opened;
  }

  const register = (
    agent,
    { user = "alice", to = `<sip:${user}@${guarded.sip}>`, route, params = "" } = {},
  ) => {
    const request = agent.request("REGISTER", undefined, { to, contact: agent.contact(user) });
    request.uri = `sip:${guarded.sip}${params}`;
    if (route) request.headers.set("Route", route);
    return request;
  };

  /** A request to alice from somebody. */
  const toAlice = (agent, from, { headers, ...init } = {}) =>
    agent.request("MESSAGE", "alice", { from: `<sip:${from}>`, headers, ...init });

  test("a REGISTER is asked for a password, whatever Route and tag it has", async () => {
    const agent = await guest();
    const to = `<sip:alice@${guarded.sip}>;tag=made-up`;
    const route = `<sip:${guarded.sip};lr>`;
    const tries = [{}, { to }, { route }, { to, route }, { to, route, params: ";gr=made-up" }];
    const statuses = [];
    for (const each of tries) statuses.push((await agent.send(register(agent, each)).final).status);
    expect(statuses).toEqual(tries.map(() => 401));
    expect((await asAlice(agent, register(agent))).status).toBe(200);
    expect((await asAlice(agent, register(agent, { user: "bob" }))).status).toBe(403);
  });

  test("what goes to a user is asked for a password, whatever Route and tag it has", async () => {
    const agent = await guest();
    expect((await asAlice(agent, register(agent))).status).toBe(200);
    const to = `<sip:alice@${guarded.sip}>;tag=made-up`;
    const request = toAlice(agent, `bob@${guarded.sip}`, {
      to,
      headers: { Route: `<sip:${guarded.sip};lr>` },
    });
    expect((await agent.send(request).final).status).toBe(407);
    expect(agent.requests).toEqual([]);
  });

  test("what the proxy makes a user's name of is asked for a password, too", async () => {
    const agent = await guest();
    expect((await asAlice(agent, register(agent))).status).toBe(200);
    const [alice, route] = [`<sip:alice@${guarded.sip}>`, `<sip:${guarded.sip};lr>`];
    const to = `${alice};tag=made-up`;
    // As a strict router writes it: the last Route becomes the Request-URI (RFC 3261 §16.4).
    const strict = toAlice(agent, `bob@${guarded.sip}`, { to, headers: { Route: `${route}, ${alice}` } });
    strict.uri = `sip:${guarded.sip};lr;gr=made-up`;
    // An maddr that is ours leaves the Request-URI, and takes the port with it.
    const led = toAlice(agent, `bob@${guarded.sip}`, { to, headers: { Route: route } });
    led.uri = `sip:alice@example.org;maddr=${guarded.sip.split(":")[0]}`;
    for (const request of [strict, led]) expect((await agent.send(request).final).status).toBe(407);
    expect(agent.requests).toEqual([]);
  });

  test("a connection of one's own is the way to nobody else", async () => {
    const [phone, browser] = [await guest(), await Agent.open(guarded, { protocol: "WS" })];
    agents.push(browser);
    const to = `<sip:alice@${guarded.sip}>`;
    const first = browser.request("SUBSCRIBE", "alice", {
      ...{ from: to, to },
      headers: { Route: `<sip:${guarded.sip};lr>`, Event: "presence" },
      contact: browser.contact(),
    });
    expect((await asAlice(phone, register(phone))).status).toBe(200);
    await asAlice(browser, first);
    const token = phone.requests[0].headers.get("Record-Route").find(({ uri }) => uri.user).uri.user;
    const [own, ours] = [`<sip:${token}@${guarded.sip};lr>`, `<sip:${guarded.sip};lr>`];
    // Whom it was shown to, in Record-Route, calls nobody by it either.
    for (const [who, Route] of [
      [browser, `${own}, ${ours}`],
      [phone, own],
    ]) {
      const beyond = who.request("MESSAGE", "alice", { to, headers: { Route } });
      beyond.uri = phone.contact().slice(1, -1);
      expect((await who.send(beyond).final).status).toBe(407);
    }
    expect(browser.requests).toEqual([]);
  });

  test("what is sent within a call needs no password, by the Route of that call alone", async () => {
    const agent = await guest();
    expect((await asAlice(agent, register(agent))).status).toBe(200);
    agent.answers("alice", 200);
    const from = `<sip:alice@${guarded.sip}>;tag=caller`;
    const invite = agent.request("INVITE", "alice", { from, contact: agent.contact("alice") });
    const { status, headers } = await asAlice(agent, invite);
    expect(status).toBe(200);
    // His own phone is the one that he calls: who sends what, the tags say.
    const [mine, other] = [headers.get("From"), headers.get("To")];
    const callId = headers.get("Call-ID");
    const within = async (from, to, id, Route) => {
      const request = agent.request("INFO", undefined, { from, to, callId: id, headers: { Route } });
      request.uri = agent.contact("alice").slice(1, -1);
      return (await agent.send(request).final).status;
    };
    const route = headers.get("Record-Route");
    expect(route).toHaveLength(1);
    expect(await within(mine, other, callId, route)).toBe(200);
    expect(await within(other, mine, callId, route)).toBe(200);
    expect(await within(mine, other, "another", route)).toBe(407);
    expect(await within(`<sip:alice@${guarded.sip}>;tag=made-up`, other, callId, route)).toBe(407);
    expect(await within(mine, other, callId, `<sip:${guarded.sip};transport=udp;lr>`)).toBe(407);
    // What a phone has lost, it makes up for by its password.
    const poor = agent.request("BYE", undefined, { from: mine, to: other, callId });
    poor.uri = agent.contact("alice").slice(1, -1);
    poor.headers.set("Route", `<sip:${guarded.sip};lr>`);
    expect((await asAlice(agent, poor)).status).toBe(200);
  });

  test("nobody asserts another's name", async () => {
    const agent = await guest();
    expect((await asAlice(agent, register(agent))).status).toBe(200);
    const headers = {
      "P-Asserted-Identity": `<sip:bob@${guarded.sip}>`,
      "P-Preferred-Identity": `<sip:bob@${guarded.sip}>`,
      "Remote-Party-ID": `<sip:bob@${guarded.sip}>;party=calling`,
    };
    for (const [from, status] of [
      [`alice@${guarded.sip}`, 200],
      ["anonymous@anonymous.invalid", 200],
      [`bob@${guarded.sip}`, 403],
      ["alice@bank.example", 403],
    ]) {
      const request = toAlice(agent, from, { headers });
      expect((await asAlice(agent, request)).status).toBe(status);
    }
    expect(methods(agent)).toEqual(["MESSAGE", "MESSAGE"]);
    for (const { headers: got } of agent.requests)
      for (const name of Object.keys(headers)) expect(got.has(name)).toBe(false);
  });
});
