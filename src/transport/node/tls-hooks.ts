// The functions that a user gives for TLS handshakes, called so that what they throw costs that handshake: some
// runtimes let it end the process, and a peer chooses what they are asked.

import type { PeerCertificate, SecureContext, TlsOptions as ServerOptions } from "node:tls";
import { SipError } from "../../errors.ts";

type OnFault = (error: SipError) => void;

/**
 * A server's options with such functions.
 *
 * @param onFault told of what they throw, or reject with: `core_failed`
 */
export function guardedServer<T extends ServerOptions>(options: T, onFault: OnFault): T {
  const { SNICallback, ALPNCallback } = options;
  return {
    ...options,
    ...(SNICallback && { SNICallback: guardedSni(SNICallback, onFault) }),
    ...(ALPNCallback && {
      ALPNCallback: (...asked: Parameters<typeof ALPNCallback>) => {
        try {
          return ALPNCallback(...asked);
        } catch (cause) {
          onFault(fault("ALPNCallback", cause));
          // No protocol: the handshake ends with an alert that says so (RFC 7301 §3.2).
          return undefined;
        }
      },
    }),
  };
}

/** Many are async functions, of which TLS expects nothing but their call of `done`. */
function guardedSni(
  callback: NonNullable<ServerOptions["SNICallback"]>,
  onFault: OnFault,
): NonNullable<ServerOptions["SNICallback"]> {
  return (name, done) => {
    let over = false;
    const once = (error: Error | null, context?: SecureContext): void => {
      if (over) return;
      over = true;
      done(error, context);
    };
    const failed = (cause: unknown): void => {
      const error = fault("SNICallback", cause);
      onFault(error);
      once(error);
    };
    try {
      Promise.resolve(callback(name, once) as unknown).catch(failed);
    } catch (cause) {
      failed(cause);
    }
  };
}

/** Checks a certificate; what that throws is why it is not good. */
export function guardedCheck(
  check: (name: string, certificate: PeerCertificate) => Error | undefined,
): (name: string, certificate: PeerCertificate) => Error | undefined {
  return (name, certificate) => {
    try {
      return check(name, certificate);
    } catch (cause) {
      return cause instanceof Error ? cause : new Error(String(cause));
    }
  };
}

function fault(name: string, cause: unknown): SipError {
  return new SipError("core_failed", `the ${name} option threw`, { cause });
}
