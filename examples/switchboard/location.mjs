// Location: who can be reached where (RFC 3261 §10.1, "location service"). In memory; a restart forgets.

/**
 * A binding of a user to a contact.
 *
 * @typedef {object} Binding
 * @property {NameAddr} contact   the Contact as it was registered
 * @property {number}   expires   when it ends, in milliseconds since 1970
 * @property {string}   callId    of the REGISTER that made it
 * @property {number}   cseq      likewise
 * @property {Flow | undefined} flow   the connection of one who cannot be called (RFC 5626 §5.3)
 */

/** Bindings by user. */
export class Location {
  /** Kept when its last binding is gone: it tells "not here now" (480) from "nobody of that name" (404). */
  #users = new Map();
  #limit;
  #now;

  constructor({ limit = 10_000, now = Date.now } = {}) {
    this.#limit = limit;
    this.#now = now;
  }

  /** The bindings that hold now, the preferred ones first; undefined for a user who never registered. */
  find(user) {
    const bindings = this.#users.get(user);
    if (!bindings) return undefined;
    const now = this.#now();
    const live = bindings.filter(({ expires, flow }) => expires > now && flow?.open !== false);
    if (live.length < bindings.length) this.#users.set(user, live);
    return live.sort((one, other) => preference(other) - preference(one));
  }

  /** Replaces a user's bindings; false where there is no room for one more user. */
  save(user, bindings) {
    if (!this.#users.has(user) && this.#users.size >= this.#limit && !this.#makeRoom()) return false;
    this.#users.set(user, bindings);
    return true;
  }

  /** Forgets those who are not here. */
  #makeRoom() {
    for (const user of [...this.#users.keys()]) {
      if (this.find(user).length === 0) this.#users.delete(user);
    }
    return this.#users.size < this.#limit;
  }
}

/** The q of a Contact, from 0 to 1 (RFC 3261 §20.10). */
function preference({ contact }) {
  const q = Number(contact.params.get("q") ?? 1);
  return q >= 0 && q <= 1 ? q : 1;
}
