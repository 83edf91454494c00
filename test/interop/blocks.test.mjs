// SIPp against the building blocks, without loss: digest at both sides, session timers, REFER, forks.

import { describe, expect, test } from "vitest";
import { Bed, eachCall, freePort } from "./bed.mjs";
import { Line } from "./line.mjs";
import { DOMAIN, Server } from "./server.mjs";

/** Calls of one scenario. */
const calls = 4;

/** A test that ends with nothing left. */
const run = (name, act) => test(name, () => Bed.with(0, (bed) => act(bed).then(() => bed.finish())));

/** A phone of the library's, which goes by a port. */
const line = (bed, port, user = "bob", domain = "127.0.0.1") =>
  bed.node(new Line({ user, domain, server: { protocol: "UDP", port } }));

const each = (act) => eachCall(act, calls);
const all = (value) => Array.from({ length: calls }, () => value);

/** How many of them are in a log. */
const count = (log, entry) => log.filter((each) => each === entry).length;

describe.concurrent("digest", () => {
  run("SIPp registers at the registrar, and with a wrong password it does not", async (bed) => {
    const server = await bed.node(new Server());
    await bed.sipp("uac-register", { port: await freePort(), calls, target: server.ports.UDP });
    await bed.ended();
    expect(await server.contacts("sipp")).toHaveLength(1);
  });

  run("SIPp calls through the proxy", async (bed) => {
    const server = await bed.node(new Server());
    const bob = await line(bed, server.ports.UDP, "bob", DOMAIN);
    expect(await bob.register()).toMatchObject({ status: 200 });
    await bed.sipp("uac-digest", { port: await freePort(), calls, target: server.ports.UDP, user: "bob" });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(calls);
    await bob.unregister();
  });

  run("SIPp as a registrar finds the client's answer right", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-register", { port, calls });
    const responses = await each(async () => {
      const bob = await line(bed, port, "bob", DOMAIN);
      const { status } = await bob.register();
      bob.forget();
      return status;
    });
    expect(responses).toEqual(all(200));
  });

  run("SIPp as a callee finds the caller's answer right", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-digest", { port, calls });
    const bob = await line(bed, port);
    const byes = await each(async () => (await (await bob.call("sipp").session).bye()).status);
    expect(byes).toEqual(all(200));
  });
});

describe.concurrent("session timers", () => {
  run("the callee refreshes by UPDATE", async (bed) => {
    const bob = await line(bed, 0);
    await bed.sipp("uac-timer", { port: await freePort(), calls, target: bob.port });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(calls);
  });

  run("the callee hangs up where the caller does not refresh", async (bed) => {
    const bob = await line(bed, 0);
    await bed.sipp("uac-timer-silent", { port: await freePort(), calls, target: bob.port });
    await bed.ended();
    expect(count(bob.log, "expired")).toBe(calls);
  });

  run("the caller heeds 422, and refreshes by a re-INVITE", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-timer", { port, calls });
    const bob = await line(bed, port);
    bob.options = { timer: { expires: 90 } };
    await each(async () => {
      const session = await bob.call("sipp").session;
      expect(session.timer).toEqual({ expires: 120, refresher: "us" });
    });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(calls);
  });
});

describe.concurrent("REFER", () => {
  run("SIPp asks to call another SIPp, and is told that it has answered", async (bed) => {
    const third = await freePort();
    await bed.sipp("uas-ok", { port: third, calls });
    const bob = await line(bed, third);
    bob.handlers = {
      onRefer: async (refer) => {
        const progress = refer.accept();
        const session = await bob.call("third").session;
        progress.notify(200);
        await session.bye();
      },
    };
    await bed.sipp("uac-refer", { port: await freePort(), calls, target: bob.port, keys: { third } });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(calls);
  });

  run("SIPp is asked to, and tells how it went", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-refer", { port, calls });
    const bob = await line(bed, port);
    const told = await each(async () => {
      const session = await bob.call("sipp").session;
      const heard = [];
      await new Promise((resolve) => {
        const onNotify = ({ bodyText }) => void heard.push(bodyText.trim());
        session.refer("sip:third@127.0.0.1", { onNotify, onEnd: resolve });
      });
      await session.bye();
      return heard;
    });
    expect(told).toEqual(all(["SIP/2.0 100 Trying", "SIP/2.0 200 OK"]));
  });
});

describe.concurrent("forks", () => {
  run("of two who accept the later one is hung up", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-forks", { port, calls });
    const bob = await line(bed, port);
    const outcomes = await each(async () => {
      let session;
      const ended = new Promise((resolve) => {
        session = bob.call("sipp", undefined, { onEnd: resolve }).session;
      });
      session = await session;
      expect(await ended).toMatchObject({ reason: "bye" });
      return { tag: session.dialog.remote.tag.split("-")[0], bye: (await session.bye()).status };
    });
    expect(outcomes).toEqual(all({ tag: "other", bye: 200 }));
    expect(count(bob.log, 180)).toBe(2 * calls);
  });

  run("of two who accept both can be kept", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-forks", { port, calls });
    const bob = await line(bed, port);
    const forks = new Map();
    bob.handlers = { onFork: (session) => void forks.get(session.dialog.callId)(session) };
    await each(async () => {
      const call = bob.call("sipp");
      const second = new Promise((resolve) => forks.set(call.request.headers.get("Call-ID"), resolve));
      const [first, other] = [await call.session, await second];
      expect((await other.bye()).status).toBe(200);
      expect((await first.bye()).status).toBe(200);
    });
  });
});
