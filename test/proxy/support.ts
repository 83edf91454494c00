// What the proxy tests share: a world with a proxy in it.

import { expect } from "vitest";
import type { SipError } from "../../src/errors.ts";
import type { Response } from "../../src/message/response.ts";
import type { ForwardOptions, Locate, ProxyOptions, Targets } from "../../src/proxy/options.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import type { Phone, SipWorld } from "../support/sip-world.ts";

/** Record-Routes without the marks of their dialogs. */
export function unmarked(routes: readonly unknown[] = []): string[] {
  return routes.map((route) => String(route).replace(/;mark=[\da-f]{16}>$/, ">"));
}

/** A proxy, its stack, and what it forwarded. */
export interface Proxied {
  readonly phone: Phone;
  readonly proxy: SipProxy;
  readonly finals: (number | undefined)[];
  readonly failed: unknown[];
  /** What the core's onError heard: that its code threw, among others. */
  readonly errors: SipError[];
  /** Of each request, whether the proxy had recorded the Route that it came by. */
  readonly recorded: boolean[];
  targets: Targets | Locate | undefined;
  forward: ForwardOptions;
}

/** A started proxy on these transports, UDP unless told otherwise, or on those of `stack`. */
export async function proxied(
  world: SipWorld,
  options: Partial<ProxyOptions> = {},
  protocols: readonly string[] = ["UDP"],
  stack: Partial<StackOptions> = {},
): Promise<Proxied> {
  const transports = protocols.map((protocol) =>
    world.network.transport({ protocol, host: "10.9.0.1", ...(protocol === "WS" ? { port: 80 } : {}) }),
  );
  const made: { -readonly [K in keyof Proxied]?: Proxied[K] } = {
    finals: [],
    failed: [],
    errors: [],
    recorded: [],
    forward: {},
  };
  const phone = await world.phone(
    "proxy",
    "UDP",
    { transports, ...stack },
    {
      async onRequest(request, transaction) {
        const { proxy, targets, forward, finals, failed, recorded } = made as Proxied;
        recorded.push(proxy.hasRecorded(request));
        try {
          const final: Response | undefined = await proxy.forward(request, transaction, targets, forward);
          if (transaction) finals.push(final?.status);
        } catch (error) {
          failed.push(error);
          throw error;
        }
      },
      onError(error, transaction) {
        made.errors?.push(error);
        if (transaction?.kind === "server") made.proxy?.cancel(transaction);
      },
    },
  );
  made.phone = phone;
  made.proxy = new SipProxy({ stack: phone.stack, clock: world.clock, secret: "for the tests", ...options });
  world.afterwards(() => expect(made.proxy?.stats.live).toBe(0));
  return made as Proxied;
}
