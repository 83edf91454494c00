// The softphone of examples/switchboard/public where it can be tried without a browser; its page in a browser is tried by
// test/browser.

import { afterEach, expect, it, vi } from "vitest";
import { SipWorld } from "../support/sip-world.ts";

/** Modules of the page are JavaScript, which takes the built package. */
async function page(file: string): Promise<Record<string, new (...args: unknown[]) => unknown>> {
  const url = new URL(`../../examples/switchboard/public/${file}`, import.meta.url).href;
  return import(/* @vite-ignore */ url);
}

afterEach(() => vi.unstubAllGlobals());

it("hung up while the user is asked for the microphone: it does not stay open", async () => {
  let allow: (stream: unknown) => void = () => {};
  const asked = new Promise((resolve) => {
    allow = resolve;
  });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => asked } });
  const connection = { close() {}, addTrack() {}, addEventListener() {} };
  vi.stubGlobal("RTCPeerConnection", function make() {
    return connection;
  });
  const { WebRtcAudio } = await page("media.js");
  const audio = new WebRtcAudio!(() => {}) as { offer(): Promise<string>; close(): void };
  const offer = audio.offer();
  audio.close();
  let stopped = 0;
  allow({ getTracks: () => [{ stop: () => stopped++ }] });
  await expect(offer).rejects.toThrow("over");
  expect(stopped).toBe(1);
});

it("a 2xx to a call that was hung up, which comes again, is acknowledged each time and gets one BYE", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (request, transaction) => {
    if (request.method !== "INVITE") return transaction?.respond(200);
    transaction?.respond(180);
    const ok = request.createResponse(200);
    ok.headers.set("Contact", `<${bob.uri}>`);
    for (const delay of [20, 40, 60]) world.clock.set(() => transaction?.respond(ok), delay);
  };
  const media = { offer: async () => "v=0", accept: async () => {}, close() {} };
  const { Uri } = await import("../../src/message/uri.ts");
  const { OutgoingCall } = await page("outgoing-call.js");
  const call = new OutgoingCall!(
    { stack: alice.stack, contact: `<${alice.uri}>`, media, onChange() {} },
    Uri.parse(bob.uri),
  ) as { dial(from: string): Promise<void>; end(reason: string): void };
  await call.dial("<sip:alice@example.com>;tag=1");
  await world.pass(10);
  call.end("you hung up");
  await world.pass(100);
  expect(bob.methods).toEqual(["INVITE", "ACK", "BYE", "ACK", "ACK"]);
});

it("given up when the 200 is under way already: it does not become a call", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (request, transaction) => {
    if (request.method !== "INVITE") return transaction?.respond(200);
    transaction?.respond(180);
    const ok = request.createResponse(200);
    ok.headers.set("Contact", `<${bob.uri}>`);
    // Not the 487 that answers its CANCEL.
    if (transaction) transaction.onCancel = () => transaction.respond(ok);
  };
  const states: string[] = [];
  const media = { offer: async () => "v=0", accept: async () => states.push("accepted"), close() {} };
  const { Uri } = await import("../../src/message/uri.ts");
  const { OutgoingCall } = await page("outgoing-call.js");
  type Outgoing = { dial(from: string): Promise<void>; hangUp(): void; state: string; reason: string };
  const call: Outgoing = new OutgoingCall!(
    { stack: alice.stack, contact: `<${alice.uri}>`, media, onChange: () => states.push(call.state) },
    Uri.parse(bob.uri),
  ) as Outgoing;
  await call.dial("<sip:alice@example.com>;tag=1");
  await world.pass(10);
  call.hangUp();
  await world.pass(100);
  expect(states).toEqual(["ringing", "ended"]);
  expect(call.reason).toBe("you hung up");
  expect(bob.methods).toEqual(["INVITE", "ACK", "BYE"]);
});

it("ended by the peer while its answer is read: no BYE goes out after that", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  bob.answer = (request, transaction) => {
    const ok = request.createResponse(200);
    ok.headers.set("Contact", `<${bob.uri}>`);
    transaction?.respond(ok);
  };
  let fail = () => {};
  const accept = () =>
    new Promise((_resolve, reject) => {
      fail = () => reject(new Error("closed"));
    });
  const media = { offer: async () => "v=0", accept, close: () => fail() };
  const { Uri } = await import("../../src/message/uri.ts");
  const { OutgoingCall } = await page("outgoing-call.js");
  const call = new OutgoingCall!(
    { stack: alice.stack, contact: `<${alice.uri}>`, media, onChange() {} },
    Uri.parse(bob.uri),
  ) as { dial(from: string): Promise<void>; end(reason: string): void };
  await call.dial("<sip:alice@example.com>;tag=1");
  await world.pass(10);
  call.end("the other side hung up");
  await world.pass(100);
  expect(bob.methods).toEqual(["INVITE", "ACK"]);
});

