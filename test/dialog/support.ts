// What the dialog tests share: phones with a user agent, and calls between them in a line or two.

import { expect } from "vitest";
import type { IncomingInvite } from "../../src/dialog/incoming-invite.ts";
import type {
  IncomingInviteHandlers,
  InviteHandlers,
  InviteOptions,
} from "../../src/dialog/invite-options.ts";
import type { OutgoingInvite } from "../../src/dialog/outgoing-invite.ts";
import type { Session, SessionOptions } from "../../src/dialog/session.ts";
import { UserAgent } from "../../src/dialog/user-agent.ts";
import type { UserAgentOptions, UserAgentRequest } from "../../src/dialog/user-agent-options.ts";
import type { Request } from "../../src/message/request.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { MemoryNetwork } from "../../src/transport/memory.ts";
import type { Flow } from "../../src/transport/transport.ts";
import type { Phone, SipWorld } from "../support/sip-world.ts";

/** What an agent does with an INVITE. */
export type OnInvite = (call: IncomingInvite, agent: Agent) => void;

/** A phone with a user agent, which writes down what happens to its sessions. */
export class Agent {
  readonly phone: Phone;
  readonly ua: UserAgent;
  /** What its calls were told, in order. */
  readonly log: string[] = [];
  readonly thrown: unknown[] = [];
  calls: IncomingInvite[] = [];
  sessions: Session[] = [];
  handlers: IncomingInviteHandlers = {};
  options: SessionOptions = {};
  /** Answers a request before the user agent sees it; false lets it through. */
  guard: (request: Request, transaction: ServerTransaction | undefined) => boolean | Promise<boolean> = () =>
    false;
  onInvite: OnInvite = (call, agent) => void agent.sessions.push(call.accept({ body: "answer" }));
  onOther: (request: Request, transaction: ServerTransaction) => void = (_request, transaction) =>
    transaction.respond(405);

  constructor(phone: Phone, ua: UserAgent) {
    this.phone = phone;
    this.ua = ua;
  }

  get uri(): string {
    return this.phone.uri;
  }

  /** Handlers that write down how a session ends. */
  logged<H extends object>(handlers: H): H & { onEnd(end: { reason: string }): void } {
    return { ...handlers, onEnd: ({ reason }) => void this.log.push(reason) };
  }

  init(init: Partial<UserAgentRequest> = {}): UserAgentRequest {
    return { from: `<sip:${this.phone.name}@example.com>`, ...init };
  }

  invite(
    to: Agent | string,
    init: Partial<UserAgentRequest> = { body: "offer" },
    handlers: InviteHandlers = {},
    options: InviteOptions = {},
  ): OutgoingInvite {
    const uri = typeof to === "string" ? to : to.uri;
    return this.ua.invite(uri, this.init(init), this.logged(handlers), options);
  }
}

/** Transports of agents that are not clients like any other: behind a NAT all have the same address. */
const SPECIAL: Record<string, Parameters<MemoryNetwork["transport"]>[0]> = {
  "WS server": { protocol: "WS", port: 80 },
  "UDP behind NAT": { sentBy: "192.168.1.7:5060" },
};

/** A started agent. */
export async function agent(
  world: SipWorld,
  name: string,
  protocol = "UDP",
  options: Partial<UserAgentOptions> = {},
): Promise<Agent> {
  const made: { agent?: Agent } = {};
  const transports = SPECIAL[protocol];
  const own = transports && { transports: [world.network.transport(transports)] };
  const phone = await world.phone(name, protocol, own, {
    async onRequest(request, transaction) {
      const it = made.agent as Agent;
      const guarded = it.guard(request, transaction);
      if (guarded === true || (guarded !== false && (await guarded))) return;
      if (it.ua.receive(request, transaction) || !transaction) return;
      if (request.method !== "INVITE") return it.onOther(request, transaction);
      const handlers = it.logged({ onCancel: () => void it.log.push("cancel"), ...it.handlers });
      const call = it.ua.incoming(request, transaction, handlers, it.options);
      it.calls.push(call);
      it.onInvite(call, it);
    },
    onResponse: (response) => void made.agent?.ua.receiveResponse(response),
  });
  const ua = new UserAgent({
    stack: phone.stack,
    clock: world.clock,
    user: name,
    onError: (error) => void made.agent?.thrown.push(error),
    ...options,
  });
  made.agent = new Agent(phone, ua);
  world.afterwards(() => {
    expect(ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
    if (!options.onError) expect(made.agent?.thrown).toEqual([]);
  });
  return made.agent;
}

/** A call that stands. */
export interface Call {
  readonly alice: Agent;
  readonly bob: Agent;
  /** Alice's side. */
  readonly a: Session;
  /** Bob's side. */
  readonly b: Session;
}

/** Alice has called Bob, and he has answered. */
export async function connect(
  world: SipWorld,
  handlers: { alice?: InviteHandlers; bob?: IncomingInviteHandlers } = {},
  options: { alice?: InviteOptions; bob?: SessionOptions } = {},
  agents?: readonly [Agent, Agent],
): Promise<Call> {
  const [alice, bob] = agents ?? [await agent(world, "alice"), await agent(world, "bob")];
  bob.handlers = handlers.bob ?? {};
  bob.options = options.bob ?? {};
  const invite = alice.invite(bob, { body: "offer" }, handlers.alice, options.alice);
  await world.pass(100);
  const a = await invite.session;
  return { alice, bob, a, b: bob.sessions.at(-1)! };
}

/** The flow that a phone's last request came in on. */
export const flowOf = (phone: Phone): Flow => phone.requests.at(-1)!.flow!;
