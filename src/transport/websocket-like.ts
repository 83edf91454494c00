// The part of the W3C WebSocket that the client transport needs: a browser's, a worker's, Node's own
// from version 22 on, Deno's, Bun's and that of the `ws` package all have it.

import { SipError } from "../errors.ts";

/** An instance of a W3C WebSocket. */
export interface WebSocketLike {
  /** The subprotocol that the server has chosen: `sip`. */
  readonly protocol: string;
  /** How many octets wait to be sent. */
  readonly bufferedAmount: number;
  /** Set to `arraybuffer`. */
  binaryType: string;
  /** Called when it is open. */
  // biome-ignore lint/suspicious/noExplicitAny: every runtime has event classes of its own
  onopen: ((event: any) => void) | null;
  /** Called with each message: `event.data`. */
  // biome-ignore lint/suspicious/noExplicitAny: see onopen
  onmessage: ((event: any) => void) | null;
  /** Called when it is closed: `event.code` and `event.reason`. */
  // biome-ignore lint/suspicious/noExplicitAny: see onopen
  onclose: ((event: any) => void) | null;
  /** Called when something failed; `onclose` follows. */
  // biome-ignore lint/suspicious/noExplicitAny: see onopen
  onerror: ((event: any) => void) | null;
  /** Sends a text or binary frame. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Begins the closing handshake. */
  close(code?: number, reason?: string): void;
}

/** A W3C WebSocket constructor. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** The class given, or the runtime's. Throws `unsupported` where there is none. */
export function constructorOf(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found) return found;
  const help = "pass a class as the option WebSocket, such as that of ws";
  throw new SipError("unsupported", `this runtime has no WebSocket: ${help}`);
}

/** How the peer closed a connection, for an error. */
export function closeWords(code: number, reason: unknown): string {
  return `${code} ${reason}`.trim();
}
