// SecureNode: a node on TLS that answers whatever it is asked, for one test.

import { createRequest } from "sippet";
import { tls } from "sippet/node";
import { expect } from "vitest";
import { Node } from "./node.mjs";

export const HOST = "127.0.0.1";
export const DOMAIN = "office.test";

export class SecureNode extends Node {
  constructor(options) {
    super({
      transports: [tls({ host: HOST, port: 0, ...options })],
      aliases: [DOMAIN],
    });
  }

  get counts() {
    return this.stack.transports[0].counts;
  }

  request(_request, transaction) {
    transaction.respond(200);
  }

  error(error, transaction) {
    // Its peers are ended.
    if (error.code !== "connection_closed") super.error(error, transaction);
  }

  /** Asks a port, which has to be a domain's. */
  ask(port, domain = DOMAIN) {
    const request = createRequest("OPTIONS", `sips:${domain}`, { from: "<sips:us@here.test>" });
    return this.stack.send(request, { target: { protocol: "TLS", host: HOST, port, domain } }).final;
  }

  static async with(options, run) {
    const node = await new SecureNode(options).start();
    try {
      await run(node);
      expect(node.faults).toEqual([]);
      expect(await node.drain()).toEqual({});
      expect(node.counts.connections).toBe(0);
    } finally {
      await node.stack.close();
    }
  }
}

/** A request, as octets. */
export function requestOctets() {
  const branch = `z9hG4bK${crypto.randomUUID()}`;
  return [
    `OPTIONS sip:${DOMAIN} SIP/2.0`,
    `Via: SIP/2.0/TLS ${HOST}:9;branch=${branch}`,
    `From: <sip:a@b.test>;tag=1\r\nTo: <sip:${DOMAIN}>\r\nCall-ID: ${branch}\r\nCSeq: 1 OPTIONS`,
    `Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
  ].join("\r\n");
}
