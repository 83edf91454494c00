// Options that TCP and TLS share.

import type { LookupFunction } from "node:net";
import { type Clock, systemClock } from "../../clock.ts";
import { checkNumbers } from "../../demands.ts";
import { notWanted } from "../../errors.ts";
import { defaultRandom, type Random } from "../../random.ts";
import type { FramerOptions } from "../framer.ts";

/** Options of `tcp`, and most of `tls`; all of them have defaults. */
export interface StreamOptions {
  /** The address to listen on, and to call from. Default "0.0.0.0"; "::" takes IPv4 as well. */
  host?: string | undefined;
  /** The port to listen on, 0 for any free one (`local.port` tells it after start). Default 5060, 5061 for TLS. */
  port?: number | undefined;
  /**
   * False takes no connections, and opens them alone: a TLS client needs no certificate then. `port` is what its Via
   * says. Default true.
   */
  listen?: boolean | undefined;
  /**
   * `host` or `host:port` for the Via's sent-by. Default: the bound address, or the first reachable one of this machine
   * where a wildcard is bound.
   */
  advertise?: string | undefined;
  /**
   * True lets a peer ask that requests to it take its own connection: `alias` in its Via (RFC 5923), and asks so itself
   * on the connections that it opens. Over TLS only for domains that its certificate shows; over TCP, which RFC 5923
   * leaves out, whoever has the address of another, behind the same NAT say, can take what is meant for that one's
   * port. Default false.
   */
  alias?: boolean | undefined;
  /** How many connections may be open, both ways, handshakes included; more are refused. Default 10,000. */
  maxConnections?: number | undefined;
  /**
   * How many of them may come from one address, of IPv6 from one /64; and how many may be opened to one, which peers
   * have a say in: a response whose connection is gone takes one to the port that its Via names. Default: no limit of
   * its own.
   */
  maxPerSource?: number | undefined;
  /**
   * How long connecting may take, a TLS handshake included, in milliseconds; 0 for as long as the system lets it.
   * Default 10,000.
   */
  connectTimeout?: number | undefined;
  /** A connection that has carried nothing either way for so long is closed, in milliseconds; 0 for never. Default 900,000. */
  idleTimeout?: number | undefined;
  /**
   * How long a message may take from its first octet to its last, in milliseconds, anew behind a pause (`pauseLimit`);
   * 0 for ever. Default 30,000.
   */
  partialTimeout?: number | undefined;
  /** How long close waits for what is still to be written, in milliseconds. Default 1,000. */
  closeTimeout?: number | undefined;
  /** Octets of start line and header fields. Default 65,535. */
  headSize?: number | undefined;
  /** Octets of a whole message. Default 1 MiB; one that announces more is answered 413 and its connection closed. */
  messageSize?: number | undefined;
  /** How many octets may wait for a peer that does not read; past it the connection is dropped. Default 1 MiB. */
  sendLimit?: number | undefined;
  /** How many octets may wait before nothing more is read from that peer until they are gone. Default 64 KiB. */
  pauseLimit?: number | undefined;
  /**
   * How many octets all connections together may hold, of messages that have begun and of what peers do not read; past
   * it the connection that holds most is dropped. Default 256 MiB.
   */
  heldLimit?: number | undefined;
  /** Pings the connections that were opened from here (RFC 5626 §4.4.1); true for the defaults. Default false. */
  keepAlive?: boolean | StreamKeepAlive | undefined;
  /** Finds the address of a host name. Default: the operating system's resolver. */
  lookup?: LookupFunction | undefined;
  /** Default: the runtime's. */
  clock?: Clock | undefined;
  /** Makes the flows' ids. Default: cryptographic. */
  random?: Random | undefined;
}

/** How connections are kept alive. */
export interface StreamKeepAlive {
  /** Milliseconds from ping to ping; each time up to a fifth less, so that clients don't ping in step. Default 120,000. */
  interval?: number | undefined;
  /** How long the pong may take, in milliseconds; later the connection is dropped. Default 10,000 (RFC 5626 §4.4.1). */
  timeout?: number | undefined;
}

/** What all connections of a transport go by. */
export interface StreamSettings extends FramerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  readonly sendLimit: number;
  readonly pauseLimit: number;
  readonly keepAlive: { readonly interval: number; readonly timeout: number } | undefined;
}

/**
 * What the connections go by, defaults filled in.
 *
 * @throws SipError `value_invalid` for a number that is none, and for a `keepAlive` that is neither on, off nor an object
 */
export function streamSettings(options: StreamOptions): StreamSettings {
  const { keepAlive = false } = options;
  const pings: StreamKeepAlive = typeof keepAlive === "object" ? keepAlive : {};
  checkStreamOptions(options, pings);
  const { interval = 120_000, timeout = 10_000 } = pings;
  return {
    clock: options.clock ?? systemClock,
    random: options.random ?? defaultRandom,
    connectTimeout: options.connectTimeout ?? 10_000,
    closeTimeout: options.closeTimeout ?? 1000,
    sendLimit: options.sendLimit ?? 1_048_576,
    pauseLimit: options.pauseLimit ?? 65_536,
    keepAlive: keepAlive === false ? undefined : { interval, timeout },
    partialTimeout: options.partialTimeout,
    headSize: options.headSize,
    messageSize: options.messageSize,
  };
}

function checkStreamOptions(options: StreamOptions, pings: StreamKeepAlive): void {
  const { keepAlive = false } = options;
  if (typeof keepAlive !== "boolean" && typeof keepAlive !== "object")
    throw notWanted("keepAlive", "true, false or { interval, timeout }", keepAlive);
  checkNumbers(pings, 1, "interval", "timeout");
  checkNumbers(options, 0, "connectTimeout", "idleTimeout", "partialTimeout", "closeTimeout");
  checkNumbers(options, 0, "sendLimit", "pauseLimit");
  checkNumbers(options, 1, "maxConnections", "maxPerSource", "headSize", "messageSize", "heldLimit");
}
