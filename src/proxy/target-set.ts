// TargetSet: the targets that a request has not been sent to yet, in groups, and all that it ever had (RFC 3261 §16.5):
// redirections add to it, and the user when all have failed.

import type { NameAddr } from "../message/name-addr.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import { groupTargets, type ProxyTarget, requestUri } from "./target.ts";

/** No more targets than this, whatever redirections bring. */
const MOST_TARGETS = 200;

/** Whose Contacts are no other targets: a proxy to go by, and services of another kind (RFC 3261 §21.3.4, §21.3.5). */
const ELSEWHERE: ReadonlySet<number> = new Set([305, 380]);

/** The targets of one request. */
export class TargetSet {
  readonly #sequential: boolean;
  readonly #groups: ProxyTarget[][];
  readonly #given: readonly ProxyTarget[];
  /** URIs that were targets already, once more are wanted: nobody is asked twice. */
  #known: Uri[] | undefined;

  constructor(targets: readonly ProxyTarget[], sequential: boolean) {
    this.#sequential = sequential;
    this.#groups = groupTargets(
      targets.length > MOST_TARGETS ? targets.slice(0, MOST_TARGETS) : targets,
      sequential,
    );
    this.#given = targets;
  }

  /** Whether none is left. */
  get empty(): boolean {
    return this.#groups.length === 0;
  }

  /** The next group; what is more than `room` waits for its turn (RFC 5393 §5.3.3.1). Undefined where none is left. */
  next(room: number): ProxyTarget[] | undefined {
    const group = this.#groups.shift();
    if (group === undefined || group.length <= room) return group;
    this.#groups.unshift(group.slice(room));
    return group.slice(0, room);
  }

  /**
   * More targets, but those that are known (§16.5), and no more than there may be.
   * @throws SipError `uri_invalid`
   */
  add(more: readonly ProxyTarget[]): void {
    const known = this.#uris;
    const added = more.filter(({ uri }) => {
      const asked = requestUri(uri);
      const fits = known.length < MOST_TARGETS && !known.some((each) => each.equals(asked));
      if (fits) known.push(asked);
      return fits;
    });
    this.#groups.push(...groupTargets(added, this.#sequential));
  }

  get #uris(): Uri[] {
    this.#known ??= this.#given.flatMap(({ uri }) => readable(uri));
    return this.#known;
  }

  /**
   * The Contacts of a 3xx become targets, and leave the response (§16.7 step 4). One that equals another is none (§16.5).
   *
   * @param secure whether the request was to a sips URI: then only such ones follow
   * @param closed whether no new targets are wanted
   * @returns whether the response has Contacts left, that could not be used
   */
  redirect({ headers, status }: Response, secure: boolean, closed: boolean): boolean {
    if (ELSEWHERE.has(status)) return true;
    const known = this.#uris;
    const added: ProxyTarget[] = [];
    const left: string[] = [];
    const contacts = contactsOf(headers);
    // Whoever reads them better may follow them.
    if (contacts === undefined) return true;
    for (const [at, contact] of contacts.entries()) {
      const { uri } = contact;
      const usable = uri.isSip && (!secure || uri.scheme === "sips") && !closed;
      // Each is compared with all that are known: of thousands in one response only the first are.
      if (!usable || known.length >= MOST_TARGETS || at >= MOST_TARGETS) left.push(`${contact}`);
      else {
        const asked = requestUri(uri);
        if (known.some((each) => each.equals(asked))) continue;
        known.push(asked);
        added.push({ uri, q: Number(contact.params.get("q") ?? 1) });
      }
    }
    headers.set("Contact", left);
    this.#groups.push(...groupTargets(added, this.#sequential));
    return left.length > 0;
  }
}

/** The Request-URI of a target that was given; nothing where it is none, which its branch has told of. */
function readable(uri: Uri | string): Uri[] {
  try {
    return [requestUri(uri)];
  } catch {
    return [];
  }
}

/** The Contacts of a redirection; undefined where one of them cannot be read. */
function contactsOf(headers: Response["headers"]): readonly NameAddr[] | undefined {
  try {
    return headers.get("Contact");
  } catch {
    return undefined;
  }
}
