// DigestServer: challenges requests, and checks what comes back (RFC 3261 §22, RFC 7616, RFC 8760). Nothing is kept
// between challenge and answer: the nonce tells all, to every machine that has the key.

import { checkNumbers, checkSecret, need } from "../demands.ts";
import { notWanted } from "../errors.ts";
import { Challenge, type Credentials } from "../message/auth.ts";
import { isSafe, quote } from "../message/escape.ts";
import type { Params } from "../message/params.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { defaultRandom, type Random } from "../random.ts";
import { sameText } from "../same-text.ts";
import { algorithmOf, checkAlgorithm, type DigestAlgorithm, type DigestQop } from "./algorithm.ts";
import { Nonces } from "./nonces.ts";
import { digestResponse } from "./response.ts";
import { type DigestSecret, ha1Of } from "./secret.ts";

/** Whose secret is asked for. */
export interface DigestQuery {
  /** As the credentials have it: with `userhash` the hash of "name:realm". One that came as `username*` is decoded. */
  readonly username: string;
  /** The realm of the server. */
  readonly realm: string;
  /** An HA1 has to be of this algorithm's hash. */
  readonly algorithm: DigestAlgorithm;
  /** True where `username` is a hash (RFC 7616 §3.4.4). */
  readonly userhash: boolean;
}

/** A user that was found; `username` is needed where the query had a hash. */
export type FoundUser = DigestSecret & { readonly username?: string };

/** What a server is made of. */
export interface DigestServerOptions {
  /** The protection domain, as a rule the domain of its users. */
  readonly realm: string;
  /** Finds a user; undefined for nobody. What it throws rejects `check`, and so answers the request. */
  readonly lookup: (query: DigestQuery) => FoundUser | undefined | PromiseLike<FoundUser | undefined>;
  /** The key of nonces, as text of high entropy; the machines of a cluster share one. Random by default. */
  readonly secret?: string | undefined;
  /** True for a proxy: 407, Proxy-Authenticate and Proxy-Authorization. */
  readonly proxy?: boolean | undefined;
  /** What is offered, the preferred first (RFC 8760 §2.3). Default SHA-256 and MD5. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  /** What is offered. Default `auth`. None at all is for peers of RFC 2069: then a nonce is good for one request. */
  readonly qop?: readonly DigestQop[] | undefined;
  /** Asks for hashes in place of names, by which `lookup` has to find users, too (RFC 7616 §3.4.4). Default false. */
  readonly userhash?: boolean | undefined;
  /** How long a nonce is good, in milliseconds. Default 300 000. */
  readonly nonceLife?: number | undefined;
  /** Most nonces whose counts are kept; those of older nonces are asked for anew. Default 10 000. */
  readonly limit?: number | undefined;
  /** Whether the `uri` of credentials is good for a request; any is unless told (RFC 3261 §22.4). */
  readonly acceptUri?: ((uri: string, request: Request) => boolean) | undefined;
  /** The time in milliseconds since 1970, alike on all machines. Default Date.now. */
  readonly now?: (() => number) | undefined;
  /** Draws nonces, and a `secret`. Default: cryptographic. */
  readonly random?: Random | undefined;
}

/** Why a request was not let in. */
export type DigestRefusal =
  /** It has no credentials for this realm. */
  | "missing"
  /** Its credentials lack something, or answer what was not offered. */
  | "unusable"
  /** Nobody of that name, or another secret. */
  | "wrong"
  /** The secret is right, the nonce too old, used already, or not of ours. */
  | "stale"
  /** ACK and CANCEL cannot be answered with a challenge (RFC 3261 §22.1): leave them to their INVITE. */
  | "unchallengeable";

/** What was found out about a request. */
export type DigestVerdict =
  | {
      readonly ok: true;
      /** Who it is: the name that `lookup` gave, else that of the credentials. */
      readonly username: string;
      /** The realm of the server. */
      readonly realm: string;
      /** By which the answer was checked. */
      readonly algorithm: DigestAlgorithm;
      /** Undefined where the client knows RFC 2069 only. */
      readonly qop: DigestQop | undefined;
      /** What the request had for this realm. */
      readonly credentials: Credentials;
      /** @internal For Authentication-Info. */
      readonly ha1: string;
    }
  | { readonly ok: false; readonly reason: DigestRefusal };

/** What credentials for us say. */
interface Answer {
  readonly username: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly nc: string | undefined;
  readonly cnonce: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly qop: DigestQop | undefined;
  readonly userhash: boolean;
}

/** So many credentials for one realm are looked at: a client has no reason to send more. */
const MOST_CREDENTIALS = 8;

