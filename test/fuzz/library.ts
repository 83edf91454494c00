// Library: one message through everything that the library does with it. Nothing may throw but a SipError,
// what nobody touched is written as it came, and what is written anew reads the same.

import { SipError } from "../../src/errors.ts";
import { type HeaderInfo, headerById } from "../../src/message/header-table.ts";
import { readMultipart } from "../../src/message/multipart.ts";
import { type Message, parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";
import { plain } from "./plain.ts";

/** The header fields that the library knows. */
export function knownHeaders(): HeaderInfo[] {
  const known: HeaderInfo[] = [];
  for (let id = 1; headerById(id) !== undefined; id++) known.push(headerById(id));
  return known;
}

const KNOWN = knownHeaders();

/** What the call gives; the SipError's code where it throws one. Anything else thrown goes through. */
function attempt(call: () => unknown): { value?: unknown; code?: string } {
  try {
    return { value: call() };
  } catch (error) {
    if (error instanceof SipError) return { code: error.code };
    throw error;
  }
}

/** All that can be read of a message, as data. */
export function describe(message: Message): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  for (const { name } of KNOWN) {
    if (!message.headers.has(name)) continue;
    headers[name] = attempt(() => plain(message.headers.get(name)));
    headers[`first ${name}`] = attempt(() => plain(message.headers.first(name)));
    headers[`raw ${name}`] = message.headers.raw(name);
  }
  return {
    headers,
    fields: [...message.headers],
    text: attempt(() => message.bodyText),
    length: message.bodyLength,
    version: message.version,
    ...(message.kind === "request"
      ? { method: message.method, uri: attempt(() => plain(message.uri)) }
      : { status: message.status, reason: message.reason, statusClass: message.statusClass }),
  };
}

/** What is wrong; undefined where all is well. */
export function checkLibrary(data: Uint8Array): string | undefined {
  const parsed = tryParseMessage(data);
  if (parsed.kind === "failure") return undefined;
  const bytes = parsed.toBytes();
  if (!startsWith(data, bytes)) return "write: an untouched message is not what came in";
  if (parsed.announcedLength === undefined && bytes.length !== data.length)
    return `write: ${bytes.length} octets of ${data.length}`;
  const found = describe(parsed);
  // The same octets read the same; those behind the body, which Content-Length leaves out, are not the same.
  if (bytes.length < data.length && JSON.stringify(describe(parseMessage(bytes))) !== JSON.stringify(found))
    return "again: reads otherwise";
  validate(parsed);
  String(parsed);
  attempt(() => walk(parsed));
  const copy = parsed.clone();
  if (JSON.stringify(describe(copy)) !== JSON.stringify(found)) return "clone: reads otherwise";
  return answer(parsed) ?? rewrite(parsed) ?? untouched(parsed, bytes);
}

function startsWith(data: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(data.subarray(0, start.length), start) === 0;
}

function untouched(message: Message, bytes: Uint8Array): string | undefined {
  return Buffer.compare(message.toBytes(), bytes) === 0
    ? undefined
    : "write: reading has changed the message";
}

/** Reads a multipart body down to the limit. */
function walk(message: Message): void {
  let multipart: ReturnType<typeof readMultipart> | undefined = readMultipart(
    message.headers.get("Content-Type"),
    message.body,
  );
  while (multipart) {
    for (const part of multipart.parts)
      attempt(() => plain([part.contentType, part.handling, part.contentId]));
    multipart.toBytes();
    multipart = multipart.parts[0]?.multipart;
  }
}

/** A response has the Vias of its request, and can be parsed. */
function answer(request: Message): string | undefined {
  if (request.kind !== "request" || request.method === "ACK") return undefined;
  for (const status of [100, 200]) {
    const made = request.createResponse(status);
    const again = parseMessage(made.toBytes());
    if (JSON.stringify(again.headers.raw("Via")) !== JSON.stringify(request.headers.raw("Via")))
      return `response: ${status} has other Vias`;
    if (again.kind !== "response" || again.status !== status) return `response: ${status} is another`;
  }
  return undefined;
}

/** Every typed value put back as it was read, so that it must be written anew: it must read the same. */
function rewrite(message: Message): string | undefined {
  const copy = message.clone();
  const kept: [HeaderInfo, string][] = [];
  for (const info of KNOWN) {
    if (!message.headers.has(info.name)) continue;
    const { value, code } = attempt(() => message.headers.get(info.name));
    if (code !== undefined || value === undefined) continue;
    const shape = attempt(() => JSON.stringify(plain(value)));
    // A value with a NUL, which came escaped or quoted, may not be written (header injection).
    if (
      shape.code === undefined &&
      attempt(() => copy.headers.set(info.name, value as string)).code === undefined
    )
      kept.push([info, shape.value as string]);
  }
  const again = tryParseMessage(copy.toBytes());
  if (again.kind === "failure") return `rewrite: ${again.code}`;
  for (const [{ name }, shape] of kept) {
    const { value, code } = attempt(() => JSON.stringify(plain(again.headers.get(name))));
    if (value !== shape) return `rewrite: ${name} is ${code ?? value}, was ${shape}`;
  }
  return undefined;
}
