// Asserts what a vector's table says of its message.
import { expect } from "vitest";
import type { NameAddr } from "../../src/message/name-addr.ts";
import type { Params } from "../../src/message/params.ts";
import type { Message } from "../../src/message/parse.ts";
import type { Uri } from "../../src/message/uri.ts";
import type { Via } from "../../src/message/via.ts";
import type { Expected, ExpectedAddress, ExpectedParams, ExpectedUri, ExpectedVia } from "./vector.ts";

function expectParams(params: Params, expected: ExpectedParams): void {
  for (const [name, value] of Object.entries(expected)) expect(params.get(name), name).toBe(value);
}

function expectUri(uri: Uri, { params, headers, ...parts }: ExpectedUri): void {
  for (const [name, value] of Object.entries(parts))
    expect(uri[name as keyof typeof parts], name).toBe(value);
  if (params) {
    expectParams(uri.params, params);
    expect(uri.params.size, "URI parameters").toBe(Object.keys(params).length);
  }
  if (headers) expectParams(uri.headers, headers);
}

function expectAddress(address: NameAddr | undefined, expected: ExpectedAddress): void {
  const found = address as NameAddr;
  expect(found).toBeDefined();
  if (expected.displayName !== undefined) expect(found.displayName).toBe(expected.displayName);
  if (expected.uri) expectUri(found.uri, expected.uri);
  if ("tag" in expected) expect(found.tag).toBe(expected.tag);
  if (expected.params) expectParams(found.params, expected.params);
  for (const name of expected.noParams ?? []) expect(found.params.has(name), name).toBe(false);
}

function expectVia(via: Via | undefined, expected: ExpectedVia): void {
  for (const [name, value] of Object.entries(expected)) {
    expect((via as Via)[name as keyof ExpectedVia], name).toBe(value);
  }
}

/** Fails where the message is not what its vector expects; `invalid` is for others to judge. */
export function expectMessage(message: Message, expected: Expected): void {
  const { headers } = message;
  if (message.kind === "request") {
    if (expected.method !== undefined) expect(message.method).toBe(expected.method);
    if (expected.uri) expectUri(message.uri, expected.uri);
  } else {
    if (expected.status !== undefined) expect(message.status).toBe(expected.status);
    if (expected.reason !== undefined) expect(message.reason).toBe(expected.reason);
  }
  if (expected.vias !== undefined) expect(headers.get("Via")).toHaveLength(expected.vias);
  for (const [index, via] of (expected.via ?? []).entries()) {
    expectVia(index === 0 ? headers.first("Via") : headers.get("Via")[index], via);
  }
  if (expected.from) expectAddress(headers.get("From"), expected.from);
  if (expected.to) expectAddress(headers.get("To"), expected.to);
  if (expected.callId !== undefined) expect(headers.get("Call-ID")).toBe(expected.callId);
  if (expected.cseq) {
    const cseq = headers.get("CSeq");
    expect([cseq?.number, cseq?.method]).toEqual(expected.cseq);
  }
  if ("maxForwards" in expected) expect(headers.get("Max-Forwards")).toBe(expected.maxForwards);
  for (const [name, addresses] of [
    ["Contact", expected.contact],
    ["Route", expected.route],
    ["Record-Route", expected.recordRoute],
  ] as const) {
    if (addresses === undefined) continue;
    expect(headers.get(name), name).toHaveLength(addresses.length);
    for (const [index, address] of addresses.entries()) expectAddress(headers.get(name)[index], address);
  }
  for (const [name, lines] of Object.entries(expected.raw ?? {}))
    expect(headers.raw(name), name).toEqual(lines);
  for (const name of expected.absent ?? []) expect(headers.has(name), name).toBe(false);
  if (expected.contentLength !== undefined)
    expect(headers.get("Content-Length")).toBe(expected.contentLength);
  if (expected.body !== undefined) expect(message.bodyLength).toBe(expected.body);
}
