// Replaces and Join: which dialog they name (RFC 3891 §6.1, RFC 3911 §7.1).

import { expect, it } from "vitest";
import { dialogId } from "../../src/dialog/dialog.ts";
import { readReference } from "../../src/dialog/replaces.ts";
import { createRequest } from "../../src/message/create-request.ts";

const read = (headers: Record<string, string | readonly string[]>) =>
  readReference(createRequest("INVITE", "sip:b@b", { from: "<sip:a@a>;tag=1", headers }));

const id = dialogId("c@h", "ours", "theirs");

it.each([
  ["c@h;to-tag=ours;from-tag=theirs", [id], false],
  [" c@h ; From-Tag = theirs ; TO-TAG = ours ; Early-Only ; x=y", [id], true],
  // A tag of 0 stands for none, too.
  ["c@h;to-tag=ours;from-tag=0", [dialogId("c@h", "ours", "0"), dialogId("c@h", "ours")], false],
])("%s", (text, ids, earlyOnly) => {
  expect(read({ Replaces: text })).toEqual({ name: "Replaces", ids, earlyOnly });
  expect(read({ Join: text })).toMatchObject({ name: "Join", ids });
});

it.each([
  ["c@h;to-tag=ours"],
  ["c@h;from-tag=theirs"],
  [";to-tag=ours;from-tag=theirs"],
  ["c@h;to-tag=ours;from-tag=theirs;To-Tag=mine"],
  ["c@h;to-tag=ours;from-tag=theirs, d@h;to-tag=ours;from-tag=theirs"],
  ["d@h;to-tag=ours, c@h;from-tag=theirs"],
])("%s names nothing", (text) => {
  expect(read({ Replaces: text })).toBe("bad");
});

it("one of both may be there, once", () => {
  const text = "c@h;to-tag=ours;from-tag=theirs";
  expect(read({})).toBeUndefined();
  expect(read({ Replaces: [text, text] })).toBe("bad");
  expect(read({ Replaces: text, Join: text })).toBe("bad");
});
