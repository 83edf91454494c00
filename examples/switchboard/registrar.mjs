// Registrar: answers REGISTER, and writes the location (RFC 3261 §10.3). The numbers are the steps there.

const MAX_BINDINGS = 16;
const DEFAULT_EXPIRES = 3600;

/** Keeps a location up to date with what users register. */
export class Registrar {
  #location;
  #domain;
  #minExpires;
  #maxExpires;
  #now;

  /** `minExpires` and `maxExpires` are in seconds. */
  constructor({ location, domain, minExpires = 60, maxExpires = 3600, now = Date.now }) {
    this.#location = location;
    this.#domain = domain;
    this.#minExpires = minExpires;
    this.#maxExpires = maxExpires;
    this.#now = now;
  }

  /** Answers one REGISTER. Nothing changes unless all of it is good (step 7). */
  handle(exchange) {
    const { request } = exchange;
    const { headers } = request;
    // 2. It knows no extension that a client could insist on.
    const required = headers.get("Require");
    if (required.length > 0) return exchange.respond(420, { Unsupported: required });

    // 5. The address-of-record is To; of all the domain's names for a user one is as good as another.
    const { uri } = headers.get("To");
    if (!this.#domain.serves(uri) || !uri.user) return exchange.respond(404);
    const current = this.#location.find(uri.user) ?? [];

    const contacts = headers.get("Contact");
    const planned = contacts.some(({ isStar }) => isStar)
      ? this.#removeAll(request, current)
      : this.#update(request, current);
    if ("status" in planned) return exchange.respond(planned.status, planned.fields);
    if (contacts.length > 0 && !this.#location.save(uri.user, planned.bindings)) return exchange.respond(503);

    // 8. The answer lists what holds now, not what was asked for.
    exchange.respond(200, {
      Contact: planned.bindings.map((binding) => this.#describe(binding)),
      Date: new Date(this.#now()).toUTCString(),
    });
  }

  /** 6. `Contact: *` */
  #removeAll(request, current) {
    const { headers } = request;
    if (headers.get("Contact").length > 1 || headers.get("Expires") !== 0) return { status: 400 };
    if (current.some((binding) => isOutdated(request, binding))) return { status: 500 };
    return { bindings: [] };
  }

  /** 7. Each Contact adds a binding, refreshes one, or takes one away. */
  #update(request, current) {
    let bindings = current;
    for (const contact of request.headers.get("Contact")) {
      // One who could register this switchboard's own address would make it call itself.
      if (!contact.uri.isSip || this.#domain.serves(contact.uri)) return { status: 403 };

      const seconds = requestedExpires(request, contact);
      if (seconds > 0 && seconds < this.#minExpires) {
        return { status: 423, fields: { "Min-Expires": this.#minExpires } };
      }
      const known = bindings.find((binding) => binding.contact.uri.equals(contact.uri));
      if (known && isOutdated(request, known)) return { status: 500 };
      bindings = bindings.filter((binding) => binding !== known);
      if (seconds > 0) bindings.push(this.#bind(request, contact, seconds));
    }
    return bindings.length > MAX_BINDINGS ? { status: 403 } : { bindings };
  }

  #bind(request, contact, seconds) {
    const { headers, flow } = request;
    return {
      contact,
      expires: this.#now() + Math.min(seconds, this.#maxExpires) * 1000,
      callId: headers.get("Call-ID"),
      cseq: headers.get("CSeq").number,
      // A browser cannot be called: its connection is the only way to it, whatever its Contact says.
      flow: flow.transport.reliable ? flow : undefined,
    };
  }

  #describe({ contact, expires }) {
    const seconds = Math.ceil((expires - this.#now()) / 1000);
    return contact.with({ params: contact.params.with("expires", seconds) });
  }
}

/** The same client's REGISTERs count upwards; one that does not has been overtaken on its way. */
function isOutdated(request, binding) {
  const { headers } = request;
  return headers.get("Call-ID") === binding.callId && headers.get("CSeq").number <= binding.cseq;
}

/** In seconds: the Contact's own `expires`, else the Expires header field, else the default. */
function requestedExpires(request, contact) {
  const own = contact.params.get("expires");
  if (own !== undefined && /^\d+$/.test(own)) return Number(own);
  return request.headers.get("Expires") ?? DEFAULT_EXPIRES;
}
