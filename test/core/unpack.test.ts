// The WebAssembly module as text in the bundle: the same octets come out of it.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bytes } from "../../src/core/bytes.ts";
import { unpack } from "../../src/core/unpack.ts";

it("gives the module back, octet for octet", () => {
  const module = readFileSync(new URL("../../build/sip.wasm", import.meta.url));
  expect(Buffer.from(unpack(bytes)).equals(module)).toBe(true);
});

it("has no character in its text that a bundler would escape in any quotes", () => {
  expect(bytes).toMatch(/^[ -~]*$/);
  expect(bytes).not.toMatch(/["'`\\$]/);
});

it("has a text for every octet", () => {
  // "(" is 0; the octets that begin a step again have a space or a tilde before them.
  expect([...unpack("()} ( )~(~{")]).toEqual([0, 1, 85, 86, 87, 172, 255]);
  expect([...unpack("!# ! #~!")]).toEqual([0x5c - 0x28, 0x60 - 0x28, 86 + 52, 86 + 56, 172 + 52]);
});
