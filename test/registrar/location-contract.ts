// What every location service does, whatever it keeps bindings in: run on MemoryLocation here, on RedisLocation over a
// double in test/redis, and over a real server in test/interop.

import { afterEach, describe, expect, it } from "vitest";
import type { Binding, LocationService } from "../../src/registrar/location.ts";

/** One service under test, several that share what they keep where they can, and its end. */
export interface Subject {
  /** The same bindings, seen by several machines; one of them where they cannot be shared. */
  readonly machines: readonly LocationService[];
  /** Moves the time on that bindings expire by. */
  pass(milliseconds: number): void;
  /** Leaves nothing behind. */
  close(): Promise<void> | void;
}

const AOR = "sip:bob@example.com";

export function locationContract(name: string, make: () => Promise<Subject> | Subject): void {
  describe(`${name} as a location service`, () => {
    const open: Subject[] = [];
    afterEach(async () => {
      for (const subject of open.splice(0)) await subject.close();
    });

    async function subject() {
      const made = await make();
      open.push(made);
      const [one, other = one] = made.machines as [LocationService, LocationService?];
      /** A binding that ends in so many milliseconds. */
      const binding = (contact: string, life = 60_000, more: Partial<Binding> = {}): Binding => ({
        contact: `<sip:${contact}@192.0.2.1>`,
        expires: one.now() + life,
        q: 1,
        callId: "call",
        cseq: 1,
        path: [],
        ...more,
      });
      const add = (at: LocationService, added: Binding) => at.update(AOR, (current) => [...current, added]);
      const contacts = async (at: LocationService) =>
        (await at.find(AOR))?.map(({ contact }) => contact.slice(5, -11));
      /** What an update is given to change. */
      const seen = async (at: LocationService) => {
        let given: readonly Binding[] = [];
        const change = (current: readonly Binding[]) => {
          given = current;
          return undefined;
        };
        expect(await at.update(AOR, change)).toBe(true);
        return given;
      };
      return { ...made, seen, one, other, binding, add, contacts };
    }

    it("does not know who never registered, and knows who has gone", async () => {
      const { one, other, add, binding } = await subject();
      expect(await one.find(AOR)).toBeUndefined();
      expect(await one.update(AOR, () => undefined)).toBe(true);
      expect(await one.update(AOR, () => [])).toBe(true);
      expect(await one.find(AOR)).toBeUndefined();
      expect(await add(one, binding("a"))).toBe(true);
      expect(await one.update(AOR, () => [])).toBe(true);
      expect(await other.find(AOR)).toEqual([]);
    });

    it("gives bindings back as they are, in their order, to whoever asks", async () => {
      const { one, other, binding, seen } = await subject();
      const bindings = [
        binding("ä", 60_000, { q: 0.25, path: ['<sip:edge;lr>;x="\\"\\\\"', "<sip:b;lr>"], flow: "f-1" }),
        binding("b", 90_000, { cseq: 4_294_967_295, instance: "<urn:uuid:1>", regId: 2, edge: "<sip:e;lr>" }),
      ];
      expect(await one.update(AOR, () => bindings)).toBe(true);
      expect(await other.find(AOR)).toEqual(bindings);
      expect(await seen(other)).toEqual(bindings);
      expect(await other.find("sip:eve@example.com")).toBeUndefined();
    });

    it("lets bindings end, each at its time", async () => {
      const { one, other, add, binding, contacts, seen, pass } = await subject();
      await add(one, binding("a", 1000));
      await add(other, binding("b", 5000));
      expect(await contacts(one)).toEqual(["a", "b"]);
      pass(1000);
      expect(await contacts(one)).toEqual(["b"]);
      expect(await seen(other)).toHaveLength(1);
      pass(4000);
      expect(await contacts(other)).toEqual([]);
    });

    it("keeps what was there where a change throws", async () => {
      const { one, add, binding, contacts } = await subject();
      await add(one, binding("a"));
      const fails = async () =>
        one.update(AOR, () => {
          throw new Error("no such change");
        });
      await expect(fails()).rejects.toThrow("no such change");
      expect(await contacts(one)).toEqual(["a"]);
    });

    it("loses none of many updates that are made at once", async () => {
      const { one, other, add, binding, contacts } = await subject();
      const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
      const kept = await Promise.all(
        names.map((contact, index) => add(index % 2 ? one : other, binding(contact))),
      );
      expect(kept.every(Boolean)).toBe(true);
      expect((await contacts(one))?.sort()).toEqual(names.sort());
    });

    it("takes the higher CSeq of two that come at once, whichever machine they come to", async () => {
      const { one, other, binding } = await subject();
      /** RFC 3261 §10.3: the same Call-ID counts upwards. */
      const register = (at: LocationService, cseq: number) =>
        at.update(AOR, (current) =>
          current.some((held) => held.callId === "call" && held.cseq >= cseq)
            ? undefined
            : [binding("a", 60_000, { cseq })],
        );
      await Promise.all([7, 3, 9, 1, 8, 2].map((cseq, index) => register(index % 2 ? one : other, cseq)));
      expect((await one.find(AOR))?.map(({ cseq }) => cseq)).toEqual([9]);
    });
  });
}
