// Detour: where the REGISTERs of one round go, where a registrar sends its client elsewhere (RFC 3261 §8.1.3.4): each place
// once, a few in all, and none that is less secure.

import { NameAddr } from "../message/name-addr.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import type { RegistrationOptions } from "./options.ts";

/** Where a REGISTER goes. */
export interface Place {
  /** Its Request-URI. */
  readonly uri: Uri;
  /** The proxy that a 305 wants it to go by. */
  readonly proxy?: NameAddr;
  /** The way that the user has given: to the registrar that he has named. */
  readonly send?: RegistrationOptions["send"];
  /** Later rounds may begin here: who sent us here has moved for good (301). */
  readonly lasts: boolean;
}

/** Places beyond the first that one round goes to at most. */
const MOST_PLACES = 5;

/** RFC 3261 §21.3: elsewhere by several choices, for good, for now; by a proxy. */
const REDIRECTIONS: readonly number[] = [300, 301, 302, 305];

/** Whether a response sends its client elsewhere. */
export const isRedirection = ({ status }: Response): boolean => REDIRECTIONS.includes(status);

/** The places of one round. */
export class Detour {
  readonly #options: Pick<RegistrationOptions, "follow" | "stack">;
  /** Those where we were, or are to go. */
  readonly #known = new Set<string>();
  readonly #left: Place[] = [];

  constructor(options: Pick<RegistrationOptions, "follow" | "stack">, first: Place) {
    this.#options = options;
    this.#known.add(nameOf(first));
  }

  /** Where to go next; undefined where there is nowhere. */
  next(): Place | undefined {
    return this.#left.shift();
  }

  /** Takes the places that a redirection names, the best first. @param from who sent it */
  take(response: Response, from: Place): void {
    const { follow } = this.#options;
    if (!follow) return;
    const found: Place[] = [];
    for (const uri of contactsOf(response)) {
      const place = this.#place(uri, response, from);
      const name = nameOf(place);
      // RFC 3261 §26.2.2: who asked for a secure way is not led off it.
      if (this.#known.has(name) || (from.uri.scheme === "sips" && uri.scheme !== "sips")) continue;
      if (this.#known.size > MOST_PLACES) break;
      if (follow === true ? this.#downgrades(uri, response) : !follow(uri, response)) continue;
      this.#known.add(name);
      found.push(place);
    }
    this.#left.unshift(...found);
  }

  #place(uri: Uri, { status }: Response, from: Place): Place {
    const proxy = () => NameAddr.of({ uri: uri.with({ params: uri.params.with("lr") }) });
    // RFC 3261 §21.3.4: this request alone goes by it.
    return status === 305
      ? { uri: from.uri, proxy: proxy(), lasts: false }
      : { uri, lasts: from.lasts && status === 301 };
  }

  /** Whether what came over TLS would go on without it. */
  #downgrades(uri: Uri, { flow }: Response): boolean {
    const { transports } = this.#options.stack;
    if (uri.scheme === "sips" || isSecure(uri.params.get("transport")) || !isSecure(flow?.transport.protocol))
      return false;
    return transports.some(({ protocol }) => !isSecure(protocol));
  }
}

const isSecure = (protocol: string | undefined): boolean => /^(?:tls|wss)$/i.test(protocol ?? "");

const nameOf = ({ uri, proxy }: Place): string => `${proxy ?? ""}${uri}`;

/**
 * The URIs of a redirection that a REGISTER can go to, the best first: without user, headers and method (RFC 3261 §10.2,
 * §19.1.1). None where they cannot be read.
 */
function contactsOf({ headers }: Response): readonly Uri[] {
  try {
    return headers
      .get("Contact")
      .filter(({ uri }) => uri.isSip)
      .map(({ uri, params }) => ({
        q: Number(params.get("q") ?? 1),
        uri: uri.with({
          user: undefined,
          password: undefined,
          headers: {},
          params: uri.params.without("method"),
        }),
      }))
      .sort((one, other) => other.q - one.q)
      .map(({ uri }) => uri);
  } catch {
    return [];
  }
}