it.each([
  ['SIP;cause=200;text="Call completed elsewhere"', "answered elsewhere"],
  ['Q.850;cause=16, SIP ;cause=200;text="Call completed elsewhere"', "answered elsewhere"],
  ["SIP;cause=600", "the caller gave up"],
  ["()", "the caller gave up"],
  [undefined, "the caller gave up"],
])("a CANCEL with the Reason %s: %s", async (reason, shown) => {
  const world = new SipWorld();
  const { IncomingCall } = await page("incoming-call.js");
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  const calls: { reason: string }[] = [];
  bob.answer = (request, transaction) => {
    const outside = { stack: bob.stack, contact: `<${bob.uri}>`, media: { close() {} }, onChange() {} };
    calls.push(new IncomingCall!(outside, request, transaction) as { reason: string });
  };
  const sent = alice.stack.send(alice.request("INVITE", bob.uri, { body: "v=0" }), {});
  await world.pass(10);
  sent.cancel(reason);
  await world.pass(10);
  expect(calls[0]!.reason).toBe(shown);
});

it("where the page may not use the microphone, the caller is told why", async () => {
  // A page of plain HTTP has no mediaDevices, but on localhost.
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("RTCPeerConnection", class {});
  const { WebRtcAudio } = await page("media.js");
  const audio = new WebRtcAudio!({}) as { offer(): Promise<string> };
  await expect(audio.offer()).rejects.toThrow(/HTTPS.*localhost/);
});

it("an audio connection that has failed ends the call", async () => {
  const connection = { connectionState: "connected", onconnectionstatechange() {}, close() {} };
  vi.stubGlobal("RTCPeerConnection", function make() {
    return connection;
  });
  const { WebRtcAudio } = await page("media.js");
  const audio = new WebRtcAudio!({ play() {} }) as { onFailure: () => void };
  let failed = 0;
  audio.onFailure = () => failed++;
  for (const state of ["disconnected", "connected", "failed"]) {
    connection.connectionState = state;
    connection.onconnectionstatechange();
  }
  expect(failed).toBe(1);
});

it("hung up before the ACK of its caller: the BYE waits for it (RFC 3261 §15.1.1)", async () => {
  const world = new SipWorld();
  const { IncomingCall } = await page("incoming-call.js");
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  const media = { answer: async () => "v=0", close() {} };
  type Incoming = {
    answer(): Promise<void>;
    hangUp(): void;
    receive(request: unknown, transaction: unknown): void;
    state: string;
  };
  const calls: Incoming[] = [];
  alice.answer = (_request, transaction) => transaction?.respond(200);
  bob.answer = (request, transaction) => {
    if (request.method !== "INVITE") return calls[0]!.receive(request, transaction);
    const outside = { stack: bob.stack, contact: `<${bob.uri}>`, media, onChange() {} };
    calls.push(new IncomingCall!(outside, request, transaction) as Incoming);
  };
  const sent = alice.stack.send(alice.request("INVITE", bob.uri, { body: "v=0" }), {});
  await world.pass(10);
  const [call] = calls;
  await call!.answer();
  call!.hangUp();
  await world.pass(10);
  expect([alice.methods, call!.state]).toEqual([[], "connected"]);
  const { createAck } = await import("../../src/message/create-ack.ts");
  alice.stack.sendStateless(createAck(sent.request, await sent.final));
  await world.pass(10);
  expect([alice.methods, call!.state]).toEqual([["BYE"], "ended"]);
});

it("signed out before anybody has answered: the phone can call again", async () => {
  const sent: string[] = [];
  /** A connection on which nobody ever answers. */
  class Silent {
    onopen = () => {};
    onclose = (_event: unknown) => {};
    readyState = 0;
    protocol = "sip";
    bufferedAmount = 0;
    constructor() {
      queueMicrotask(() => {
        this.readyState = 1;
        this.onopen();
      });
    }
    send(data: string | Uint8Array) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      sent.push(text.split(" ")[0]!);
    }
    close() {
      this.readyState = 3;
      this.onclose({ code: 1000, reason: "" });
    }
  }
  vi.stubGlobal("WebSocket", Silent);
  vi.stubGlobal("window", new EventTarget());
  const { Phone } = await page("phone.js");
  const media = { offer: async () => "v=0", close() {} };
  const phone = new Phone!({ server: "example.com", secure: true, createMedia: () => media }) as {
    isBusy: boolean;
    register(user: string): Promise<void>;
    unregister(): Promise<void>;
    dial(address: string): Promise<void>;
  };
  await phone.register("alice");
  await phone.dial("bob");
  await vi.waitFor(() => expect(sent).toContain("INVITE"));
  expect(phone.isBusy).toBe(true);
  await phone.unregister();
  expect(phone.isBusy).toBe(false);
});

it("signed out while the registrar is asked: its answer does not register the phone after all", async () => {
  const world = new SipWorld();
  const [alice, registrar] = [await world.phone("alice"), await world.phone("registrar")];
  registrar.answer = (_request, transaction) => void world.clock.set(() => transaction?.respond(200), 50);
  const { NameAddr } = await import("../../src/message/name-addr.ts");
  const { Registration } = await page("registration.js");
  const states: string[] = [];
  const registration = new Registration!({
    stack: alice.stack,
    address: NameAddr.parse(`<sip:alice@${registrar.transport.sentBy}>`),
    contact: NameAddr.parse(`<${alice.uri}>`),
    onChange: () => states.push(registration.state),
  }) as { state: string; register(): Promise<void>; unregister(): Promise<void> };
  void registration.register();
  await world.pass(10);
  await registration.unregister();
  await world.pass(100);
  expect(states).toEqual(["registering", "offline"]);
});
