// A W3C WebSocket whose server is the test: nothing happens unless the test lets it.

import type { WebSocketConstructor, WebSocketLike } from "../../src/transport/websocket-like.ts";

export class FakeWebSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: string[];
  protocol = "";
  bufferedAmount = 0;
  binaryType = "blob";
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: unknown) => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly sent: (string | Uint8Array)[] = [];
  readonly closes: (number | undefined)[] = [];
  /** Makes send throw, as a socket that is not open does. */
  broken = false;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.broken) throw new Error("not open");
    this.sent.push(data);
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  // What the server does.

  accept(protocol = "sip"): void {
    this.protocol = protocol;
    this.onopen?.({});
  }

  say(data: unknown): void {
    this.onmessage?.({ data });
  }

  end(code = 1006, reason = ""): void {
    this.onerror?.({});
    this.onclose?.({ code, reason });
  }
}

/** A constructor that keeps what it made, newest last. */
export function fakeServer(): {
  WebSocket: WebSocketConstructor;
  made: FakeWebSocket[];
  last(): FakeWebSocket;
} {
  const made: FakeWebSocket[] = [];
  class Fake extends FakeWebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      made.push(this);
    }
  }
  return {
    WebSocket: Fake,
    made,
    last() {
      const socket = made.at(-1);
      if (!socket) throw new Error("no WebSocket was made");
      return socket;
    },
  };
}
