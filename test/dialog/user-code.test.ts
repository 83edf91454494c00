// UserCode: what the user's handlers throw or reject with stops there, and is told.

import { expect, it } from "vitest";
import { UserCode } from "../../src/dialog/user-code.ts";

it("gives what is returned, and tells nothing", () => {
  const told: unknown[] = [];
  const code = new UserCode((error) => void told.push(error));
  expect([code.call(() => 7), told]).toEqual([7, []]);
});

it("what is thrown is told, after what it left undone was done", () => {
  const told: unknown[] = [];
  const code = new UserCode((error) => void told.push(error));
  const fail = () => {
    throw "first";
  };
  const undone = () => {
    told.push("done");
    throw "second";
  };
  expect(code.call(fail, undone)).toBeUndefined();
  expect(told).toEqual(["done", "second", "first"]);
});

it("so is what is rejected with", async () => {
  const told: unknown[] = [];
  const code = new UserCode((error) => void told.push(error));
  await expect(
    code.call(
      async () => Promise.reject("late"),
      () => void told.push("done"),
    ),
  ).rejects.toBe("late");
  expect(told).toEqual(["done", "late"]);
});

it("who is told may throw, or not be there", () => {
  const thrower = new UserCode(() => {
    throw "from the handler itself";
  });
  const fail = () => {
    throw "it";
  };
  expect([thrower.call(fail), new UserCode(undefined).call(fail)]).toEqual([undefined, undefined]);
});
