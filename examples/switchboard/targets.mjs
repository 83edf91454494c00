// Targets: where the switchboard's proxy sends a request (RFC 3261 §16.5). All else of proxying is the library's.

/** Finds the targets of requests. */
export class Targets {
  #domain;
  #registrar;
  #relay;

  /** `relay` allows requests that begin here and go to another domain. */
  constructor({ domain, registrar, relay = false }) {
    this.#domain = domain;
    this.#registrar = registrar;
    this.#relay = relay;
  }

  /**
   * The targets of a request that the proxy has preprocessed; a status where it goes nowhere. Rejects where the location
   * service cannot be asked.
   */
  async find({ request, viaUs, inDialog, flow }) {
    const { headers, uri } = request;
    if (!uri.isSip) return 416;
    if (!headers.has("Route") && this.#domain.serves(uri)) {
      const found = await this.#registrar.locate(uri);
      // A call goes on by its connection while its user, whose GRUU the URI is, is not registered.
      return !found?.length && flow ? [{ uri, flow }] : (found ?? 404);
    }
    // Within a dialog the switchboard is on the path because it put itself there. What begins a dialog with
    // somebody else's users would make it an open relay.
    return (viaUs && inDialog) || this.#relay ? [{ uri }] : 403;
  }
}
