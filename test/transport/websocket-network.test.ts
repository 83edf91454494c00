// The WebSocket client and a browser's events of its network.

import { afterEach, describe, expect, test, vi } from "vitest";
import { anywhere, endClients, started } from "./dialer-world.ts";

afterEach(endClients);

describe("a browser's network", () => {
  test("gives the connection up when it goes, and connects at once when it comes", () => {
    const network = new EventTarget();
    const { clock, last, made, states, recorder, transport } = started({ network });
    last().accept();
    const flow = transport.flow(anywhere)!;
    network.dispatchEvent(new Event("offline"));
    expect(flow.open).toBe(false);
    expect(recorder.closed).toMatchObject([{ flow, error: { code: "connection_closed" } }]);
    expect(states.at(-1)).toBe("disconnected connection_closed");
    expect(last().closes).toEqual([1000]);
    clock.advance(3_600_000);
    expect(made).toHaveLength(1);
    network.dispatchEvent(new Event("online"));
    expect(made).toHaveLength(2);
    last().accept();
    expect(states.slice(-2)).toEqual(["connecting", "connected"]);
  });

  test("ends the wait for the next attempt, and an attempt under way", () => {
    const network = new EventTarget();
    const { clock, last, made } = started({ network });
    last().end();
    network.dispatchEvent(new Event("offline"));
    clock.advance(3_600_000);
    expect(made).toHaveLength(1);
    network.dispatchEvent(new Event("online"));
    expect(made).toHaveLength(2);
    network.dispatchEvent(new Event("offline"));
    clock.advance(3_600_000);
    expect(made).toHaveLength(2);
  });

  test("is tried at once when it comes, though nobody said that it was gone: a page may begin without one", () => {
    const network = new EventTarget();
    const { last, made } = started({ network });
    last().end();
    network.dispatchEvent(new Event("online"));
    expect(made).toHaveLength(2);
    // Under way already.
    network.dispatchEvent(new Event("online"));
    expect(made).toHaveLength(2);
  });

  test("leaves the other servers for when it is back, and what was connected meanwhile alone", () => {
    const network = new EventTarget();
    const { last, made, transport, states } = started({
      network,
      url: ["wss://a.example", "wss://b.example"],
    });
    network.dispatchEvent(new Event("offline"));
    expect(made).toHaveLength(1);
    transport.reconnect();
    last().accept();
    network.dispatchEvent(new Event("online"));
    expect([made.length, states.at(-1)]).toEqual([2, "connected"]);
  });

  test("is not listened to any more after close, and brings back nothing that is not to come back", async () => {
    const network = new EventTarget();
    const added = vi.spyOn(network, "addEventListener");
    const removed = vi.spyOn(network, "removeEventListener");
    const once = started({ network, reconnect: false });
    once.last().accept();
    network.dispatchEvent(new Event("offline"));
    network.dispatchEvent(new Event("online"));
    expect(once.made).toHaveLength(1);
    const closed = started({ network });
    closed.last().accept();
    const done = closed.transport.close();
    closed.last().end();
    await done;
    network.dispatchEvent(new Event("offline"));
    network.dispatchEvent(new Event("online"));
    expect(closed.made).toHaveLength(1);
    expect(removed.mock.calls).toEqual(added.mock.calls.slice(2));
  });
});
