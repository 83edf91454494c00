// Options of a registration, and what it tells about itself.

import type { SipError } from "../errors.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import type { SendOptions } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";

/** Answers challenges: a DigestClient of sippet/digest. */
export interface Authenticator {
  /** The request again with credentials; undefined where the challenges of the response cannot be answered. */
  answer(request: Request, response: Response): Promise<Request | undefined>;
  /** Takes what an Authentication-Info says. */
  learn(request: Request, response: Response): unknown;
  /** Puts credentials in before anybody asks, where somebody has asked within the same Call-ID (RFC 3261 §22.3). */
  authorize?(request: Request): void;
}

/** What a registration is made of, and what it calls. What its callbacks throw or reject with goes nowhere. */
export interface RegistrationOptions {
  /** What it sends with. */
  readonly stack: Stack;
  /** The registrar: a URI without user. */
  readonly registrar: string;
  /** The address-of-record: To and From. */
  readonly aor: string;
  /**
   * The Contact to bind. By default the address of the transport that REGISTER goes by, with the user of `aor`: give one
   * where that cannot be reached from outside, and is not reached by its flow.
   */
  readonly contact?: NameAddr | string | undefined;
  /**
   * How long to bind it, in seconds. Default 3600, or the `expires` of `contact`; what a 423 asks for is taken, up to a day.
   */
  readonly expires?: number | undefined;
  /** A URN that names this client for good: `urn:uuid:…` (RFC 5626 §4.1). With it GRUUs are asked for (RFC 5627). */
  readonly instance?: string | undefined;
  /** Which of this client's flows it is, from 1 on; it needs `instance`. See OutboundRegistration for several. */
  readonly regId?: number | undefined;
  /**
   * The longest time between two keep-alives, in seconds, where the registrar says none: a double CRLF, which over UDP
   * keeps a NAT open and is answered by nobody. Default: none are sent then.
   */
  readonly keepAlive?: number | undefined;
  /** Answers 401 and 407. */
  readonly credentials?: Authenticator | undefined;
  /** Where REGISTERs go, whatever `registrar` says. */
  readonly send?: Pick<SendOptions, "target" | "flow"> | undefined;
  /**
   * Goes where the registrar sends its clients (RFC 3261 §8.1.3.4): by 300, 301 and 302 to another registrar, which takes the
   * place of `send`, too, by 305 by another proxy; after a 301 later REGISTERs go there first, until that fails. `true`
   * follows all that are as secure as the way before; a function is asked for each, the best first, and true follows it:
   * `credentials` answer challenges there. None is gone to twice, five in all are tried, and none that is `sip` is followed
   * from one that is `sips`. Default false: `onFailed` is given the response.
   */
  readonly follow?: boolean | ((uri: Uri, response: Response) => boolean) | undefined;
  /** The registrar has bound the Contact, or bound it again. */
  onRegistered?(response: Response): void;
  /** It has not. It is tried again in `retry` milliseconds; never, where that is undefined. */
  onFailed?(cause: Response | SipError, retry: number | undefined): void;
}

/** Where a registration stands. */
export type RegistrationState = "registering" | "registered" | "failed" | "unregistering" | "ended";

/** What the registrations of one client have in common. @internal */
export interface Siblings {
  readonly callId: string;
  /** The next number of the Call-ID. */
  next(): number;
  /** Whether another of the client's flows is registered. */
  othersStand(): boolean;
}
