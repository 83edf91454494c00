// Packet: what the watch needs to know of a message on the wire, read without the library's own parser.

export interface Packet {
  /** The method of a request, "SIP/2.0" for a response. */
  readonly start: string;
  readonly status: number | undefined;
  /** The method of CSeq. */
  readonly method: string;
  readonly branch: string;
  /** The key of the server transaction that it belongs to (see key.ts). */
  readonly serverKey: string;
  readonly vias: number;
}

export function readPacket(text: string): Packet {
  const start = text.slice(0, text.indexOf(" "));
  const method = /^CSeq: *\d+ (\w+)/m.exec(text)?.[1] ?? "";
  const via = /^Via: SIP\/2.0\/\w+ ([^;\r]+)(.*)$/m.exec(text);
  const branch = /;branch=([^;\r]+)/.exec(via?.[2] ?? "")?.[1] ?? "";
  const [host = "", port = "5060"] = (via?.[1] ?? "").split(":");
  const owner = method === "ACK" ? "INVITE" : method;
  return {
    start,
    status: start === "SIP/2.0" ? Number(text.slice(8, 11)) : undefined,
    method,
    branch,
    serverKey: `${branch}|${owner}|${host}:${port}`,
    vias: text.match(/^Via:/gm)?.length ?? 0,
  };
}
