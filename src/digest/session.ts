// Session: what a client knows of one realm: the challenge that it answers, and how often it has (RFC 7616 §3.4).

import { Credentials } from "../message/auth.ts";
import type { Request } from "../message/request.ts";
import { type DigestAlgorithm, type DigestQop, hash } from "./algorithm.ts";
import { digestResponse } from "./response.ts";

/** A realm's challenge, as far as a session needs it. */
export interface Asked {
  /** Challenged by WWW-Authenticate or by Proxy-Authenticate. */
  readonly proxy: boolean;
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** The name of the algorithm as it came; undefined where it did not. */
  readonly named: string | undefined;
  readonly qop: DigestQop | undefined;
  readonly opaque: string | undefined;
  readonly userhash: boolean;
  readonly stale: boolean;
}

/** One realm's challenge and the user who answers it. */
export class Session {
  readonly asked: Asked;
  readonly username: string;
  readonly ha1: string;
  /** True as soon as the server has taken an answer: the secret is right. */
  accepted = false;
  #nonce: string;
  #cnonce: string | undefined;
  #count = 0;

  constructor(asked: Asked, username: string, ha1: string) {
    this.asked = asked;
    this.username = username;
    this.ha1 = ha1;
    this.#nonce = asked.nonce;
  }

  /** The nonce to answer next. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Takes the server's next nonce. The session key of a `-sess` algorithm hangs on the first (§3.4.2). */
  advance(nonce: string): void {
    if (nonce === this.#nonce || this.asked.algorithm.endsWith("-sess")) return;
    this.#nonce = nonce;
    this.#count = 0;
  }

  /** Credentials for a request, with the next count. */
  credentials(request: Request, makeCnonce: () => string): Credentials {
    const { realm, algorithm, named, qop, opaque, userhash } = this.asked;
    const uri = String(request.uri);
    const sess = algorithm.endsWith("-sess");
    const cnonce = qop === undefined && !sess ? undefined : (sess && this.#cnonce) || makeCnonce();
    this.#cnonce = cnonce;
    const nc = qop && (++this.#count).toString(16).padStart(8, "0");
    const { ha1, nonce } = this;
    const { method } = request;
    const body = qop === "auth-int" ? request.body : new Uint8Array();
    return new Credentials("Digest", {
      username: userhash ? hash(algorithm, `${this.username}:${realm}`) : this.username,
      realm,
      nonce,
      uri,
      response: digestResponse({ algorithm, ha1, nonce, method, uri, qop, nc, cnonce, body }),
      algorithm: named,
      cnonce,
      opaque,
      qop,
      nc,
      userhash: userhash ? "true" : undefined,
    });
  }
}
