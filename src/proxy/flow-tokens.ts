// FlowTokens: the user part of a Record-Route or Path that names the flow which the next request is to take
// (RFC 5626 §5.2). A connection is named by its id, which cannot be guessed; a datagram flow by its address and
// a hash of it under the proxy's key: nobody else can make one, and have the proxy send where he likes.

import { sameText } from "../same-text.ts";
import type { Stack } from "../stack/stack.ts";
import { type HashKey, sipHash } from "../transaction/siphash.ts";
import { formatAddress } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";

/** Ends the token of a connection whose peer can be called when it is gone. */
const CALLABLE = "~";

/** Makes and reads the flow tokens of one proxy. */
export class FlowTokens {
  readonly #stack: Stack;
  readonly #key: HashKey;

  constructor(stack: Stack, key: HashKey) {
    this.#stack = stack;
    this.#key = key;
  }

  /** The token of a flow: characters that a URI's user part takes unescaped. @param callable whether its peer can be called, too */
  of(flow: Flow, callable: boolean = false): string {
    if (flow.transport.reliable) return callable ? flow.id + CALLABLE : flow.id;
    const { host, port } = flow.remote;
    const index = this.#stack.transports.indexOf(flow.transport);
    const address = `${index}.${formatAddress(host, port).replaceAll(":", "+").replaceAll(/[[\]]/g, "")}`;
    return `${address}.${sipHash(address, this.#key)}`;
  }

  /** Whether a token is that of this flow. */
  isOf(token: string, flow: Flow): boolean {
    return token === this.of(flow) || token === this.of(flow, true);
  }

  /** Whether the peer of a token's connection can be called where that is gone. */
  isCallable(token: string): boolean {
    return token.endsWith(CALLABLE);
  }

  /** The flow of a token; undefined where it is none of ours, or its connection is gone. */
  flow(given: string): Flow | undefined {
    const token = this.isCallable(given) ? given.slice(0, -CALLABLE.length) : given;
    const at = token.lastIndexOf(".");
    const address = token.slice(0, at);
    const isOurs = at >= 0 && sameText(sipHash(address, this.#key), token.slice(at + 1));
    if (!isOurs) return this.#stack.flow(token);
    const [index, ...rest] = address.split(".");
    const text = rest.join(".");
    const port = text.lastIndexOf("+");
    const transport = this.#stack.transports[Number(index)];
    if (transport?.reliable !== false) return undefined;
    return transport.flow({
      host: text.slice(0, port).replaceAll("+", ":"),
      port: Number(text.slice(port + 1)),
    });
  }
}
