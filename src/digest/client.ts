// DigestClient: answers challenges, proxies' and user agents', and remembers what was asked, so that the next
// request need not be asked again (RFC 3261 §22.2, §22.3, RFC 7616, RFC 8760).

import { checkNumbers, need } from "../demands.ts";
import type { Challenge } from "../message/auth.ts";
import { CSeq } from "../message/cseq.ts";
import { isSafe } from "../message/escape.ts";
import type { Params } from "../message/params.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { defaultRandom, type Random } from "../random.ts";
import { sameText } from "../same-text.ts";
import type { CredentialSender, SendOptions, SentRequest } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import { RecentMap } from "../transport/recent-map.ts";
import {
  algorithmOf,
  checkAlgorithm,
  type DigestAlgorithm,
  type DigestQop,
  strengthOf,
} from "./algorithm.ts";
import { ChallengedRequest } from "./challenged.ts";
import { digestResponse } from "./response.ts";
import { type DigestUser, ha1Of } from "./secret.ts";
import { type Asked, Session } from "./session.ts";

/** Finds who we are in a realm; undefined for a realm that we are nobody in. An HA1 must be of the algorithm. */
export type FindUser = (
  realm: string,
  algorithm: DigestAlgorithm,
) => DigestUser | undefined | PromiseLike<DigestUser | undefined>;

/** What a client is made of. */
export interface DigestClientOptions {
  /** Who we are, or a function that says it by realm. One user answers every realm that asks. */
  readonly credentials: DigestUser | FindUser;
  /** Algorithms that are answered; all unless told. The strongest that is offered is taken. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  /** Prefers `auth-int`, where it is offered beside `auth`. Default false: bodies may change on the way. */
  readonly integrity?: boolean | undefined;
  /** Most realms that are remembered. Default 16. */
  readonly limit?: number | undefined;
  /** Draws client nonces. Default: cryptographic. */
  readonly random?: Random | undefined;
  /** Makes the client nonces; 132 random bits unless told. */
  readonly cnonce?: (() => string) | undefined;
}

/** What an Authentication-Info proves: the server knows the secret, says nothing of it, or does not know it. */
export type ServerProof = "proved" | "absent" | "wrong";

/** A response with more challenges than this is not answered past them. */
const MOST_CHALLENGES = 16;

const HEADERS = { false: "Authorization", true: "Proxy-Authorization" } as const;

/** Calls whose realms are remembered. */
const MOST_CALLS = 2000;

/** A client's side of digest authentication; it remembers one challenge a realm. */
export class DigestClient implements CredentialSender {
  readonly #find: FindUser;
  readonly #algorithms: readonly DigestAlgorithm[] | undefined;
  readonly #integrity: boolean;
  readonly #sessions: RecentMap<string, Session>;
  /** Who has asked within a call, by Call-ID (RFC 3261 §22.3). */
  readonly #calls: RecentMap<string, readonly string[]> = new RecentMap(MOST_CALLS);
  readonly #cnonce: () => string;

  /**
   * Makes one that has seen no challenge yet.
   * @throws SipError `value_invalid` without `credentials`, for an algorithm that is not known, and a `limit` that is none
   */
  constructor(options: DigestClientOptions) {
    need("DigestClient", options, "credentials");
    checkNumbers(options, 1, "limit");
    options.algorithms?.forEach(checkAlgorithm);
    const { credentials, random = defaultRandom } = options;
    this.#find = typeof credentials === "function" ? credentials : () => credentials;
    this.#algorithms = options.algorithms;
    this.#integrity = options.integrity === true;
    this.#sessions = new RecentMap(Math.max(2, (options.limit ?? 16) * 2));
    this.#cnonce = options.cnonce ?? (() => random.callId());
  }

