// Compositor: the states that clients publish, by whom they are about (RFC 3903). Of several, a person's two phones', the
// last one counts; to compose them is a policy of one's own.

const LONGEST = 3600;
const SHORTEST = 60;
/** Octets of a document: each is kept, and goes to every watcher, or who is said to be one. */
const LARGEST = 16_384;

export class Compositor {
  /** By whom they are about: the published states by entity-tag. */
  #states = new Map();
  /** How many there are, of all together. */
  #size = 0;
  /** How many were published; a state's own number says which is newer, and stays when it is refreshed. */
  #published = 0;
  #stack;
  #event;
  #types;
  #changed;
  #limit;

  /**
   * `event` is the package, `types` are its bodies' media types; `changed(who)` is called where a state is another. Past
   * `limit` states, of all together, a new one is refused 503: anybody can make them up.
   */
  constructor({ stack, event, types, changed, limit = 10_000 }) {
    this.#stack = stack;
    this.#event = event;
    this.#types = types;
    this.#changed = changed;
    this.#limit = limit;
  }

  /** The state of now: its body and Content-Type; undefined where nobody has published any. */
  state(who) {
    let newest;
    for (const state of this.#states.get(who)?.values() ?? [])
      if (newest === undefined || state.number > newest.number) newest = state;
    return newest?.content;
  }

  /** Does what a PUBLISH asks for, and returns the response to send (RFC 3903 §6). */
  publish(who, request) {
    const { headers } = request;
    const refuse = (status, name, value) => {
      const response = request.createResponse(status);
      if (name) response.headers.set(name, value);
      return response;
    };
    if (headers.get("Event")?.token !== this.#event) return refuse(489, "Allow-Events", this.#event);
    const tag = headers.get("SIP-If-Match");
    const old = this.#states.get(who)?.get(tag);
    if (tag !== undefined && !old) return refuse(412);
    const seconds = Math.min(headers.get("Expires") ?? LONGEST, LONGEST);
    if (seconds > 0 && seconds < SHORTEST) return refuse(423, "Min-Expires", SHORTEST);
    if (request.bodyLength > LARGEST) return refuse(413);
    const type = headers.get("Content-Type")?.essence;
    if (request.bodyLength > 0 && !this.#types.includes(type)) return refuse(415, "Accept", this.#types);
    // What begins a publication has a state in it; what refreshes one, or takes it back, need not.
    if (request.bodyLength === 0 && !old) return refuse(400);
    if (!old && seconds > 0 && this.#size >= this.#limit) return refuse(503);

    const told = request.bodyLength > 0;
    const content = told ? { body: request.body, contentType: type } : old.content;
    if (old) this.#remove(who, tag);
    const etag = this.#stack.random.tag();
    if (seconds > 0) this.#add(who, etag, content, told ? ++this.#published : old.number, seconds);
    if (told || seconds === 0) this.#changed(who);
    const response = request.createResponse(200);
    response.headers.set("SIP-ETag", etag);
    response.headers.set("Expires", seconds);
    return response;
  }

  /** Forgets everything, and leaves no timer. */
  close() {
    for (const [who, states] of this.#states) for (const tag of states.keys()) this.#remove(who, tag);
  }

  #add(who, etag, content, number, seconds) {
    const expire = () => {
      this.#remove(who, etag);
      this.#changed(who);
    };
    const states = this.#states.get(who) ?? new Map();
    this.#states.set(who, states);
    this.#size++;
    states.set(etag, { content, number, timer: this.#stack.clock.set(expire, seconds * 1000) });
  }

  #remove(who, etag) {
    const states = this.#states.get(who);
    this.#stack.clock.clear(states.get(etag).timer);
    states.delete(etag);
    this.#size--;
    if (states.size === 0) this.#states.delete(who);
  }
}
