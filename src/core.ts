// The entry without a core: bring your own module (init, initSync). Also the one list of all that is
// isomorphic; index.ts and js.ts add a core to it and nothing else.

export { type Clock, systemClock, type TimerHandle, VirtualClock } from "./clock.ts";
export { type CoreModule, init, initSync } from "./core/init.ts";
export type { ParseFailure, ParseLimits } from "./core/parse.ts";
export { type ErrorCode, SipError, type SipErrorDetails } from "./errors.ts";
export { Challenge, Credentials } from "./message/auth.ts";
export { createAck } from "./message/create-ack.ts";
export { createRequest, type HeadersInit, type RequestInit } from "./message/create-request.ts";
export { CSeq } from "./message/cseq.ts";
export { type DefinedValue, defineHeader, type HeaderDefinition } from "./message/define-header.ts";
export { DialogId } from "./message/dialog-id.ts";
// CompactForms, HeaderInput, HeaderItem, HeaderName, HeaderValue, ListHeaders, SingleHeaders: by a star, for
// declaration merging reaches an interface through no other export.
export type * from "./message/header-types.ts";
export { Headers } from "./message/headers.ts";
export { Identity } from "./message/identity.ts";
export { Interval } from "./message/interval.ts";
export { MediaType, TokenParams } from "./message/media-type.ts";
export type { WriteOptions } from "./message/message.ts";
export { MimeVersion } from "./message/mime-version.ts";
export { NameAddr, type NameAddrParts } from "./message/name-addr.ts";
export { Params, type ParamsInit, type ParamsStyle } from "./message/params.ts";
export { type Message, parseMessage, tryParseMessage } from "./message/parse.ts";
export { Privacy } from "./message/privacy.ts";
export { RAck } from "./message/rack.ts";
export { Request } from "./message/request.ts";
export { Response } from "./message/response.ts";
export { reasonPhrase } from "./message/status.ts";
export { SipDate, Timestamp } from "./message/times.ts";
export { Uri, type UriParts } from "./message/uri.ts";
export { type Finding, validate } from "./message/validate.ts";
export type { MessageSource, Role, ValidateOptions } from "./message/validate-options.ts";
export { Via, type ViaParts } from "./message/via.ts";
export { Warning } from "./message/warning.ts";
export { defaultRandom, MAGIC_COOKIE, Random, type RandomSource } from "./random.ts";
export type { Core, ResponseHandlers } from "./stack/core.ts";
export type { Counters } from "./stack/counters.ts";
export type { Gate, GateHost } from "./stack/gate.ts";
export type {
  AbortSignalLike,
  CredentialSender,
  SendOptions,
  SentRequest,
  StackOptions,
  StackStats,
  StatelessOptions,
  TransportStats,
} from "./stack/options.ts";
export type { Resolver, Sender } from "./stack/resolver.ts";
export { Stack } from "./stack/stack.ts";
export type { Tally, Traffic } from "./stack/traffic.ts";
export type { ClientOptions, ClientState, ClientTransaction } from "./transaction/client-transaction.ts";
export type { TransactionCounts } from "./transaction/layer-options.ts";
export type { ServerState, ServerTransaction } from "./transaction/server-transaction.ts";
export type { StateCounts, Tallies } from "./transaction/tallies.ts";
export { DEFAULT_TIMERS, type TimerOptions } from "./transaction/timers.ts";
export type { ClientHandlers, Returned, TransactionUser } from "./transaction/user.ts";
export type { Tap } from "./transport/tap.ts";
export type {
  Address,
  Flow,
  SendFailed,
  Target,
  Transport,
  TransportReceiver,
} from "./transport/transport.ts";
export {
  type ConnectionState,
  type KeepAliveOptions,
  type NetworkEvents,
  type ReconnectOptions,
  type WebSocketConstructor,
  type WebSocketLike,
  type WebSocketOptions,
  type WebSocketTransport,
  webSocket,
} from "./transport/websocket-client.ts";
