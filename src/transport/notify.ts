// Calls out of a transport: to its receiver, to a send's `failed`, to a user's callback. They promise
// not to throw; if one does, it must not take a socket's event handler with it.

import { SipError } from "../errors.ts";
import type { Flow, SendFailed, TransportReceiver } from "./transport.ts";

/** Hands a message to the receiver; a throw becomes the receiver's own onError, code `core_failed`. */
export function deliver(receiver: TransportReceiver, data: Uint8Array | string, flow: Flow): void {
  try {
    receiver.onMessage(data, flow);
  } catch (cause) {
    report(receiver, new SipError("core_failed", "the transport's receiver threw", { cause }));
  }
}

/** Tells of a stream that cannot be read on; as deliver. */
export function tellFault(
  receiver: TransportReceiver,
  error: SipError,
  head: Uint8Array | undefined,
  flow: Flow,
): void {
  try {
    receiver.onFault?.(error, head, flow);
  } catch (cause) {
    report(receiver, new SipError("core_failed", "the transport's receiver threw", { cause }));
  }
}

/** Tells of a flow's end; as deliver. */
export function tellClosed(receiver: TransportReceiver, flow: Flow, error: SipError | undefined): void {
  try {
    receiver.onFlowClosed(flow, error);
  } catch (cause) {
    report(receiver, new SipError("core_failed", "the transport's receiver threw", { cause }));
  }
}

/** Reports a fault of the transport; what the receiver throws at that has nowhere left to go. */
export function report(receiver: TransportReceiver | undefined, error: SipError): void {
  try {
    receiver?.onError(error);
  } catch {
    // A receiver that cannot even hear of errors: the transport goes on.
  }
}

/** Tells a send that it failed, after the send has returned (the contract of SendFailed). */
export function failLater(failed: SendFailed, error: SipError): void {
  queueMicrotask(() => failed(error));
}
