// The targets of one request: their order and groups, how many there may be, and what redirections add
// (RFC 3261 §16.5, §16.6, §16.7 step 4).

import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { Uri } from "../../src/message/uri.ts";
import { groupTargets, requestUri } from "../../src/proxy/target.ts";
import { TargetSet } from "../../src/proxy/target-set.ts";

const names = (targets: readonly { readonly uri: Uri | string }[] | undefined) =>
  targets?.map(({ uri }) => String(uri));
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ uri: `sip:u${from + i}@example.com` }));

function moved(...contacts: string[]) {
  const request = createRequest("INVITE", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });
  const response = request.createResponse(302);
  if (contacts.length > 0) response.headers.set("Contact", contacts);
  return response;
}

describe("targets", () => {
  const groups = (qs: readonly (number | undefined)[], sequential = false) =>
    groupTargets(
      qs.map((q, i) => ({ uri: `sip:${i}@h`, ...(q === undefined ? {} : { q }) })),
      sequential,
    ).map((group) => group.map(({ uri }) => Number(/\d/.exec(String(uri)))));

  it.each([
    [[0.5, 1, 0.5], false, [[1], [0, 2]]],
    [[0.5, 1, 0.5], true, [[1], [0], [2]]],
    // Without q, or with one that is none, as with 1.
    [[0.9, undefined, 1], false, [[1, 2], [0]]],
    [[0.9, 7, -1, Number.NaN], false, [[1, 2, 3], [0]]],
    [[0, 0.1], false, [[1], [0]]],
  ] as const)("of q %j, one by one: %s, are tried as %j", (qs, sequential, expected) => {
    expect(groups(qs, sequential)).toEqual(expected);
  });

  it("have a Request-URI without headers and method (RFC 3261 §19.1.5)", () => {
    expect(String(requestUri("sip:a@b;method=INVITE;x=y?Subject=z"))).toBe("sip:a@b;x=y");
    const plain = Uri.parse("sip:a@b;x=y");
    expect(requestUri(plain)).toBe(plain);
  });

  it("are 200 at most", () => {
    const set = new TargetSet(many(201), false);
    expect(set.next(1000)).toHaveLength(200);
    expect(set.empty).toBe(true);
  });

  it("wait for their turn where there is no room for all (RFC 5393 §5.3.3.1)", () => {
    const set = new TargetSet(many(5), false);
    expect([set.next(2)?.length, set.next(3)?.length, set.empty, set.next(1)]).toEqual([
      2,
      3,
      true,
      undefined,
    ]);
  });
});

describe("a redirection", () => {
  it("adds what is new, by its q, and takes it out of the response", () => {
    const set = new TargetSet([{ uri: "sip:bob@example.com" }], false);
    set.next(1);
    const response = moved("<sip:a@h>;q=0.2", "<sip:b@h>;q=0.7", "<sip:bob@example.com>", "<sip:b@h>");
    expect(set.redirect(response, false, false)).toBe(false);
    expect(response.headers.has("Contact")).toBe(false);
    expect([names(set.next(9)), names(set.next(9)), set.empty]).toEqual([["sip:b@h"], ["sip:a@h"], true]);
    expect(set.redirect(moved("<sip:a@h>"), false, false)).toBe(false);
    expect(set.empty).toBe(true);
  });

  it("leads nowhere twice, however it spells where it has been (RFC 3261 §16.5, §19.1.4)", () => {
    const set = new TargetSet([{ uri: "sip:bob@Example.com" }, { uri: "no URI" }], false);
    set.next(2);
    const same = [
      "sip:%62ob@example.com",
      "sip:bob@EXAMPLE.com;x=1",
      "sip:bob@example.com;method=INVITE?Subject=y",
    ];
    expect(set.redirect(moved(...same.map((uri) => `<${uri}>`)), false, false)).toBe(false);
    expect(set.empty).toBe(true);
    set.redirect(moved("<sip:bob@example.com:5060>", "<sip:bob@example.com:5060;x=1>"), false, false);
    expect(names(set.next(9))).toEqual(["sip:bob@example.com:5060"]);
  });

  it("leaves what cannot be used, to a proxy or after sips", () => {
    const set = new TargetSet([{ uri: "sips:bob@example.com" }], false);
    const response = moved("<mailto:a@h>", "<sip:b@h>", "<sips:c@h>");
    expect(set.redirect(response, true, false)).toBe(true);
    expect(response.headers.get("Contact").map(String)).toEqual(["<mailto:a@h>", "<sip:b@h>"]);
    set.next(1);
    expect(names(set.next(9))).toEqual(["sips:c@h"]);
  });

  it("whose Contacts cannot be read is left as it is", () => {
    const set = new TargetSet([], false);
    const response = moved("<sip:a@h>", "<nonsense");
    expect(set.redirect(response, false, false)).toBe(true);
    expect([response.headers.raw("Contact"), set.empty]).toEqual([["<sip:a@h>", "<nonsense"], true]);
  });

  it("is followed one by one, as the targets are", () => {
    const set = new TargetSet([], true);
    expect(set.redirect(moved("<sip:a@h>", "<sip:b@h>"), false, false)).toBe(false);
    expect([names(set.next(9)), names(set.next(9))]).toEqual([["sip:a@h"], ["sip:b@h"]]);
  });

  it("adds nothing where no more are wanted", () => {
    const set = new TargetSet([], false);
    expect(set.redirect(moved("<sip:a@h>"), false, true)).toBe(true);
    expect(set.empty).toBe(true);
  });

  it("makes no more than 200 of them all", () => {
    const set = new TargetSet(many(198), false);
    set.next(1000);
    const response = moved(...many(5, 500).map(({ uri }) => `<${uri}>`));
    expect(set.redirect(response, false, false)).toBe(true);
    expect(set.next(1000)).toHaveLength(2);
    expect(response.headers.get("Contact")).toHaveLength(3);
  });
});
