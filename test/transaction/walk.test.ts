// A walk over every cell of the four tables, with real transactions: each is brought to each state, over either kind of
// transport, and each event happens to it there, late ones and those that never should among them. What the core hears
// and what is sent is what the row says, and no more.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import type { ClientTransaction } from "../../src/transaction/client-transaction.ts";
import { inviteClient } from "../../src/transaction/invite-client.ts";
import { inviteServer } from "../../src/transaction/invite-server.ts";
import { type Row, step, type Table, type TimerName } from "../../src/transaction/machine.ts";
import { nonInviteClient } from "../../src/transaction/non-invite-client.ts";
import { nonInviteServer } from "../../src/transaction/non-invite-server.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { answer, bench, lent, outgoing, request, requestText, tcp, udp } from "./support.ts";

type AnyTable = Table<string, string>;

/** A status for each event that is a response. */
const STATUS: Readonly<Record<string, number>> = {
  "100": 100,
  "1xx": 180,
  "101-199": 180,
  "2xx": 200,
  "200-699": 200,
  "300-699": 404,
  "408": 408,
};

const states = (table: AnyTable): string[] => Object.keys(table.cells);
const events = (table: AnyTable): string[] => Object.keys(table.cells[table.initial]!);

/** The shortest way from the initial state. */
function path(table: AnyTable, goal: string, reliable: boolean): string[] | undefined {
  const seen = new Map<string, string[]>([[table.initial, []]]);
  for (const [state, way] of seen) {
    for (const event of events(table)) {
      const { next } = step(table, state, event, reliable);
      if (!seen.has(next)) seen.set(next, [...way, event]);
    }
  }
  return seen.get(goal);
}

/** A transaction of the table's machine, and what happens to it. */
function subject(table: AnyTable, flow: Flow) {
  const one = bench();
  const method = table.name.startsWith("INVITE") ? "INVITE" : "OPTIONS";
  const error = new SipError("transport_failed", "broken");
  let canceled = 0;
  const seen = () => [
    one.sent.length,
    one.requests.length + one.responses.length,
    one.errors.length,
    canceled,
  ];
  const client = (transaction: ClientTransaction) => (event: string) => {
    if (event === "start" && transaction.state === "resolving") transaction.start(flow);
    else if (event.startsWith("timer ")) transaction.fired(event.slice(6) as TimerName, 500);
    else if (event in STATUS) transaction.dispatch(event, answer(requestText(method), STATUS[event]!));
    else transaction.dispatch(event, error);
  };
  const server = (transaction: ServerTransaction) => {
    const came = request(method);
    transaction.onCancel = () => {
      canceled++;
    };
    return (event: string) => {
      if (event.startsWith("timer ")) transaction.fired(event.slice(6) as TimerName, 500);
      else if (event in STATUS) transaction.respond(came.createResponse(STATUS[event]!));
      else if (event === "ACK" || event === "CANCEL") transaction.dispatch(event, request(event));
      else if (event === "request") transaction.dispatch(event, came);
      else transaction.dispatch(event, error);
    };
  };
  if (table.name.endsWith("client")) {
    const transaction = one.layer.createClient(outgoing(method));
    return { one, seen, transaction, happens: client(transaction) };
  }
  one.layer.receive(request(method), flow);
  const transaction = one.server();
  return { one, seen, transaction, happens: server(transaction) };
}

/** What a row makes to be sent, delivered, reported and cancelled. */
function expected({ effects }: Row<string>, kept: boolean): number[] {
  const count = (...names: string[]) => effects.filter((effect) => names.includes(effect)).length;
  // Nobody has asked for a CANCEL before, unless this row does.
  const held = effects.includes("hold") && effects.includes("cancel held") ? 1 : 0;
  return [
    count("send", "send 100", "ack", "cancel") + held + (kept ? count("resend") : 0),
    count("deliver"),
    count("timeout", "transport", "fail"),
    count("canceled"),
  ];
}

const cells = [inviteClient, nonInviteClient, inviteServer, nonInviteServer].flatMap((table: AnyTable) =>
  Object.entries({ reliable: tcp, unreliable: udp, "with answers lent": lent }).flatMap(([over, flow]) =>
    states(table).flatMap((state) => {
      const way = path(table, state, flow.transport.reliable);
      return way === undefined ? [] : [{ name: table.name, table, over, flow, state, way }];
    }),
  ),
);

describe.each(cells)("$name, $over, $state", ({ table, flow, state, way }) => {
  const { reliable } = flow.transport;
  it.each(events(table))("%s", (event) => {
    const { one, seen, transaction, happens } = subject(table, flow);
    let at = table.initial;
    let kept = false;
    for (const each of way) {
      const row = step(table, at, each, reliable);
      happens(each);
      if (row.effects.some((effect) => ["send", "send 100", "ack"].includes(effect))) kept = true;
      if (row.effects.includes("forget")) kept = false;
      at = row.next;
    }
    expect(transaction.state).toBe(state);

    const row = step(table, state, event, reliable);
    const before = seen();
    if (row.effects.includes("refuse")) {
      expect(() => happens(event)).toThrow(expect.objectContaining({ code: "transaction_state" }));
    } else happens(event);
    expect(transaction.state).toBe(row.next);
    expect(seen().map((now, i) => now - before[i]!)).toEqual(expected(row, kept));

    // It is in the layer as long as it lives, and leaves no timer there.
    const { client, server } = one.layer.counts;
    if (row.next === "terminated" && !way.includes("cancel")) {
      expect(one.layer.client(transaction.key) ?? one.layer.server(transaction.key)).toBeUndefined();
    } else expect(client + server).toBeGreaterThan(0);
    one.layer.close();
  });
});
