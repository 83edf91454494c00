// Host and port as text, as they stand in a URI, a Via, and in what is told of an address.

/** `host:port`, with brackets around an IPv6 address (RFC 3261 §25.1, IPv6reference); `host` alone without a port. */
export function hostPort(host: string, port?: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}
