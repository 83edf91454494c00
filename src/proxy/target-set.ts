// TargetSet: the targets that a request has not been sent to yet, in groups, and all that it ever had (RFC 3261 §16.5):
// redirections add to it.

import type { NameAddr } from "../message/name-addr.ts";
import type { Response } from "../message/response.ts";
import { groupTargets, type ProxyTarget } from "./target.ts";

/** No more targets than this, whatever redirections bring. */
const MOST_TARGETS = 200;

/** The targets of one request. */
export class TargetSet {
  readonly #sequential: boolean;
  readonly #groups: ProxyTarget[][];
  readonly #given: readonly ProxyTarget[];
  /** URIs that were targets already, once somebody redirects: no redirection leads there again. */
  #known: Set<string> | undefined;

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
   * The Contacts of a 3xx become targets, and leave the response (§16.7 step 4).
   *
   * @param secure whether the request was to a sips URI: then only such ones follow
   * @param closed whether no new targets are wanted
   * @returns whether the response has Contacts left, that could not be used
   */
  redirect({ headers }: Response, secure: boolean, closed: boolean): boolean {
    this.#known ??= new Set(this.#given.map(({ uri }) => String(uri)));
    const known = this.#known;
    const added: ProxyTarget[] = [];
    const left: string[] = [];
    const contacts = contactsOf(headers);
    // Whoever reads them better may follow them.
    if (contacts === undefined) return true;
    for (const contact of contacts) {
      const { uri } = contact;
      const usable = uri.isSip && (!secure || uri.scheme === "sips") && !closed;
      if (!usable || known.size >= MOST_TARGETS) left.push(`${contact}`);
      else if (!known.has(`${uri}`)) {
        known.add(`${uri}`);
        added.push({ uri, q: Number(contact.params.get("q") ?? 1) });
      }
    }
    headers.set("Contact", left);
    this.#groups.push(...groupTargets(added, this.#sequential));
    return left.length > 0;
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
