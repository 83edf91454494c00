// FlowTokens: the user part of a Record-Route or Path that names the flow which the next request is to take
// (RFC 5626 §5.2). A connection is named by its id, which cannot be guessed; a datagram flow by its address and
// a hash of it under the proxy's key: nobody else can make one, and have the proxy send where he likes.

import type { Stack } from "../stack/stack.ts";
import { type HashKey, sipHash } from "../transaction/siphash.ts";
import { formatAddress } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";

/** Makes and reads the flow tokens of one proxy. */
export class FlowTokens {
  readonly #stack: Stack;
  readonly #key: HashKey;

  constructor(stack: Stack, key: HashKey) {
    this.#stack = stack;
    this.#key = key;
  }

  /** The token of a flow: characters that a URI's user part takes unescaped. */
  of(flow: Flow): string {
    if (flow.transport.reliable) return flow.id;
    const { host, port } = flow.remote;
    const index = this.#stack.transports.indexOf(flow.transport);
    const address = `${index}.${formatAddress(host, port).replaceAll(":", "+").replaceAll(/[[\]]/g, "")}`;
    return `${address}.${sipHash(address, this.#key)}`;
  }

  /** The flow of a token; undefined where it is none of ours, or its connection is gone. */
  flow(token: string): Flow | undefined {
    const at = token.lastIndexOf(".");
    const address = token.slice(0, at);
    if (at < 0 || sipHash(address, this.#key) !== token.slice(at + 1)) return this.#stack.flow(token);
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
