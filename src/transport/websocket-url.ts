// WebSocketUrl: the address of a WebSocket server, as a client has it in its options.

import { SipError } from "../errors.ts";

/** @throws SipError `uri_invalid` for what is no ws: or wss: URL */
export function parseWebSocketUrl(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    // Below.
  }
  if (url?.protocol !== "ws:" && url?.protocol !== "wss:") {
    throw new SipError("uri_invalid", `not a ws: or wss: URL: ${JSON.stringify(String(text).slice(0, 200))}`);
  }
  return url;
}
