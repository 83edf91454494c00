// Names: which hosts and ports mean this stack: what its transports call themselves, and its aliases.

import type { Uri } from "../message/uri.ts";
import type { Via } from "../message/via.ts";
import { addressOctets, formatAddress, type HostPort, ipFamily, parseAddress } from "../transport/address.ts";
import { defaultPort, sentByPort } from "../transport/default-port.ts";
import type { Transport } from "../transport/transport.ts";
import { protocolOf } from "./target.ts";

/** The names of one stack. */
export class Names {
  readonly #transports: readonly Transport[];
  readonly #aliases: readonly HostPort[];

  /** @throws SipError `value_invalid` for an alias that is neither `host` nor `host:port` */
  constructor(transports: readonly Transport[], aliases: readonly string[] = []) {
    this.#transports = transports;
    this.#aliases = aliases.map(parsed);
  }

  /** True where the URI names one of the transports, by its sent-by, or an alias. */
  isLocal(uri: Uri): boolean {
    if (!uri.isSip) return false;
    const host = spelled(uri.host);
    const asked = protocolOf(uri);
    return (
      this.#transports.some(
        (each) => (asked ?? each.protocol) === each.protocol && isNamed(each, host, uri),
      ) || this.#aliases.some((alias) => alias.host === host && this.#hasPort(alias, uri, asked))
    );
  }

  /** True where one of our transports, or one behind an alias, could have written that Via. */
  owns(via: Via): boolean {
    const name = spelled(via.host);
    const text = formatAddress(name, via.port);
    const port = sentByPort(via);
    return (
      this.#transports.some(({ sentBy }) => nameOf(sentBy) === text) ||
      this.#aliases.some((alias) => alias.host === name && (alias.port ?? port) === port)
    );
  }

  #hasPort(alias: HostPort, uri: Uri, asked: string | undefined): boolean {
    if (alias.port !== undefined) return alias.port === (uri.port ?? usualPort(uri, asked ?? "UDP"));
    const { port } = uri;
    if (port === undefined) return true;
    return this.#transports.some(({ local, sentBy }) => local.port === port || sentBy.endsWith(`:${port}`));
  }
}

function isNamed({ sentBy, local, protocol }: Transport, host: string, uri: Uri): boolean {
  const ours = nameOf(sentBy);
  const usual = usualPort(uri, protocol);
  const port = uri.port ?? usual;
  if (ours === formatAddress(host, port)) return true;
  // A sent-by without a port, such as a WebSocket client's, means the usual one or the bound one.
  return ours === formatAddress(host) && (port === usual || port === local.port);
}

/** A host as it is compared: an IPv6 address in one of its many spellings, a name in lower case. */
function spelled(host: string): string {
  return host.includes(":") && ipFamily(host) === 6 ? addressOctets(host).join(":") : host.toLowerCase();
}

function parsed(address: string): HostPort {
  const { host, port } = parseAddress(address);
  return { host: spelled(host), port };
}

/** A sent-by as it is compared. */
function nameOf(sentBy: string): string {
  if (!sentBy.startsWith("[")) return sentBy.toLowerCase();
  const { host, port } = parsed(sentBy);
  return formatAddress(host, port);
}

/** The port that a URI without one means (RFC 3261 §19.1.2). */
function usualPort(uri: Uri, protocol: string): number {
  return uri.scheme === "sips" && !protocol.startsWith("WS") ? 5061 : defaultPort(protocol);
}
