// Gatekeeper: who is let in, where there is a list of users: those who can answer a challenge (RFC 3261 §22).

import { readFileSync } from "node:fs";
import { DigestServer } from "sippet/digest";

/** By which a caller could say that he is somebody else: a phone may show them in place of From. */
const NAMES = ["P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"];

/** Asks for credentials. */
export class Gatekeeper {
  #serves;
  #isOnItsWay;
  #registrar;
  #proxy;

  /**
   * @param users passwords by name
   * @param algorithms what challenges offer; where there are none, DigestServer's own choice
   * @param serves whether a URI is in the domain of these users
   * @param isOnItsWay whether a request with this URI in Route comes from another machine of ours, or from one side of
   *   a dialog that was let in
   */
  constructor({ users, realm, algorithms, secret, serves, isOnItsWay }) {
    const lookup = ({ username }) => (users.has(username) ? { password: users.get(username) } : undefined);
    // Machines that share the secret take the answers to each other's challenges.
    const options = { realm, lookup, ...(algorithms && { algorithms }), ...(secret && { secret }) };
    this.#serves = serves;
    this.#isOnItsWay = isOnItsWay;
    this.#registrar = new DigestServer(options);
    this.#proxy = new DigestServer({ ...options, proxy: true });
  }

  /** The response that refuses a request; undefined for one that is let in. */
  async refuse(request) {
    const { method, headers } = request;
    // They belong to an INVITE, which was asked (§22.1).
    if (method === "ACK" || method === "CANCEL") return undefined;
    const registers = method === "REGISTER";
    const route = headers.first("Route");
    // No REGISTER belongs to a dialog, whatever tag its To has.
    if (!registers && route && this.#isOnItsWay(route.uri, request)) return undefined;
    const digest = registers ? this.#registrar : this.#proxy;
    const verdict = await digest.check(request);
    if (!verdict.ok) return digest.challenge(request, verdict);
    const { uri } = headers.get(registers ? "To" : "From");
    // Nobody registers, or calls, by another's name; alice of another domain is another one. A caller may keep his own back
    // (RFC 3323 §4.1).
    const isAnonymous = !registers && uri.isSip && uri.host.toLowerCase() === "anonymous.invalid";
    const isOwn = uri.user === verdict.username && this.#serves(uri);
    return isAnonymous || isOwn ? undefined : request.createResponse(403);
  }

  /**
   * Takes out of what is sent on what was meant for us alone: credentials (RFC 3261 §22.3), and by what other names a
   * caller calls himself, which we trust nobody with (RFC 3325 §5).
   */
  keep({ headers }) {
    headers.update("Proxy-Authorization", (all) =>
      all.filter(({ params }) => params.get("realm") !== this.#proxy.realm),
    );
    for (const name of NAMES) headers.delete(name);
  }
}

/** Reads a file of users: a line `name:password` for each; empty lines and those with # in front are none. */
export function readUsers(file) {
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const users = lines
    .filter((line) => line.trim() && !line.startsWith("#"))
    .map((line) => {
      const at = line.indexOf(":");
      if (at < 1) throw new Error(`${file}: a line is "name:password", not "${line}"`);
      return [line.slice(0, at), line.slice(at + 1)];
    });
  return new Map(users);
}
