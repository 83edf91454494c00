// What a dialog remembers, without anybody who sends: route sets, targets, numbers, the flow (RFC 3261 §12).

import { describe, expect, it } from "vitest";
import { Dialog } from "../../src/dialog/dialog.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import type { Flow } from "../../src/transport/transport.ts";

const OURS = NameAddr.parse("<sip:us@10.0.0.1>");
const [A, B] = ["<sip:a.example.com;lr>", "<sip:b.example.com;lr>"];

function invite(headers: Readonly<Record<string, string | string[]>> = {}) {
  return createRequest("INVITE", "sip:bob@example.com", {
    from: "<sip:alice@example.com>;tag=1",
    contact: "<sip:alice@10.0.0.2>",
    callId: "one",
    cseq: 7,
    headers,
  });
}

function answer(status: number, routes: readonly string[] = [], flow?: Flow) {
  const response = invite().createResponse(status);
  response.headers.set("Contact", "<sip:bob@10.0.0.3>");
  if (routes.length > 0) response.headers.set("Record-Route", routes);
  response.flow = flow;
  return response;
}

const flow = (reliable: boolean, open = true) => ({ open, transport: { reliable } }) as unknown as Flow;
const routes = (dialog: Dialog) => dialog.routes.map(String);

describe("the route set", () => {
  it("of a caller is the Record-Route from its end, that of the 2xx in the end (§12.1.2, §13.2.2.4)", () => {
    const dialog = Dialog.ofCaller(invite(), answer(180, [A, B]), OURS);
    expect(routes(dialog)).toEqual([B, A]);
    const request = dialog.createRequest("PRACK");
    expect(request.headers.get("Route").map(String)).toEqual([B, A]);
    dialog.confirm(answer(200, [A, B, "<sip:c.example.com;lr>"]));
    expect(routes(dialog)).toEqual(["<sip:c.example.com;lr>", B, A]);
    // Nothing changes it any more (§12.2).
    dialog.confirm(answer(200, [A]));
    dialog.refresh(answer(200, [A]));
    expect(dialog.routes).toHaveLength(3);
  });

  it("of a callee is the Record-Route as it stands (§12.1.1)", () => {
    const dialog = Dialog.ofCallee(invite({ "Record-Route": [A, B] }), "2", OURS);
    expect(routes(dialog)).toEqual([A, B]);
    dialog.confirm(answer(200, [B]));
    expect(routes(dialog)).toEqual([A, B]);
  });
});

it("the target is the peer's last Contact, of what may move him (§12.2.1.2, §12.2.2)", () => {
  const dialog = Dialog.ofCallee(invite(), "2", OURS);
  expect(`${dialog.target}`).toBe("sip:alice@10.0.0.2");
  const from = (method: string, contact: string) => {
    const request = createRequest(method, "sip:us@10.0.0.1", { from: "<sip:alice@example.com>;tag=1" });
    request.headers.set("Contact", contact);
    dialog.refresh(request);
    return `${dialog.target}`;
  };
  expect(from("UPDATE", "<sip:alice@10.0.0.4>")).toBe("sip:alice@10.0.0.4");
  expect(from("INFO", "<sip:alice@10.0.0.5>")).toBe("sip:alice@10.0.0.4");
  expect(from("INVITE", "*")).toBe("sip:alice@10.0.0.4");
});

it("numbers count on, and those of the peer must (§12.2.1.1, §12.2.2)", () => {
  const dialog = Dialog.ofCallee(invite(), "2", OURS);
  const number = (cseq: number) => dialog.isInOrder(invite({ CSeq: `${cseq} INVITE` }));
  expect([7, 8, 8, 5, 100, 99].map(number)).toEqual([false, true, false, false, true, false]);
  const next = () => dialog.createRequest("INFO").headers.get("CSeq")?.number;
  expect(next()).toBe(1);
  dialog.noteSent(5);
  dialog.noteSent(3);
  expect([next(), dialog.createRequest("ACK", {}, 5).headers.get("CSeq")?.number, next()]).toEqual([6, 5, 7]);
  // What must not go on the wire takes no number.
  expect(() => dialog.createRequest("INFO", { headers: { Subject: "\r\n" } })).toThrow(/CR/);
  expect(next()).toBe(8);
});