/** A server's or proxy's side of digest authentication, for one realm. */
export class DigestServer {
  /** The protection domain that it was made for. */
  readonly realm: string;
  readonly #lookup: DigestServerOptions["lookup"];
  readonly #proxy: boolean;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #qop: readonly DigestQop[];
  readonly #userhash: boolean;
  readonly #life: number;
  readonly #acceptUri: NonNullable<DigestServerOptions["acceptUri"]>;
  readonly #nonces: Nonces;
  readonly #opaque: string;

  /**
   * Makes one for a realm; machines that share `secret` take the answers to each other's challenges.
   * @throws SipError `value_invalid` without `realm` or `lookup`, for an algorithm or a qop that is not known, without any
   *   algorithm, for a number that is none, and for an empty `secret`
   */
  constructor(options: DigestServerOptions) {
    need("DigestServer", options, "realm", "lookup");
    checkNumbers(options, 1, "nonceLife", "limit");
    checkSecret(options, "secret");
    options.algorithms?.forEach(checkAlgorithm);
    const strange = options.qop?.find((each) => each !== "auth" && each !== "auth-int");
    if (strange !== undefined) throw notWanted("qop", "auth or auth-int", strange);
    const { random = defaultRandom, nonceLife = 300_000, limit = 10_000 } = options;
    this.realm = options.realm;
    this.#lookup = options.lookup;
    this.#proxy = options.proxy === true;
    this.#algorithms = options.algorithms ?? ["SHA-256", "MD5"];
    if (this.#algorithms.length === 0) throw notWanted("algorithms", "one at least", "none");
    this.#qop = options.qop ?? ["auth"];
    this.#userhash = options.userhash === true;
    this.#life = nonceLife;
    this.#acceptUri = options.acceptUri ?? (() => true);
    this.#nonces = new Nonces(
      options.secret ?? random.text(43),
      random,
      options.now ?? Date.now,
      nonceLife,
      limit,
    );
    this.#opaque = this.#nonces.mark(`opaque:${this.realm}`);
  }

  /** How many nonces are kept for their counts. */
  get size(): number {
    return this.#nonces.size;
  }

