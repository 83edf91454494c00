// Keep-alives: tells CRLF pings and pongs (RFC 5626 §3.5.1, usable over WebSocket by RFC 7118 §6) from
// messages. Timers and answers belong to the transports.

const CR = 13;
const LF = 10;
const NUL = 0;

/** The ping of connection-oriented transports: a double CRLF (RFC 5626 §4.4.1). */
export const PING: string = "\r\n\r\n";
/** The pong that answers it: a single CRLF. */
export const PONG: string = "\r\n";

/** What a frame or datagram is: a double CRLF, some other filler that no stack should see, or a message. */
export type FrameKind = "ping" | "filler" | "message";

/**
 * Classifies one whole frame or datagram. Empty ones and those of CR, LF and NUL only are fillers: a
 * pong, or what phones send to keep a NAT open (one or four NULs are common on UDP). Stops at the
 * first octet that is none of these, so that a message costs one comparison.
 */
export function frameKind(data: Uint8Array | string): FrameKind {
  if (typeof data === "string") {
    if (data.length > 0 && data.charCodeAt(0) > CR) return "message";
    for (let i = 0; i < data.length; i++) if (!isFiller(data.charCodeAt(i))) return "message";
    return data === PING ? "ping" : "filler";
  }
  for (let i = 0; i < data.length; i++) if (!isFiller(data[i]!)) return "message";
  const ping = data.length === 4 && data[0] === CR && data[1] === LF && data[2] === CR && data[3] === LF;
  return ping ? "ping" : "filler";
}

function isFiller(octet: number): boolean {
  return octet === CR || octet === LF || octet === NUL;
}