it("requests take the peer's connection, where he is behind no proxy, the newest that he has come by", () => {
  const [first, second] = [flow(true), flow(true)];
  const made = (via: Flow, ...path: string[]) => Dialog.ofCaller(invite(), answer(200, path, via), OURS).flow;
  expect([made(first), made(first, A), made(flow(false)), made(flow(true, false))]).toEqual([
    first,
    undefined,
    undefined,
    undefined,
  ]);
  const dialog = Dialog.ofCaller(invite(), answer(180, [], first), OURS);
  dialog.refresh(answer(200, [], second));
  expect(dialog.flow).toBe(second);
});

describe("a proxy that has stayed off the route set leaves the path (§8.1.2, §12.2.1.1)", () => {
  const [first, second] = [flow(true), flow(true)];
  const secure = { open: true, transport: { reliable: true, secure: true } } as unknown as Flow;
  const via = (host: string) => `SIP/2.0/TCP ${host};branch=z9hG4bK${host}`;
  const came = (by: Flow, hosts: readonly string[], contact = "<sip:alice@10.0.0.2>") => {
    const request = invite({ Via: hosts.map(via), Contact: contact });
    request.flow = by;
    return request;
  };
  const through = ["10.0.0.9", "10.0.0.2"];

  it("its connection is not the callee's way: another hop is in the Vias", () => {
    expect(Dialog.ofCallee(came(first, ["10.0.0.2"]), "2", OURS).flow).toBe(first);
    const dialog = Dialog.ofCallee(came(first, through), "2", OURS);
    expect(dialog.flow).toBeUndefined();
    dialog.refresh(came(first, through));
    expect(dialog.flow).toBeUndefined();
    // The peer comes by himself.
    dialog.refresh(came(second, ["10.0.0.2"]));
    expect(dialog.flow).toBe(second);
    dialog.noteFlow(came(first, through));
    expect(dialog.flow).toBe(second);
  });

  it("nor the caller's, whose INVITE had a Route", () => {
    const sent = invite({ Route: A! });
    const dialog = Dialog.ofCaller(sent, answer(180, [], first), OURS);
    dialog.confirm(answer(200, [], first));
    dialog.refresh(answer(200, [], first));
    expect(dialog.flow).toBeUndefined();
  });

  it.each([
    ["an address that no certificate is for", secure, "sip:10.0.0.2;transport=tls", true],
    ["one in brackets", secure, "sip:[2001:db8::2];transport=tls", true],
    ["a name that one may be for", secure, "sip:alice.example.com;transport=tls", false],
    ["a name that nobody can look up (RFC 7118 §5)", first, "sip:df7jal23ls0d.invalid;transport=ws", true],
  ])("but there is no other way to %s", (_, by, contact, kept) => {
    const dialog = Dialog.ofCallee(came(by, through, `<${contact}>`), "2", OURS);
    expect(dialog.flow).toBe(kept ? by : undefined);
    // It hangs on where the peer is now.
    dialog.refresh(came(by, through, "<sip:alice@phone.example.com>"));
    expect(dialog.flow).toBeUndefined();
  });
});

it("is what toJSON wrote, and takes no other version", () => {
  const dialog = Dialog.ofCallee(invite({ "Record-Route": [A, B] }), "2", OURS);
  dialog.confirm();
  const json = JSON.parse(JSON.stringify(dialog));
  expect(JSON.parse(JSON.stringify(Dialog.fromJSON(json)))).toEqual(json);
  expect(() => Dialog.fromJSON({ ...json, version: 2 })).toThrow(
    expect.objectContaining({ code: "value_invalid" }),
  );
});