  /**
   * Checks a request's credentials. Each is good once: do not check a request twice. Rejects with what the look-up
   * throws, with SipError `value_invalid` (status 400) for a header field that cannot be read, and `value_invalid` (status 500)
   * for a user that was found without a password and an `ha1`.
   */
  async check(request: Request): Promise<DigestVerdict> {
    const { method, headers } = request;
    if (method === "ACK" || method === "CANCEL") return { ok: false, reason: "unchallengeable" };
    const credentials = this.#ours(headers.get(this.#proxy ? "Proxy-Authorization" : "Authorization"));
    if (!credentials) return { ok: false, reason: "missing" };

    const answer = this.#read(credentials);
    // RFC 3261 §22.4: its `uri` may differ from the Request-URI, because of proxies.
    if (!answer || !this.#acceptUri(answer.uri, request)) return { ok: false, reason: "unusable" };

    const { username, algorithm, nonce, uri, qop, nc, cnonce } = answer;
    const user = await this.#lookup({ username, realm: this.realm, algorithm, userhash: answer.userhash });
    const name = user?.username ?? username;
    // For nobody the same is done as for a user, so that the time tells nothing.
    const ha1 = ha1Of(algorithm, name, this.realm, user ?? { password: this.#nonces.mark(username) });
    const body = qop === "auth-int" ? request.body : new Uint8Array();
    const wanted = digestResponse({ algorithm, ha1, nonce, method, uri, qop, nc, cnonce, body });
    if (!sameText(wanted, answer.response.toLowerCase()) || !user) return { ok: false, reason: "wrong" };
    // Only now: a wrong answer must not use a count up, and a stale nonce is one with a right answer.
    const opaque = credentials.params.get("opaque") ?? this.#opaque;
    if (opaque !== this.#opaque) return { ok: false, reason: "stale" };
    const state = this.#nonces.use(nonce, this.realm, qop ? Number.parseInt(nc as string, 16) : 1);
    if (state !== "good") return { ok: false, reason: "stale" };
    return { ok: true, username: name, realm: this.realm, algorithm, qop, credentials, ha1 };
  }

  /** What credentials say; undefined where they lack something, or answer what was not offered. */
  #read({ params }: Credentials): Answer | undefined {
    const [username, nonce, uri] = [nameOf(params), params.get("nonce"), params.get("uri")];
    const [response, nc, cnonce] = [params.get("response"), params.get("nc"), params.get("cnonce")];
    const algorithm = algorithmOf(params.get("algorithm"));
    const qop = this.#qop.find((each) => each === params.get("qop")?.toLowerCase());
    // What was not offered is not taken: who cannot break one algorithm would choose another.
    if (!algorithm || !this.#algorithms.includes(algorithm)) return undefined;
    if ((params.has("qop") || this.#qop.length > 0) && !qop) return undefined;
    // `inform` writes the cnonce again, and an escaped NUL (RFC 3261 §25.1, quoted-pair) is not written.
    if (qop && (!/^[\da-f]{8}$/i.test(nc ?? "") || !cnonce || !isSafe(cnonce))) return undefined;
    if (!username || !nonce || uri === undefined || !response) return undefined;
    const userhash = isHashed(params);
    return { username, nonce, uri, response, nc, cnonce, algorithm, qop, userhash };
  }

  /** Those for this realm: of several the one that answers a nonce of ours (RFC 3261 §22.3), if any of the first few does. */
  #ours(all: readonly Credentials[]): Credentials | undefined {
    const own = all.filter(
      ({ scheme, params }) => scheme.toLowerCase() === "digest" && params.get("realm") === this.realm,
    );
    if (own.length < 2) return own[0];
    const answers = ({ params }: Credentials) =>
      this.#nonces.age(params.get("nonce") ?? "", this.realm) !== undefined;
    return own.slice(0, MOST_CREDENTIALS).find(answers) ?? own[0];
  }

  /**
   * The 401 or 407 that asks for credentials, with a challenge for each algorithm.
   *
   * @param verdict what `check` found: with "stale" the client may answer without asking its user again
   */
  challenge(request: Request, verdict?: DigestVerdict): Response {
    const response = request.createResponse(this.#proxy ? 407 : 401);
    const stale = verdict?.ok === false && verdict.reason === "stale";
    const nonce = this.#nonces.make(this.realm);
    const challenges = this.#algorithms.map(
      (algorithm) =>
        new Challenge("Digest", {
          realm: this.realm,
          nonce,
          opaque: this.#opaque,
          algorithm,
          qop: this.#qop.length > 0 ? this.#qop.join(",") : undefined,
          stale: stale ? "true" : undefined,
          userhash: this.#userhash ? "true" : undefined,
        }),
    );
    response.headers.set(this.#proxy ? "Proxy-Authenticate" : "WWW-Authenticate", challenges);
    return response;
  }

  /**
   * Puts Authentication-Info into a response to a request that `check` let in (RFC 3261 §20.6): `rspauth`, which
   * proves that we know the secret, and `nextnonce` where the nonce has lived half of its life. Call it when
   * the body is in. A proxy's response gets none, since SIP has no header field for it.
   */
  inform(response: Response, verdict: DigestVerdict): void {
    if (!verdict.ok || this.#proxy) return;
    const { algorithm, qop, credentials, ha1 } = verdict;
    const { params } = credentials;
    const nonce = params.get("nonce") ?? "";
    const [uri, nc, cnonce] = [params.get("uri") ?? "", params.get("nc"), params.get("cnonce")];
    const info: string[] = [];
    if (qop) {
      const body = qop === "auth-int" ? response.body : new Uint8Array();
      const rspauth = digestResponse({ algorithm, ha1, nonce, method: "", uri, qop, nc, cnonce, body });
      info.push(`qop=${qop}`, `rspauth="${rspauth}"`, `cnonce=${quote(cnonce as string)}`, `nc=${nc}`);
    }
    // The session key of a `-sess` algorithm hangs on the first nonce: it gets no other.
    const old = qop === undefined || (this.#nonces.age(nonce, this.realm) ?? 0) > this.#life / 2;
    if (old && !algorithm.endsWith("-sess")) info.unshift(`nextnonce="${this.#nonces.make(this.realm)}"`);
    if (info.length > 0) response.headers.set("Authentication-Info", info.join(", "));
  }
}

const isHashed = (params: Params): boolean => params.get("userhash")?.toLowerCase() === "true";

/**
 * The user's name, in either form: `username*` has it as RFC 8187 writes text. Undefined where it is an error: both of them, or a
 * hash of the second form (RFC 7616 §3.4).
 */
function nameOf(params: Params): string | undefined {
  const text = params.get("username*");
  if (text === undefined) return params.get("username");
  const [, encoded] = /^utf-8'[\w-]*'([^']*)$/i.exec(text) ?? [];
  if (encoded === undefined || params.has("username") || isHashed(params)) return undefined;
  try {
    const name = decodeURIComponent(encoded);
    // Nor one with what must not go on the wire.
    return isSafe(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
