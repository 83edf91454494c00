// Round trip: parse(write(parse(x))) equals parse(x), for every vector: untouched, and with every value that can
// be read put back, so that it is written anew.
import { describe, expect, it } from "vitest";
import { parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import { bytes } from "../core/rng.ts";
import { checkLibrary, describe as read } from "../fuzz/library.ts";
import { headerValues } from "./headers.ts";
import { vectors as rfc4475 } from "./rfc4475/index.ts";
import { vectors as rfc5118 } from "./rfc5118/index.ts";

describe.each(Object.entries({ rfc4475, rfc5118 }))("%s", (_name, vectors) => {
  it.each(vectors.map((vector) => [vector.name, vector.bytes] as const))("%s", (_name, data) => {
    const message = tryParseMessage(data);
    if (message.kind === "failure") {
      expect(["start_line_invalid", "head_incomplete"]).toContain(message.code);
      return;
    }
    const written = message.toBytes();
    expect(Buffer.from(written).equals(data.subarray(0, written.length))).toBe(true);
    expect(read(parseMessage(written))).toEqual(read(message));
    expect(checkLibrary(data)).toBeUndefined();
  });
});

it("every header value of the tables, as it stands and written anew", () => {
  for (const { header, value } of headerValues) {
    const text = Buffer.from(value).toString("latin1");
    const data = bytes(`OPTIONS sip:a@b SIP/2.0\r\n${header}: ${text}\r\n\r\n`);
    const message = parseMessage(data);
    expect(read(parseMessage(message.toBytes())), `${header}: ${value}`).toEqual(read(message));
    expect(checkLibrary(data), `${header}: ${value}`).toBeUndefined();
  }
});