  /**
   * The request again, with answers to all challenges of a 401 or 407, and the next CSeq (RFC 3261 §22.2). Send
   * it as a new transaction; the one given stays as it is.
   *
   * @returns undefined where nobody can answer: a scheme or algorithm that is not known, a realm without user,
   *   or an answer that was refused already. Rejects with what the look-up throws, and with SipError
   *   `value_invalid` for a challenge that cannot be read, and for a user without a password and an `ha1`.
   */
  async answer(request: Request, response: Response): Promise<Request | undefined> {
    if (response.status !== 401 && response.status !== 407) return undefined;
    const before = this.#answered(request);
    const fresh = new Map<string, Session>();
    // A fork may have reached several servers of one realm, each with a nonce of its own: all are answered alike (§22.3).
    const more: Session[] = [];
    for (const asked of this.#choose(response)) {
      const key = keyOf(asked);
      const given = before.get(key);
      // The same question again, or a right nonce and a wrong answer: another answer would be no better.
      if (given?.some((each) => each.get("nonce") === asked.nonce)) return undefined;
      const isUnasked = given?.some(wasUnasked) === true;
      if (given && !asked.stale && !isUnasked && !this.#sessions.get(key)?.accepted) return undefined;
      const known = fresh.get(key);
      if (known) {
        const same = [known, ...more.filter((each) => keyOf(each.asked) === key)];
        // Another algorithm, or the same nonce: a choice that one server gives (RFC 8760 §2.4).
        if (known.asked.algorithm === asked.algorithm && same.every(({ nonce }) => nonce !== asked.nonce))
          more.push(new Session(asked, known.username, known.ha1));
        continue;
      }
      const user = await this.#find(asked.realm, asked.algorithm);
      if (!user) continue;
      const ha1 = ha1Of(asked.algorithm, user.username, asked.realm, user);
      fresh.set(key, new Session(asked, user.username, ha1));
    }
    if (fresh.size === 0) return undefined;
    for (const [key, session] of fresh) this.#sessions.set(key, session);
    const again = request.clone();
    again.headers.delete("Via");
    again.headers.update("CSeq", (cseq) => new CSeq((cseq?.number ?? 0) + 1, request.method));
    const keys = [...new Set([...before.keys(), ...fresh.keys()])];
    this.#put(again, keys);
    for (const session of more)
      again.headers.append(HEADERS[`${session.asked.proxy}`], session.credentials(again, this.#cnonce));
    this.#calls.set(request.headers.get("Call-ID") ?? "", keys);
    return again;
  }

  /**
   * Sends a request, and answers the challenges that come back: what `stack.send(request, { credentials })` calls.
   * Whoever has asked before within the same call, as its Call-ID tells, need not ask again (RFC 3261 §22.3).
   *
   * @throws SipError as `stack.send`
   */
  send(stack: Stack, request: Request, options: SendOptions): SentRequest {
    const keys = this.#askedWithin(request);
    const copy = keys.length > 0 ? request.clone() : request;
    if (keys.length > 0) this.#put(copy, keys);
    return new ChallengedRequest(stack, this, copy, options);
  }

  /**
   * Puts credentials for these realms into a request before anybody asks, in place of what it has for them
   * (RFC 3261 §22.2). Realms that never asked are left out.
   *
   * @param realms those that have asked within the same call, as its Call-ID tells, unless told (§22.3)
   */
  authorize(request: Request, realms?: readonly string[]): void {
    const keys = realms?.flatMap((realm) => [`false ${realm}`, `true ${realm}`]);
    this.#put(request, keys ?? this.#askedWithin(request));
  }

  /**
   * Learns from a response to a request with credentials: that they were taken, and from Authentication-Info the
   * next nonce. `rspauth` proves that the server knows the secret (RFC 7616 §3.5).
   */
  learn(request: Request, response: Response): ServerProof {
    const info = response.headers.get("Authentication-Info");
    let proof: ServerProof = "absent";
    for (const proxy of [false, true]) {
      for (const { scheme, params } of request.headers.get(HEADERS[`${proxy}`])) {
        const session = this.#sessions.get(`${proxy} ${params.get("realm")}`);
        if (scheme.toLowerCase() !== "digest" || !session) continue;
        if (response.status !== 401 && response.status !== 407) session.accepted = true;
        if (proxy || !info) continue;
        const own = proofOf(session, params, info, response);
        // It names no realm: one of those that were answered has said it, and to the others it proves nothing.
        if (proof !== "proved") proof = own;
        const next = info.get("nextnonce");
        if (next && isSafe(next) && own !== "wrong" && params.get("nonce") === session.nonce)
          session.advance(next);
      }
    }
    return proof;
  }

  /** Who has asked within a request's call; but a nonce without qop is good for one request. */
  #askedWithin(request: Request): readonly string[] {
    const asked = this.#calls.get(request.headers.get("Call-ID") ?? "") ?? [];
    return asked.filter((key) => this.#sessions.get(key)?.asked.qop !== undefined);
  }

  /** What a request answered with, by session. */
  #answered(request: Request): Map<string, Params[]> {
    const found = new Map<string, Params[]>();
    for (const proxy of [false, true]) {
      for (const { scheme, params } of request.headers.get(HEADERS[`${proxy}`])) {
        const key = `${proxy} ${params.get("realm")}`;
        if (scheme.toLowerCase() === "digest") found.set(key, [...(found.get(key) ?? []), params]);
      }
    }
    return found;
  }

  /** The challenges that can be answered, the strongest first; RFC 8760 §2.4 leaves that to the client. */
  #choose(response: Response): Asked[] {
    const { headers } = response;
    const read = (challenges: readonly Challenge[], proxy: boolean): Asked[] =>
      challenges.slice(0, MOST_CHALLENGES).flatMap((challenge) => this.#read(challenge, proxy) ?? []);
    const all = [
      ...read(headers.get("WWW-Authenticate"), false),
      ...read(headers.get("Proxy-Authenticate"), true),
    ];
    return all.sort((one, other) => strengthOf(other.algorithm) - strengthOf(one.algorithm));
  }

  #read({ scheme, params }: Challenge, proxy: boolean): Asked | undefined {
    const realm = params.get("realm");
    const nonce = params.get("nonce");
    const named = params.get("algorithm");
    const algorithm = algorithmOf(named);
    const opaque = params.get("opaque");
    if (scheme.toLowerCase() !== "digest" || realm === undefined || nonce === undefined) return undefined;
    // They would have to go out again, and an escaped NUL (RFC 3261 §25.1, quoted-pair) is not written.
    if (![realm, nonce, opaque ?? ""].every(isSafe)) return undefined;
    if (!algorithm || (this.#algorithms && !this.#algorithms.includes(algorithm))) return undefined;
    const offered = params
      .get("qop")
      ?.toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean);
    const wanted: readonly DigestQop[] = this.#integrity ? ["auth-int", "auth"] : ["auth", "auth-int"];
    const qop = wanted.find((each) => offered?.includes(each));
    // It wants a protection that is none of ours.
    if (offered && offered.length > 0 && !qop) return undefined;
    return {
      proxy,
      realm,
      nonce,
      named,
      algorithm,
      qop,
      opaque,
      userhash: params.get("userhash")?.toLowerCase() === "true",
      stale: params.get("stale")?.toLowerCase() === "true",
    };
  }

  /** Credentials of these sessions, in place of those that were there for their realms. */
  #put(request: Request, keys: readonly string[]): void {
    for (const proxy of [false, true]) {
      const sessions = keys.flatMap((key) => {
        const session = key.startsWith(`${proxy} `) ? this.#sessions.get(key) : undefined;
        return session ?? [];
      });
      if (sessions.length === 0) continue;
      const name = HEADERS[`${proxy}`];
      const others = request.headers
        .get(name)
        .filter(({ params }) => !sessions.some(({ asked }) => asked.realm === params.get("realm")));
      const made = sessions.map((session) => session.credentials(request, this.#cnonce));
      request.headers.set(name, [...others, ...made]);
    }
  }
}

/**
 * Whether credentials were put into a request before anybody asked: who is asked first counts from 1. Another server of the
 * realm may have given the nonce, so that their refusal says nothing of the secret.
 */
function wasUnasked(given: Params): boolean {
  return Number.parseInt(given.get("nc") ?? "", 16) > 1;
}

/** What `rspauth` proves to a session that has answered with these credentials (RFC 7616 §3.5). */
function proofOf({ asked, ha1 }: Session, params: Params, info: Params, { body }: Response): ServerProof {
  const rspauth = info.get("rspauth");
  if (rspauth === undefined) return "absent";
  const { algorithm, qop } = asked;
  const [nonce, uri] = [params.get("nonce") ?? "", params.get("uri") ?? ""];
  const [nc, cnonce] = [params.get("nc"), params.get("cnonce")];
  const wanted = digestResponse({ algorithm, ha1, nonce, method: "", uri, qop, nc, cnonce, body });
  return sameText(wanted, rspauth.toLowerCase()) ? "proved" : "wrong";
}

function keyOf({ proxy, realm }: Asked): string {
  return `${proxy} ${realm}`;
}
