// SIPp against the building blocks, without loss: digest at both sides, session timers, REFER, forks.

import { describe, expect, test } from "vitest";
import { Bed, CALLS, eachCall, freePort } from "./bed.mjs";
import { Line } from "./line.mjs";
import { DOMAIN, Server } from "./server.mjs";

/** A test that ends with nothing left. */
const run = (name, act) =>
  test.concurrent(name, () => Bed.with(0, (bed) => act(bed).then(() => bed.finish())));

/** A phone of the library's, which goes by a port. */
const line = (bed, port, user = "bob", domain = "127.0.0.1") =>
  bed.node(new Line({ user, domain, server: { protocol: "UDP", port } }));

const all = (value) => Array.from({ length: CALLS }, () => value);

/** How many of them are in a log. */
const count = (log, entry) => log.filter((each) => each === entry).length;

describe("digest", () => {
  run("SIPp registers at the registrar, and with a wrong password it does not", async (bed) => {
    const server = await bed.node(new Server());
    await bed.sipp("uac-register", { port: await freePort(), target: server.ports.UDP });
    await bed.ended();
    expect(await server.contacts("sipp")).toHaveLength(1);
  });

  run("SIPp calls through the proxy", async (bed) => {
    const server = await bed.node(new Server());
    const bob = await line(bed, server.ports.UDP, "bob", DOMAIN);
    expect(await bob.register()).toMatchObject({ status: 200 });
    await bed.sipp("uac-digest", { port: await freePort(), target: server.ports.UDP, user: "bob" });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(CALLS);
    await bob.unregister();
  });

  run("SIPp as a registrar finds the client's answer right", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-register", { port });
    const responses = await eachCall(async () => {
      const bob = await line(bed, port, "bob", DOMAIN);
      const { status } = await bob.register();
      bob.forget();
      return status;
    });
    expect(responses).toEqual(all(200));
  });

  run("SIPp as a callee finds the caller's answer right", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-digest", { port });
    const bob = await line(bed, port);
    const byes = await eachCall(async () => (await (await bob.call("sipp").session).bye()).status);
    expect(byes).toEqual(all(200));
  });
});

describe("session timers", () => {
  run("the callee refreshes by UPDATE", async (bed) => {
    const bob = await line(bed, 0);
    await bed.sipp("uac-timer", { port: await freePort(), target: bob.port });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(CALLS);
  });

  run("the callee hangs up where the caller does not refresh", async (bed) => {
    const bob = await line(bed, 0);
    await bed.sipp("uac-timer-silent", { port: await freePort(), target: bob.port });
    await bed.ended();
    expect(count(bob.log, "expired")).toBe(CALLS);
  });

  run("the caller heeds 422, and refreshes by a re-INVITE", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-timer", { port });
    const bob = await line(bed, port);
    bob.options = { timer: { expires: 90 } };
    const byes = await eachCall(async () => {
      const session = await bob.call("sipp").session;
      expect(session.timer).toEqual({ expires: 120, refresher: "us" });
      // After the half of it.
      await new Promise((resolve) => bob.clock.set(resolve, 62_000));
      return (await session.bye()).status;
    });
    expect(byes).toEqual(all(200));
  });
});

describe("REFER", () => {
  run("SIPp asks to call another SIPp, and is told that it has answered", async (bed) => {
    const third = await freePort();
    await bed.sipp("uas-ok", { port: third });
    const bob = await line(bed, third);
    bob.handlers = {
      onRefer: async (refer) => {
        const progress = refer.accept();
        const session = await bob.call("third").session;
        progress.notify(200);
        await session.bye();
      },
    };
    await bed.sipp("uac-refer", { port: await freePort(), target: bob.port, keys: { third } });
    await bed.ended();
    expect(count(bob.log, "peer")).toBe(CALLS);
  });

  run("SIPp is asked to, and tells how it went", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-refer", { port });
    const bob = await line(bed, port);
    const told = await eachCall(async () => {
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

describe("forks", () => {
  run("of two who accept the later one is hung up", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-forks", { port });
    const bob = await line(bed, port);
    const outcomes = await eachCall(async () => {
      const call = bob.call("sipp");
      const session = await call.session;
      // The other's 200, its ACK and BYE are on their way.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { tag: session.dialog.remote.tag.split("-")[0], bye: (await session.bye()).status };
    });
    expect(outcomes).toEqual(all({ tag: "other", bye: 200 }));
    expect(count(bob.log, 180)).toBe(2 * CALLS);
  });

  run("of two who accept both can be kept", async (bed) => {
    const port = await freePort();
    await bed.sipp("uas-forks", { port });
    const bob = await line(bed, port);
    const forks = new Map();
    bob.handlers = { onFork: (session) => void forks.get(session.dialog.callId)(session) };
    await eachCall(async () => {
      const call = bob.call("sipp");
      const second = new Promise((resolve) => forks.set(call.request.headers.get("Call-ID"), resolve));
      const [first, other] = [await call.session, await second];
      expect((await other.bye()).status).toBe(200);
      expect((await first.bye()).status).toBe(200);
    });
  });
});
