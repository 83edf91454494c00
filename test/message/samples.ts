// Samples: RFC 3261's own messages (§24.2), which the tests of this floor share.

/** The INVITE of §24.2 F2-like: two Vias, a route, compact and folded lines where `lines` adds them. */
export function invite(lines: readonly string[] = [], body = ""): string {
  return [
    "INVITE sip:bob@192.0.2.4 SIP/2.0",
    "Via: SIP/2.0/UDP server10.biloxi.example.com;branch=z9hG4bK4b43c2ff8.1",
    "Via: SIP/2.0/UDP bigbox3.site3.atlanta.example.com;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.2",
    "Max-Forwards: 69",
    "To: Bob <sip:bob@biloxi.example.com>",
    "From: Alice <sip:alice@atlanta.example.com>;tag=1928301774",
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com",
    "CSeq: 314159 INVITE",
    "Contact: <sip:alice@pc33.atlanta.example.com>",
    ...lines,
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    "",
    body,
  ].join("\r\n");
}

/** A 200 with this in it. */
export function ok(lines: readonly string[] = []): string {
  return [
    "SIP/2.0 200 OK",
    "Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds;received=192.0.2.1",
    "To: Bob <sip:bob@biloxi.example.com>;tag=a6c85cf",
    "From: Alice <sip:alice@atlanta.example.com>;tag=1928301774",
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com",
    "CSeq: 314159 INVITE",
    ...lines,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

/** The SipError that `act` throws; fails where it throws none. */
export function thrown(act: () => unknown): {
  code: string;
  status?: number;
  offset?: number;
  header?: string;
  index?: number;
} {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && error.name === "SipError") return error as never;
    throw error;
  }
  throw new Error("nothing was thrown");
}
