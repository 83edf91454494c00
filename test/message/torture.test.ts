// Torture: RFC 4475 and RFC 5118, message by message: what has to be taken is taken, with the values that it
// has; what has to be refused is refused; and the status that the RFC names comes out of the validator.
import { describe, expect, it } from "vitest";
import { METHODS } from "../../src/core/words.ts";
import { headerInfo } from "../../src/message/header-table.ts";
import { type Message, tryParseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";
import type { Role, ValidateOptions } from "../../src/message/validate-options.ts";
import { expectMessage } from "../vectors/expected.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";
import type { Vector } from "../vectors/vector.ts";
import { thrown } from "./samples.ts";

const all = [...rfc4475, ...rfc5118];
const of = (vectors: readonly Vector[], verdict: Vector["verdict"]) =>
  vectors.filter((vector) => vector.verdict === verdict).map((vector) => [vector.name, vector] as const);

/** What an element of that role says when it is asked for all that it can judge. */
const ROLES: Readonly<Record<Role, ValidateOptions>> = {
  uas: {
    role: "uas",
    thorough: true,
    methods: METHODS.slice(1),
    schemes: ["sip", "sips", "tel"],
    supported: ["100rel", "timer"],
    types: ["application/sdp", "multipart/mixed"],
    answers: ["application/sdp"],
    bodySize: 10_000,
  },
  registrar: {
    role: "registrar",
    thorough: true,
    methods: METHODS.slice(1),
    schemes: ["sip", "sips"],
    supported: ["path", "outbound"],
  },
  proxy: {
    role: "proxy",
    thorough: true,
    schemes: ["sip", "sips", "tel"],
    supported: ["path"],
  },
};

/** What is answered otherwise than by the RFC's choice, and why. */
const OTHERWISE: Readonly<Record<string, number | "drop">> = {
  // The archive's copy has no empty line, and so is no message; `baddn-terminated` is answered.
  baddn: "drop",
  // Right where nobody reads a Date (§3.1.2.12), as long as the table does not know it.
  ...(headerInfo("Date") ? {} : { baddate: 200 }),
};

/** What answers the message: "drop" too for what is no message at all, 200 where nothing is wrong. */
function answer({ bytes }: Vector, options?: ValidateOptions): number | "drop" {
  const message = tryParseMessage(bytes);
  return message.kind === "failure" ? "drop" : (validate(message, options)[0]?.status ?? 200);
}

function parsed({ bytes }: Vector): Message {
  const message = tryParseMessage(bytes);
  if (message.kind === "failure") throw new Error(message.code);
  return message;
}

describe("must be taken", () => {
  it("26 of RFC 4475 and 10 of RFC 5118", () => {
    expect(of(rfc4475, "must-accept")).toHaveLength(26);
    expect(of(rfc5118, "must-accept")).toHaveLength(10);
  });

  it.each(of(all, "must-accept"))("%s: nothing is wrong with it, and all of it reads", (_name, vector) => {
    const message = parsed(vector);
    expect(validate(message)).toEqual([]);
    expect(validate(message, { thorough: true })).toEqual([]);
    expectMessage(message, vector.expect ?? {});
  });

  it.each(of(all, "must-accept").filter(([, { response }]) => response === undefined || response === 200))(
    "%s: whoever it is for takes it",
    (_name, vector) => {
      const { by } = vector;
      const roles: Role[] = by === undefined || by === "any" ? ["uas", "registrar", "proxy"] : [by];
      for (const role of roles) {
        // A registrar or proxy as such has no say in the body; a proxy gets responses with two Vias.
        expect(answer(vector, ROLES[role]), role).toBe(200);
      }
    },
  );
});

describe("must be refused", () => {
  it("6 of RFC 4475, and 2 of RFC 5118", () => {
    expect(of(rfc4475, "must-reject")).toHaveLength(6);
    expect(rfc5118.filter((vector) => answer(vector) !== 200).map(({ name }) => name)).toEqual([
      "ipv6-bad",
      "ipv6-bug-abnf-3-colons",
    ]);
  });

  it.each(of(all, "must-reject"))("%s, without an option asked", (_name, vector) => {
    expect(answer(vector)).toBe(vector.response);
  });
});

describe("the status that the RFC names", () => {
  const answered = all.filter(({ response }) => response !== undefined && response !== 200);

  it.each(answered.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const { by, response, alternatives = [] } = vector;
    const roles: Role[] = by === undefined || by === "any" ? ["uas", "registrar", "proxy"] : [by];
    const answers = roles.map((role) => answer(vector, ROLES[role]));
    if (OTHERWISE[vector.name] !== undefined) {
      expect(new Set(answers)).toEqual(new Set([OTHERWISE[vector.name]]));
      return;
    }
    for (const found of answers) expect([response, ...alternatives]).toContain(found);
    // Of what is right the RFC's first choice, by at least one; a challenge is not the validator's to make.
    if (response !== 401) expect(answers).toContain(response);
  });

  it("is not another one where an endpoint gets what a proxy refuses", () => {
    const zeromf = all.find(({ name }) => name === "zeromf") as Vector;
    expect(answer(zeromf, ROLES.proxy)).toBe(483);
    expect(answer(zeromf, ROLES.uas)).toBe(200);
    const unksm2 = all.find(({ name }) => name === "unksm2") as Vector;
    expect(answer(unksm2, ROLES.proxy)).toBe(200);
  });

  it("comes with the header fields that its answer needs", () => {
    const headers = (name: string, role: Role) =>
      validate(parsed(all.find((each) => each.name === name) as Vector), ROLES[role])[0]?.headers;
    const unsupported = "nothingSupportsThis, nothingSupportsThisEither";
    expect(headers("bext01", "uas")).toEqual({ Unsupported: unsupported });
    const byProxies = "noProxiesSupportThis, norDoAnyProxiesSupportThis";
    expect(headers("bext01", "proxy")).toEqual({ Unsupported: byProxies });
    expect(headers("invut", "uas")).toEqual({ Accept: "application/sdp, multipart/mixed" });
    expect(headers("intmeth", "uas")).toEqual({ Allow: METHODS.slice(1).join(", ") });
  });
});

describe("none breaks anything", () => {
  it.each(all.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const message = tryParseMessage(vector.bytes);
    if (message.kind === "failure") {
      expect(["bigcode", "baddn"]).toContain(vector.name);
      return;
    }
    for (const options of Object.values(ROLES)) validate(message, options);
    const unread = new Set(vector.expect?.invalid);
    for (const name of unread) {
      if (headerInfo(name))
        expect(
          thrown(() => message.headers.get(name)),
          name,
        ).toMatchObject({ status: 400 });
    }
    if (vector.verdict !== "must-accept") expectMessage(message, vector.expect ?? {});
  });
});
