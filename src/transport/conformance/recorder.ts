// Recorder: a receiver that keeps whatever its transport tells, and the messages that are sent to it.

import type { SipError } from "../../errors.ts";
import type { Flow, TransportReceiver } from "../transport.ts";

/** Notes everything that a transport tells. */
export class Recorder implements TransportReceiver {
  readonly messages: { data: string | Uint8Array; flow: Flow }[] = [];
  readonly closed: { flow: Flow; error: SipError | undefined }[] = [];
  readonly errors: SipError[] = [];
  onArrival: ((flow: Flow) => void) | undefined;

  onMessage(data: Uint8Array | string, flow: Flow): void {
    this.messages.push({ data: typeof data === "string" ? data : new Uint8Array(data), flow });
    this.onArrival?.(flow);
  }

  onFlowClosed(flow: Flow, error: SipError | undefined): void {
    this.closed.push({ flow, error });
  }

  onError(error: SipError): void {
    this.errors.push(error);
  }

  /** The messages as octets. */
  get bytes(): Uint8Array[] {
    return this.messages.map(({ data }) => (typeof data === "string" ? encode(data) : data));
  }

  get texts(): string[] {
    return this.bytes.map(decode);
  }
}

export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A plausible request: transports do not read it. */
export function message(name: string): Uint8Array<ArrayBuffer> {
  return encode(`OPTIONS sip:${name} SIP/2.0\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`);
}
