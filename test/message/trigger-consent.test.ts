// Trigger-Consent: addresses without angle brackets, which its grammar has not (RFC 5360 §5.11.2).

import { expect, it } from "vitest";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { invite, thrown } from "./samples.ts";

const LINE = 'sip:123@relay.example.com;target-uri="sip:friends@relay.example.com"';
const read = (line: string) => parseMessage(invite([`Trigger-Consent: ${line}`]));

it("is read as the RFC has it, and written so", () => {
  const { headers } = read(`${LINE}, sips:a@b`);
  const [first, second] = headers.get("Trigger-Consent");
  expect([`${first!.uri}`, first!.params.get("target-uri")]).toEqual([
    "sip:123@relay.example.com",
    "sip:friends@relay.example.com",
  ]);
  headers.set("Trigger-Consent", [first!, second!]);
  expect(headers.raw("Trigger-Consent")).toEqual([LINE, "sips:a@b"]);
  headers.set("Trigger-Consent", NameAddr.of({ displayName: "Relay", uri: "sip:c@d", params: { x: "y" } }));
  expect(headers.raw("Trigger-Consent")).toEqual(["sip:c@d;x=y"]);
  headers.updateFirst("Trigger-Consent", (value) => value!.with({ params: { x: "z" } }));
  expect(headers.raw("Trigger-Consent")).toEqual(["sip:c@d;x=z"]);
});

it("is taken with brackets, too, and nothing but SIP", () => {
  expect(`${read("<sip:a@b;lr>;x=y").headers.first("Trigger-Consent")!.uri}`).toBe("sip:a@b;lr");
  expect(thrown(() => read("tel:1").headers.get("Trigger-Consent")).code).toBe("value_invalid");
});
