// Transport and Flow: the contract between the stack and whatever carries bytes. UDP, TCP, TLS, WebSocket
// and the in-memory network implement it; a user's own transport implements nothing else.

import type { SipError } from "../errors.ts";
import type { Message } from "../message/parse.ts";
import type { Answers, AnswersHost } from "./answers.ts";

/** One end of a flow. */
export interface Address {
  /** An IP address without brackets, or a host name such as a WebSocket client's `.invalid` one. */
  readonly host: string;
  /** 1 to 65535; 0 for what has none, a WebSocket client. */
  readonly port: number;
}

/** Where a message is to go, before there is a flow: the next hop's transport, host and port. */
export interface Target extends Address {
  /** The transport's name as in Via, upper case: "UDP", "TCP", "TLS", "WS", "WSS". */
  readonly protocol: string;
  /**
   * The domain that was looked for, where `host` is an address that was found by it: TLS asks the peer's
   * certificate for it (RFC 5922 §4, §7.2). Where there is none, `host` takes its place.
   */
  readonly domain?: string;
}

/**
 * A flow: the path that a message came in on or goes out by (RFC 5626 §2). Two flows are the same if
 * they are the same object. A response goes back on the flow of its request; a peer behind NAT, or
 * one that calls itself `.invalid`, is reached by keeping its flow.
 */
export interface Flow {
  /** The transport that it belongs to. */
  readonly transport: Transport;
  /**
   * Names the flow within its transport. A connection's id is random and unguessable, so that it can
   * serve as a token in a Record-Route or Path (RFC 5626 §5.3); a datagram flow's is its remote address.
   */
  readonly id: string;
  /** Our end. */
  readonly local: Address;
  /** The peer's end. */
  readonly remote: Address;
  /** False once the flow's connection is gone. A datagram flow is always open. */
  readonly open: boolean;
  /**
   * Of a connection that was opened from here: the domain that it was opened for, or the host. It can be opened again. Not
   * there for one that the peer has opened, and where there is none.
   */
  readonly domain?: string | undefined;
}

/** What a transport tells its stack. The stack implements it; the calls never throw. */
export interface TransportReceiver {
  /**
   * One message came in: a datagram, a frame of a stream, or a WebSocket frame. `data` is read before
   * the call returns, and not kept: the transport may use its buffer again. A string is a text frame.
   */
  onMessage(data: Uint8Array | string, flow: Flow): void;
  /**
   * A stream cannot be read on, and its flow is about to be closed (RFC 3261 §18.3). `head` is the head that
   * says so, where there is one: if it is a request's, `error.status` answers it, on this flow, before the
   * call returns.
   */
  onFault?(error: SipError, head: Uint8Array | undefined, flow: Flow): void;
  /**
   * A flow is gone (closed, reset, timed out); what waited on it is told. A datagram flow never is, but this
   * may say with an error that its peer cannot be reached (ICMP, RFC 3261 §18.4); it may be sent on again.
   */
  onFlowClosed(flow: Flow, error: SipError | undefined): void;
  /** A fault of the transport as a whole, or one that no send asked to hear of. */
  onError(error: SipError): void;
}

/** Told when a send could not be done. Called at most once, never within the send itself. */
export type SendFailed = (error: SipError) => void;

/** Carries messages. The stack calls start once, then flow and send, then close once. */
export interface Transport {
  /** The name that goes into Via and that `transport=` asks for, upper case. */
  readonly protocol: string;
  /** True where the transport itself retransmits (TCP, TLS, WS): the transaction timers depend on it. */
  readonly reliable: boolean;
  /** True where the transport encrypts (TLS, WSS), as `sips:` demands. */
  readonly secure: boolean;
  /** True where one send carries one message with its end (UDP, WS); false for byte streams. */
  readonly framed: boolean;
  /** The bound address; its port is the real one after start, where 0 was asked for. */
  readonly local: Address;
  /** What this transport writes into the sent-by of its Via (RFC 3261 §18.1.1), as text: `host:port` or `x.invalid`. */
  readonly sentBy: string;
  /** What this transport has counted, by name, since its start; `connections` is how many are open now. A copy. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Opens what it listens on, or connects. Rejects with a SipError (`address_in_use`, `transport_failed`). */
  start(receiver: TransportReceiver): Promise<void>;
  /**
   * The flow to an address: an open one where there is one, else a new one, which may still be
   * connecting; what is sent on it meanwhile waits. Undefined where this transport cannot reach
   * that address (a WebSocket server does not call its clients).
   */
  flow(remote: Address & Pick<Target, "domain">): Flow | undefined;
  /** The open flow of that id, if any. */
  flowById(id: string): Flow | undefined;
  /**
   * Sends one message. `data` belongs to the transport from here on: the caller never writes to it
   * again, and may pass the same bytes for a retransmission; those of the transport's own `answers` are written to when
   * they are over and it waits to send nothing. Failure is told to `failed`, later.
   */
  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void;
  /**
   * The flow for responses to what came in on `flow`, which a request or response says in its topmost Via: over UDP the
   * sent-by's port, or `maddr` (RFC 3261 §18.2.2). Not there where it is always the same flow.
   */
  responseFlow?: ((flow: Flow, message: Message) => Flow) | undefined;
  /**
   * The peer of a connection asked that requests to it take that connection too: `alias` in the topmost Via of
   * a request, whose sent-by has that port (RFC 5923). Not there where the transport does not do that.
   */
  alias?: ((flow: Flow, port: number) => void) | undefined;
  /**
   * Asks the peer of a datagram flow by STUN where it sees us (RFC 5626 §4.4.2, RFC 8489): it keeps NATs on the way open,
   * and tells of an address that has changed. Not there where a transport has no STUN.
   *
   * @returns our address, as the peer sees it. Rejects with a SipError: `timeout` where nobody answers in 39.5 seconds,
   *   `refused` for an error response, `transport_failed` for an answer without an address, `overloaded`, `closed`
   */
  probe?: ((flow: Flow) => Promise<Address>) | undefined;
  /**
   * Pings the peer of a connection, which is closed where nothing has come of it ten seconds later (RFC 5626 §4.4.1): for
   * peers that have said that they answer pings, or owe an answer. Not there where a transport does not do that.
   */
  ping?: ((flow: Flow) => void) | undefined;
  /**
   * Lends a stack room for answers that are sent again when their request comes again, as it may where `reliable` is
   * false. Not there where a transport has none: the stack keeps them itself.
   *
   * @internal
   */
  answers?: ((host: AnswersHost) => Answers) | undefined;
  /** Closes sockets and connections, and stops every timer; resolves when they are gone. */
  close(): Promise<void>;
}
