// Source: a message against the flow that it came in on (RFC 3261 §18.2.1, §18.3).

import type { Report } from "../finding.ts";
import type { Message } from "../parse.ts";
import type { MessageSource } from "../validate-options.ts";

/** What a peer may name that got here through something that ends its TLS. */
const ENDED: Readonly<Record<string, string>> = { TCP: "TLS", WS: "WSS" };

/** Checks the Vias and, on a stream, that the body's length is told. */
export function checkSource(message: Message, source: MessageSource, report: Report): void {
  const { protocol, reliable } = source.transport;
  const vias = report.has("Via") ? [] : (report.read("Via", () => message.headers.get("Via")) ?? []);
  for (const [index, via] of vias.entries()) {
    if (via.protocol.toUpperCase() === "SIP" && via.version === "2.0") continue;
    report.fault("Bad Via Version", "Via", index);
  }
  const named = vias[0]?.transport.toUpperCase();
  if (named !== undefined && named !== protocol && named !== ENDED[protocol]) {
    report.fault("Bad Via Transport", "Via", 0);
  }
  // A datagram and a WebSocket frame end by themselves (RFC 7118 §5).
  const stream = reliable && protocol !== "WS" && protocol !== "WSS";
  if (stream && message.announcedLength === undefined && !message.headers.has("Content-Length")) {
    report.fault("Missing Content-Length", "Content-Length", undefined, "header_missing");
  }
  // No datagram can be sent to port 0.
  if (!reliable && source.remote.port === 0) {
    report.add({ code: "no_target", status: "drop", reason: "Source Port 0" });
  }
}
