// SIP over TLS (RFC 3261 §26.3.1, RFC 5922): its options and what it promises. Connections are
// StreamTransport's work, certificates those of tls-identity.

import type { Server } from "node:net";
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  connect,
  createServer,
  type PeerCertificate,
  type SecureContextOptions,
  type TlsOptions as ServerOptions,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { need } from "../../demands.ts";
import type { SipError } from "../../errors.ts";
import type { Flow, Transport } from "../transport.ts";
import {
  changedContext,
  checkSecureContext,
  checkServerContext,
  withoutResumption,
} from "./secure-context.ts";
import type { StreamOptions } from "./stream-options.ts";
import { type StreamKind, StreamTransport } from "./stream-transport.ts";
import { called } from "./tcp.ts";
import { guardedCheck, guardedServer } from "./tls-hooks.ts";
import { checkSipDomain, sipDomains } from "./tls-identity.ts";

/** Options of `tls`. */
export interface TlsOptions extends StreamOptions {
  /**
   * Key, certificate and what else Node's TLS servers take: `SNICallback` for several domains, `requestCert`
   * and `ca` for mutual TLS. Something to show has to be there unless `listen` is false. With `requestCert` no session
   * is resumed: each connection shows a certificate.
   */
  tls: ServerOptions;
  /**
   * How connections are opened: what differs from `tls`, whose key, certificate, authorities and versions are
   * taken for them too. A `session` is not taken: nobody's certificate is checked where one is resumed.
   */
  client?: ConnectionOptions | undefined;
}

/** TLS as a transport. */
export interface TlsTransport extends Transport {
  /**
   * Takes another key and certificate, or whatever else is given, for the connections from now on; those
   * that stand go on. What is not given stays.
   *
   * @throws SipError `value_invalid` for keys and certificates that are none, and where none is left; then the old ones stay
   */
  setSecureContext(options: SecureContextOptions): void;
  /**
   * The domains that the peer of a flow has proven to be, by a certificate that we trust (RFC 5922 §7.1).
   * Empty where it has shown none, as most clients do, and once the connection is gone.
   */
  domains(flow: Flow): readonly string[];
}

/**
 * SIP over TLS. As `tcp`, and: a server that we connect to has to show a certificate for the SIP domain that
 * was asked for, in a subjectAltName (`sip:` URI, else DNS name; no wildcards; RFC 5922 §7), that domain being
 * the target's, not the host's that DNS came up with. It goes into SNI as well.
 *
 * @throws SipError `value_invalid` as `tcp`, for keys and certificates that are none, and where there is none to show:
 *   `cert` and `key`, `pfx` or `SNICallback` are wanted unless `listen` is false
 */
export function tls(options: TlsOptions): TlsTransport {
  return new TlsStreams(options);
}

/** The part of a server's options that a client has a use for as well. */
function shared(from: SecureContextOptions): SecureContextOptions {
  const { key, cert, ca, crl, pfx, passphrase, ciphers, minVersion, maxVersion, sigalgs, ecdhCurve } = from;
  const all = { key, cert, ca, crl, pfx, passphrase, ciphers, minVersion, maxVersion, sigalgs, ecdhCurve };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** SNI carries names, without the dot of the root, and no addresses (RFC 6066 §3): some runtimes throw at one. */
function serverName(domain: string): { servername?: string } {
  const servername = domain.replace(/\.$/, "");
  return isIP(servername) ? {} : { servername };
}

class TlsStreams extends StreamTransport implements TlsTransport {
  readonly #context: { current: ServerOptions };
  /** What keys and certificates are held to. */
  readonly #check: (options: ServerOptions) => void;

  constructor(options: TlsOptions) {
    need("tls", options, "tls");
    const check = options.listen === false ? checkSecureContext : checkServerContext;
    check(options.tls);
    // Else the first connection that is opened would throw, at who only sends.
    const { session: _session, ...client } = options.client ?? {};
    if (options.client) checkSecureContext(changedContext(shared(options.tls), client));
    const faults = { tell: (_error: SipError): void => {} };
    const context = {
      current: withoutResumption(guardedServer(options.tls, (error) => faults.tell(error))),
    };
    // Node takes no more than that for a time, and throws at each socket that comes in.
    const handshakeTimeout = Math.min(options.connectTimeout ?? 10_000, 0x7fffffff);
    const kind: StreamKind = {
      protocol: "TLS",
      secure: true,
      port: 5061,
      createServer: (): Server => createServer({ ...context.current, handshakeTimeout }),
      accepts: "secureConnection",
      connect: ({ host, port }, domain, from) =>
        connect({
          ...changedContext(shared(context.current), client),
          host,
          port,
          ...serverName(domain),
          ...client,
          checkServerIdentity: client.checkServerIdentity
            ? guardedCheck(client.checkServerIdentity)
            : (_name, certificate) => checkSipDomain(domain, certificate),
          ...called(options, from),
        }),
      connects: "secureConnect",
      domains: (socket) => {
        const secure = socket as TLSSocket;
        // None of one that is gone, whatever Node's types say.
        const certificate: PeerCertificate | null = secure.authorized ? secure.getPeerCertificate() : null;
        return certificate === null ? [] : sipDomains(certificate);
      },
    };
    super(kind, options);
    this.#context = context;
    this.#check = check;
    faults.tell = (error) => this.report(error);
  }

  setSecureContext(options: SecureContextOptions): void {
    const next = withoutResumption(changedContext(this.#context.current, options));
    this.#check(next);
    (this.server as TlsServer | undefined)?.setSecureContext(next);
    this.#context.current = next;
  }

  override domains(flow: Flow): readonly string[] {
    return super.domains(flow) ?? [];
  }
}
