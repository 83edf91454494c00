// Turns the errors of sockets into SipErrors whose text says what to do.

import { SipError } from "../errors.ts";
import { formatAddress } from "./address.ts";

const SHARED: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "not permitted: ports below 1024 may need privileges",
};

/** The error of a failed bind or listen: code `address_in_use`, else `transport_failed`. */
export function bindError(cause: unknown, protocol: string, host: string, port: number): SipError {
  const code = (cause as { code?: string } | undefined)?.code ?? "";
  const where = `${protocol} ${formatAddress(host, port)}`;
  if (code === "EADDRINUSE") {
    const hint = "another socket is bound to it; take another port, or port 0 for a free one";
    return new SipError("address_in_use", `${where} is in use: ${hint}`, { cause });
  }
  const why = SHARED[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new SipError("transport_failed", `${where} cannot be opened: ${why}`, { cause });
}

/** The error of a failed send, lookup or running socket: code `transport_failed`. */
export function socketError(cause: unknown, doing: string): SipError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SipError("transport_failed", `${doing}: ${why}`, { cause });
}
