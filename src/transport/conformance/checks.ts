// Checks: what every transport must do. No test framework: a check that fails throws an Error that says why.

import { SipError } from "../../errors.ts";
import type { Flow } from "../transport.ts";
import { exchange, framed, must, type Pair, same, started } from "./pair.ts";
import { decode, encode, message, type Recorder } from "./recorder.ts";

/** One promise of the contract. */
interface Check {
  readonly name: string;
  run(pair: Pair): Promise<void>;
}

/** Every promise of the contract, each for a fresh pair. */
export const checks: readonly Check[] = [
  {
    name: "describes itself as Via wants it",
    async run(pair) {
      const { caller, callee } = await started(pair);
      for (const { protocol, sentBy, reliable, secure, framed } of [caller, callee]) {
        same(protocol, protocol.toUpperCase(), "protocol");
        must(
          /^[\w.-]+(:\d+)?$|^\[[0-9a-fA-F:.]+\](:\d+)?$/.test(sentBy),
          `sent-by is not host or host:port: ${sentBy}`,
        );
        must(
          [reliable, secure, framed].every((flag) => typeof flag === "boolean"),
          "flags are booleans",
        );
      }
      must(callee.local.port > 0, "the port is the real one after start");
    },
  },
  {
    name: "carries a message, octet for octet, and says on which flow",
    async run(pair) {
      const { called, callee, back } = await exchange(pair);
      same(called.texts[0], decode(message("first")), "message");
      same(back.transport, callee, "the flow's transport");
      same(back.open, true, "flow open");
      must(back.remote.port > 0, "the flow knows the remote port");
    },
  },
  {
    name: "brings an answer back on the flow of the question",
    async run(pair) {
      const { back, send, settle, calling, flow } = await exchange(pair);
      send(message("answer"), back);
      await settle();
      same(calling.texts[0], decode(message("answer")), "answer");
      same(calling.messages[0]?.flow, flow, "the answer's flow is the question's");
    },
  },
  {
    name: "gives the same flow object for the same remote",
    async run(pair) {
      const { back, send, settle, called, caller, callee, flow, address } = await exchange(pair);
      send(message("second"));
      await settle();
      same(called.messages[1]?.flow, back, "flow of the second message");
      same(caller.flow(address), flow, "flow to the same address");
      same(callee.flow(back.remote), back, "flow to the peer's address");
    },
  },
  {
    name: "finds a flow by its id, and none by another",
    async run(pair) {
      const { back, callee, caller, flow } = await exchange(pair);
      same(callee.flowById(back.id), back, "callee's flow by id");
      same(caller.flowById(flow.id), flow, "caller's flow by id");
      same(callee.flowById("no-such-flow"), undefined, "flow by unknown id");
    },
  },
  {
    name: "carries fifty messages in a row",
    async run(pair) {
      const { send, settle, called, calling, callee } = await started(pair);
      const names = Array.from({ length: 50 }, (_, i) => `m${i}`);
      const failures = names.map((name) => send(message(name)));
      await settle();
      const expected = names.map((name) => decode(message(name)));
      // Each by itself, however they were cut on the way.
      if (callee.reliable) same(called.texts.join("|"), expected.join("|"), "messages in order");
      // Datagrams may overtake one another.
      else same(called.texts.sort().join("|"), expected.sort().join("|"), "messages, sorted");
      same(failures.flat().length, 0, "calls of failed");
      same(called.errors.length + calling.errors.length, 0, "calls of onError");
    },
  },
  {
    name: "carries UTF-8 and binary alike",
    async run(pair) {
      const { send, settle, called } = await started(pair);
      const noise = Uint8Array.from({ length: 600 }, (_, i) => (i * 37 + 0x80) & 255);
      const text = framed(pair.callee, "MESSAGE sip:ü SIP/2.0", encode("\ufeffžluťoučký 🐎 \u0000"));
      // A frame may be anything; a stream has to be told where a message ends.
      const binary = pair.callee.framed ? noise : framed(pair.callee, "MESSAGE sip:a SIP/2.0", noise);
      send(text);
      await settle();
      send(binary);
      await settle();
      same(called.bytes[0]?.join(), text.join(), "text");
      same(called.bytes[1]?.join(), binary.join(), "octets that are not UTF-8");
    },
  },
  {
    name: "sends the same octets again for a retransmission",
    async run(pair) {
      const { send, settle, called } = await started(pair);
      const data = message("again");
      send(data);
      send(data);
      await settle();
      send(data);
      await settle();
      same(called.texts.length, 3, "copies");
      same(new Set(called.texts).size, 1, "different copies");
    },
  },
  {
    name: "lets a receiver send from within onMessage",
    async run(pair) {
      const all = await started(pair);
      all.called.onArrival = (flow) => {
        all.called.onArrival = undefined;
        all.send(message("echo"), flow);
      };
      all.send(message("call"));
      await all.settle();
      same(all.calling.texts.length, 1, "echoes");
    },
  },
  {
    name: "survives a receiver that throws",
    async run(pair) {
      const { called, send, settle } = await started(pair);
      called.onArrival = () => {
        throw new Error("thrown by the receiver");
      };
      send(message("one"));
      await settle();
      called.onArrival = undefined;
      send(message("two"));
      await settle();
      same(called.texts.length, 2, "messages");
      same(called.errors[0]?.code, "core_failed", "what onError was told");
    },
  },
  {
    name: "keeps keep-alives from the stack",
    async run(pair) {
      const { send, settle, called, calling, back } = await exchange(pair);
      for (const text of ["\r\n\r\n", "\r\n", "\r\n\r\n\r\n"]) {
        send(encode(text));
        send(encode(text), back);
      }
      send(message("after"));
      await settle();
      same(called.texts.length, 2, "messages at the callee");
      same(calling.texts.length, 0, "messages at the caller");
    },
  },
  {
    name: "tells a send after close that it failed, later and once",
    async run(pair) {
      const { caller, send, settle, flow } = await exchange(pair);
      await caller.close();
      const failures = send(message("late"));
      await settle();
      same(failures.length, 1, "calls of failed");
      must(failures[0] instanceof SipError, "failed is given a SipError");
      same(failures[0]?.code, "closed", "its code");
      same(caller.flowById(flow.id), undefined, "flow by id after close");
    },
  },
  {
    name: "tells both ends of a connection when it is closed, once",
    async run(pair) {
      const { caller, callee, calling, called, settle, send, flow, back } = await exchange(pair);
      if (!callee.reliable) return;
      await callee.close();
      await settle();
      toldOfEnd(called, back, calling, flow);
      const failures = send(message("late"));
      await settle();
      same(failures.length, 1, "calls of failed, on the closed flow");
      same(failures[0]?.code, "connection_closed", "a send on the closed flow");
      await caller.close();
    },
  },
  {
    name: "tells both ends of a connection when its caller closes, once",
    async run(pair) {
      const { caller, callee, calling, called, settle, send, flow, back } = await exchange(pair);
      if (!callee.reliable) return;
      await caller.close();
      await settle();
      toldOfEnd(calling, flow, called, back);
      same(callee.flowById(back.id), undefined, "flow by the id of one that is closed");
      const failures = send(message("late"), back);
      await settle();
      same(failures.length, 1, "calls of failed, on the closed flow");
      same(failures[0]?.code, "connection_closed", "a send on the closed flow");
    },
  },
  {
    name: "closes completely, twice if asked",
    async run(pair) {
      const { caller, callee, calling, called, settle, send } = await exchange(pair);
      send(message("on its way"));
      await Promise.all([caller.close(), callee.close(), caller.close()]);
      const counts = [calling.messages.length, called.messages.length];
      const told = [calling.closed.length, called.closed.length];
      await settle();
      same([calling.messages.length, called.messages.length].join(), counts.join(), "messages after close");
      same([calling.closed.length, called.closed.length].join(), told.join(), "closed flows after close");
      same(pair.timers(), 0, "timers");
    },
  },
];

/** One end has closed a connection: it hears of that without an error, and the other end why. */
function toldOfEnd(closing: Recorder, own: Flow, other: Recorder, its: Flow): void {
  same(closing.closed.length, 1, "closed flows of the end that closed");
  same(closing.closed[0]?.flow, own, "the flow that the end closed");
  same(closing.closed[0]?.error, undefined, "its own close is no error");
  same(other.closed.length, 1, "closed flows of the other end");
  same(other.closed[0]?.flow, its, "the flow that was closed");
  same(other.closed[0]?.error?.code, "connection_closed", "why");
  same(own.open, false, "open");
  same(its.open, false, "open at the other end");
}
