// Random: the characters come from the source's octets, whatever the length asked for.
import { describe, expect, it } from "vitest";
import { Random } from "../src/random.ts";

/** A source that counts, and how often it was asked. */
function counting(): { random: Random; asked: () => number } {
  let next = 0;
  let asked = 0;
  const random = new Random((bytes) => {
    asked++;
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++;
    return bytes;
  });
  return { random, asked: () => asked };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("Random", () => {
  it("gives a character for each octet, in their order", () => {
    const { random, asked } = counting();
    expect(random.text(64)).toBe(ALPHABET);
    expect(random.tag()).toBe(ALPHABET.slice(0, 10));
    expect(random.branch()).toBe(`z9hG4bK${ALPHABET.slice(10, 26)}`);
    expect(random.callId()).toBe(ALPHABET.slice(26, 48));
    expect(asked()).toBe(1);
  });

  it("asks for more when a text would go past what is left, and for a text longer than all of it", () => {
    const { random, asked } = counting();
    for (let i = 0; i < 409; i++) random.tag();
    expect(random.tag()).toBe(ALPHABET.slice(0, 10));
    expect(asked()).toBe(2);
    const long = random.text(10_000);
    expect(long).toHaveLength(10_000);
    expect(long).toMatch(/^[\w-]+$/);
    expect(random.text(0)).toBe("");
  });

  it("takes a source that gives nothing back", () => {
    const random = new Random(((bytes: Uint8Array) => void bytes.fill(1)) as never);
    expect(random.text(20)).toBe("B".repeat(20));
  });
});
