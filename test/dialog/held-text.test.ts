// What a dialog holds of the messages that made it: what it needs of them, and not all of their text.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { UserAgent } from "../../src/dialog/user-agent.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Stack } from "../../src/stack/stack.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import { BEFORE, growth, TIMES } from "../support/memory.ts";

const octets = (text: string) => new TextEncoder().encode(text.replaceAll("\n", "\r\n"));

/** A user agent that takes whatever comes, and a peer, of whom nothing is kept. */
async function world() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, traceLimit: 1 });
  const [here, there] = ["10.0.0.1", "10.0.0.2"].map((host) => network.transport({ host }));
  const held: unknown[] = [];
  const stack: Stack = new Stack({
    clock,
    transports: [here!],
    core: {
      onRequest(request, transaction) {
        if (ua.receive(request, transaction) || !transaction) return;
        held.push(
          request.method === "INVITE"
            ? ua.incoming(request, transaction).accept({ body: "answer" })
            : ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) }),
        );
      },
      onResponse() {},
      onError() {},
    },
  });
  const ua = new UserAgent({ stack });
  await stack.start();
  let number = 100;
  const tell = (method: string, to: string, fields: string, body: string): void => {
    const text = `${method} sip:bob@10.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK${method}${number}
From: <sip:user-number-${number}@example.com>;tag=a-tag-of-theirs-${number}
To: ${to}
Call-ID: a-call-id-of-a-dialog-${number}
CSeq: 1 ${method}
Contact: <sip:user-number-${number}@10.0.0.2>
Event: a-package-of-events;id=${number}
Max-Forwards: 70
${fields}Content-Length: ${body.length}

`;
    const flow = there!.flow({ host: "10.0.0.1", port: 5060 })!;
    there!.send(octets(text + body), flow, () => {});
  };
  await there!.start({
    onMessage(data, flow) {
      const message = parseMessage(data);
      if (message.kind === "request") there!.send(message.createResponse(200).toBytes(), flow, () => {});
      else if (message.headers.get("CSeq")?.method === "INVITE")
        tell("ACK", `${message.headers.get("To")}`, "", "");
    },
    onFlowClosed() {},
    onError() {},
  });
  /** A dialog that stands, and whose transactions are over. */
  const begin = async (method: string, fields: string, body: string): Promise<void> => {
    number++;
    tell(method, "<sip:bob@example.com>", fields, body);
    await clock.advanceAsync(40_000);
    expect(stack.stats.transactions).toMatchObject({ client: 0, server: 0 });
  };
  const end = async (): Promise<void> => {
    expect([held.length, ua.stats.dialogs]).toEqual([BEFORE + TIMES, BEFORE + TIMES]);
    ua.close();
    await stack.close();
    await there!.close();
  };
  return { begin, end };
}

describe.each(["INVITE", "SUBSCRIBE"])("a dialog that an %s has begun", (method) => {
  it("holds on to no body", async () => {
    const { begin, end } = await world();
    expect(await growth(() => begin(method, "", "x".repeat(60_000)))).toBeLessThan(TIMES * 30_000);
    await end();
  });

  it("holds the way as text: hundreds of Record-Routes take no more than some times their length", async () => {
    const { begin, end } = await world();
    const routes = new Array<string>(200).fill("<sip:10.0.0.2;lr>").join(",");
    const grown = await growth(() => begin(method, `Record-Route: ${routes}\n`, ""));
    expect(grown).toBeLessThan(TIMES * 6 * routes.length);
    await end();
  });
});
