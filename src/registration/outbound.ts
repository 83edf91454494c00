// OutboundRegistration: one client that registers over several flows, so that the loss of one of them costs no call
// (RFC 5626 §4.2): one Registration each, with an instance in common and a reg-id of its own.

import { need } from "../demands.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { SendOptions } from "../stack/options.ts";
import type { Flow } from "../transport/transport.ts";
import type { Gruus } from "./granted.ts";
import type { RegistrationOptions, RegistrationState } from "./options.ts";
import { Registration } from "./registration.ts";

/** What an outbound registration is made of. */
export interface OutboundOptions extends Omit<RegistrationOptions, "instance" | "regId" | "send" | "follow"> {
  /** A URN that names this client for good: `urn:uuid:…` (RFC 5626 §4.1). */
  readonly instance: string;
  /** The outbound proxy set: where REGISTERs go, a flow each, the first with reg-id 1 (RFC 5626 §4.2). */
  readonly flows: readonly Pick<SendOptions, "target" | "flow">[];
}

/** One Contact, kept bound over several flows; it begins at once. */
export class OutboundRegistration {
  /** One for each flow, in their order. */
  readonly registrations: readonly Registration[];

  /** @throws SipError as Registration */
  constructor(options: OutboundOptions) {
    need("OutboundRegistration", options, "stack", "flows");
    const { flows, ...common } = options;
    const made: Registration[] = [];
    for (const [index, send] of flows.entries()) {
      let cseq = 0;
      // RFC 5626 §4.2.1: each has a Call-ID of its own. Temporary GRUUs hold as long as a flow keeps it (RFC 5627 §4.1).
      const siblings = {
        callId: options.stack.random.callId(),
        next: () => ++cseq,
        othersStand: () => made.some(({ state }, other) => other !== index && state === "registered"),
      };
      const own: RegistrationOptions = {
        ...common,
        regId: index + 1,
        send,
        onRegistered: (response) => options.onRegistered?.(response),
        onFailed: (cause, retry) => options.onFailed?.(cause, retry),
      };
      made.push(new Registration(own, siblings));
    }
    this.registrations = made;
  }

  /** `registered` where one of the flows is: the client can be reached. */
  get state(): RegistrationState {
    const states = this.registrations.map(({ state }) => state);
    return (
      (["registered", "registering", "failed", "unregistering"] as const).find((each) =>
        states.includes(each),
      ) ?? "ended"
    );
  }

  /** As of the first flow that is registered; see Registration. */
  get gruus(): Gruus {
    return this.#standing?.gruus ?? {};
  }

  /** As of the first flow that is registered; see Registration. */
  get serviceRoute(): readonly NameAddr[] {
    return this.#standing?.serviceRoute ?? [];
  }

  get #standing(): Registration | undefined {
    return this.registrations.find(({ state }) => state === "registered");
  }

  /** Registers all flows now. */
  refresh(): void {
    for (const each of this.registrations) each.refresh();
  }

  /** As Registration. */
  flowClosed(flow: Flow): void {
    for (const each of this.registrations) each.flowClosed(flow);
  }

  /** Takes all bindings back, and ends. */
  async unregister(): Promise<void> {
    await Promise.all(this.registrations.map((each) => each.unregister()));
  }

  /** Ends without a word. */
  close(): void {
    for (const each of this.registrations) each.close();
  }
}
