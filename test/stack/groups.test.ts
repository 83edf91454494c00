// Requests to a multicast group say where their answers go: to the group (RFC 3261 §18.1.1).

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Stack } from "../../src/stack/stack.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import "../support/core.ts";

it.each([
  ["UDP", "224.0.1.75", "SIP/2.0/UDP 10.0.0.1:5060;rport;maddr=224.0.1.75;ttl=1"],
  ["UDP", "239.255.255.250", "SIP/2.0/UDP 10.0.0.1:5060;rport;maddr=239.255.255.250;ttl=1"],
  ["UDP", "223.255.255.255", "SIP/2.0/UDP 10.0.0.1:5060;rport"],
  ["UDP", "240.0.0.1", "SIP/2.0/UDP 10.0.0.1:5060;rport"],
  ["UDP", "22.4.0.1", "SIP/2.0/UDP 10.0.0.1:5060;rport"],
  ["TCP", "224.0.1.75", "SIP/2.0/TCP 10.0.0.1:5060"],
])("by %s to %s", async (protocol, host, via) => {
  const clock = new VirtualClock();
  const vias: string[] = [];
  const stack = new Stack({
    transports: [new MemoryNetwork({ clock }).transport({ protocol, host: "10.0.0.1" })],
    clock,
    core: { onRequest() {}, onResponse() {}, onError() {} },
    tap: (data) => {
      const sent = parseMessage(data).headers.first("Via");
      vias.push(String(sent?.with({ params: sent.params.without("branch") })));
    },
  });
  await stack.start();
  const request = createRequest("OPTIONS", "sip:all@example.com", { from: "<sip:a@example.com>" });
  const target = { protocol, host, port: 5060 };
  const sent = stack.send(request, { target });
  sent.final.catch(() => {});
  stack.sendStateless(request, { target });
  await clock.advanceAsync(0);
  expect(new Set(vias)).toEqual(new Set([via]));
  expect(vias).toHaveLength(2);
  await stack.close();
});
