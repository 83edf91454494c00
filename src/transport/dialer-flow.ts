// DialerFlow: the flow of one connection of a WebSocket client.

import type { Address, Flow, Transport } from "./transport.ts";

export class DialerFlow implements Flow {
  readonly transport: Transport;
  readonly id: string;
  /** That of the server that is tried, or that took the connection. */
  remote: Address;
  open: boolean = true;
  /** False while nobody has it: its end is then nobody's business. */
  known: boolean = false;

  constructor(transport: Transport, id: string, remote: Address) {
    this.transport = transport;
    this.id = id;
    this.remote = remote;
  }

  get local(): Address {
    return this.transport.local;
  }
}
