// Registrar: answers REGISTER, and finds who can be reached where (RFC 3261 §10.3, RFC 3327, RFC 5626 §6, RFC 5627
// §5). The numbers are the steps of §10.3.

import { checkNumbers, checkSecret, need } from "../demands.ts";
import { notWanted, SipError } from "../errors.ts";
import { Headers } from "../message/headers.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { SipDate } from "../message/times.ts";
import { Uri } from "../message/uri.ts";
import type { Stack } from "../stack/stack.ts";
import { datagramName } from "./datagrams.ts";
import { bareInstance, Gruus } from "./gruus.ts";
import type { Binding, LocationService } from "./location.ts";
import { isBehindNat, isOutbound, knows, type Plan, plan, type Rules } from "./plan.ts";
import type { RegistrarOptions, ServiceRoute } from "./registrar-options.ts";
import { type RegisteredTarget, Ways } from "./ways.ts";

/** Extensions that a client may insist on. */
const EXTENSIONS = ["path", "outbound"];
/** Nobody of a longer name, with scheme and domain, is known here: each is kept. */
const LONGEST_AOR = 1024;
/** No time of an hour is too brief. */
const LONGEST_MIN = 3600;

/** Keeps a location service up to date with what users register. */
export class Registrar {
  readonly #stack: Stack;
  readonly #location: LocationService;
  readonly #aor: (uri: Uri) => string | undefined;
  readonly #rules: Rules;
  readonly #gruus: Gruus | undefined;
  readonly #flowTimer: number | undefined;
  readonly #serviceRoute: (request: Request) => ServiceRoute;
  readonly #ways: Ways;

  /**
   * Makes one that serves the domains of its stack, unless `aor` says otherwise.
   * @throws SipError `value_invalid` without `stack` or `location`, for a number or a `nat` that is none, an `edge` that is no
   *   SIP URI, a `serviceRoute` that cannot be written, and an empty `gruuSecret`
   */
  constructor(options: RegistrarOptions) {
    const { stack } = need("Registrar", options, "stack", "location");
    checkNumbers(options, 0, "minExpires", "maxExpires", "defaultExpires", "natExpires");
    checkNumbers(options, 1, "maxBindings", "flowTimer");
    checkSecret(options, "gruuSecret");
    const { nat = true } = options;
    if (typeof nat !== "boolean" && typeof nat !== "function")
      throw notWanted("nat", "a function or a boolean", nat);
    this.#stack = stack;
    this.#location = options.location;
    // In whole seconds: so they are written.
    this.#flowTimer = options.flowTimer && Math.floor(Math.min(options.flowTimer, 0xffffffff));
    this.#gruus = options.gruuSecret === undefined ? undefined : new Gruus(options.gruuSecret, stack.random);
    const { serviceRoute = [], edge } = options;
    this.#serviceRoute = typeof serviceRoute === "function" ? serviceRoute : () => serviceRoute;
    // What nobody could read is told now, and not to each client.
    if (typeof serviceRoute !== "function")
      new Headers().set("Service-Route", serviceRoute).get("Service-Route");
    this.#aor =
      options.aor ??
      ((uri) => (uri.user && stack.isLocal(uri) ? `sip:${uri.user}@${uri.host.toLowerCase()}` : undefined));
    this.#ways = new Ways(stack, edge);
    this.#rules = this.#rulesOf(options);
  }

  /**
   * Does what a REGISTER asks for, and returns the response to send. Whether its sender may (steps 3 and 4), and where one
   * stack has several domains, whether the Request-URI names that of To (steps 1 and 5), is for the core to find out
   * before. A location service that cannot be reached is a 503 with Retry-After.
   *
   * Rejects with SipError, with the status 400, for a header field that cannot be read, and with whatever else the
   * location service throws.
   */
  async register(request: Request): Promise<Response> {
    try {
      return await this.#register(request);
    } catch (error) {
      if (!(error instanceof SipError) || error.status !== 503) throw error;
      return comeBack(request, "5");
    }
  }

  #rulesOf(options: RegistrarOptions): Rules {
    const { nat = true, natExpires = Number.POSITIVE_INFINITY } = options;
    const minExpires = Math.ceil(Math.min(options.minExpires ?? 60, LONGEST_MIN));
    return {
      minExpires,
      maxExpires: options.maxExpires ?? 3600,
      defaultExpires: options.defaultExpires ?? 3600,
      maxBindings: options.maxBindings ?? 10,
      acceptContact: (uri, request) => {
        // The address-of-record would lead to itself, and so would a GRUU of ours (RFC 5627 §5.1).
        if (request.headers.get("To")?.uri.equals(uri)) return false;
        if (this.#gruus && uri.params.has("gr") && this.#stack.isLocal(uri)) return false;
        return options.acceptContact?.(uri, request) ?? !this.#stack.isLocal(uri);
      },
      nat: nat === true ? isBehindNat : nat || (() => false),
      // Who asks for what was granted is not refused.
      natExpires: Math.max(natExpires, minExpires),
      edge: (flow) => this.#ways.edge(flow),
      isGone: (binding) => this.#ways.isGone(binding),
      datagrams: (flow) => datagramName(this.#stack, flow),
    };
  }

  async #register(request: Request): Promise<Response> {
    const { headers } = request;
    // 2. It knows few extensions that a client could insist on.
    const known = this.#gruus ? [...EXTENSIONS, "gruu"] : EXTENSIONS;
    const unknown = headers.get("Require").filter((each) => !known.includes(each.toLowerCase()));
    if (unknown.length > 0) {
      const response = request.createResponse(420);
      response.headers.set("Unsupported", unknown);
      return response;
    }
    // 5. The address-of-record is To.
    const to = headers.get("To");
    const aor = to && this.#aor(to.uri);
    if (aor === undefined || aor.length > LONGEST_AOR) return request.createResponse(404);
    const outbound = isOutbound(request);
    if (outbound && !firstHopKnowsOutbound(request)) return request.createResponse(439);

    // 6 and 7. Nothing changes unless all of it is good.
    const now = this.#location.now();
    const mark = this.#gruus?.mark();
    let planned: Plan = { status: 500 };
    const change = (current: readonly Binding[]): readonly Binding[] | undefined => {
      planned = plan(request, current, now, this.#rules, mark);
      return "bindings" in planned && headers.has("Contact") ? planned.bindings : undefined;
    };
    const kept = await this.#location.update(aor, change);
    const result = planned as Plan;
    if ("status" in result) {
      const refusal = request.createResponse(result.status);
      if (result.status === 423) refusal.headers.set("Min-Expires", String(this.#rules.minExpires));
      return refusal;
    }
    if (!kept) return comeBack(request, "60");
    return this.#accept(request, aor, result.bindings, now, outbound);
  }

  /** 8. The answer lists what holds now, not what was asked for. */
  #accept(
    request: Request,
    aor: string,
    bindings: readonly Binding[],
    now: number,
    outbound: boolean,
  ): Response {
    const response = request.createResponse(200);
    const { headers } = response;
    const gruus = this.#gruusFor(request, aor);
    const contacts = bindings.map((binding) => {
      const { contact, q, expires } = binding;
      // Fractions of a millisecond do not add up: 120,000 of them must not become 121 seconds.
      const seconds = Math.ceil(Math.round(expires - now) / 1000);
      let params = NameAddr.parse(contact).params.with("expires", seconds);
      if (q !== 1) params = params.with("q", q);
      for (const [name, uri] of gruus(binding)) params = params.with(name, `${uri}`);
      return NameAddr.parse(contact).with({ params });
    });
    if (contacts.length > 0) headers.set("Contact", contacts);
    // By which phones set their clocks (§10.2.5).
    headers.set("Date", new SipDate(Date.now()));
    // RFC 3327 §5.3: the client sees which way it will be called.
    const path = request.headers.get("Path");
    if (path.length > 0) headers.set("Path", path);
    const serviceRoute = this.#serviceRoute(request);
    if (serviceRoute.length > 0) headers.set("Service-Route", serviceRoute);
    if (outbound) headers.set("Require", "outbound");
    // With a Path the flow ends at an edge proxy, whose timer it is.
    if (outbound && path.length === 0 && this.#flowTimer) headers.set("Flow-Timer", String(this.#flowTimer));
    return response;
  }

  /** The GRUUs of each binding, for a client that asks for them (RFC 5627 §5.2). */
  #gruusFor(request: Request, aor: string): (binding: Binding) => readonly [name: string, uri: Uri][] {
    const gruus = this.#gruus;
    const uri = request.headers.get("To")?.uri;
    if (!gruus || !uri || !knows(request, "gruu")) return () => [];
    return ({ instance, gruuMark }) => {
      if (instance === undefined || gruuMark === undefined) return [];
      return [
        ["pub-gruu", gruus.public(uri, instance)],
        ["temp-gruu", gruus.temporary(uri, { aor, mark: gruuMark })],
      ];
    };
  }

  /**
   * The ways to the user that a URI names, the preferred ones first, for a proxy. An empty list where nobody is here
   * now (480); undefined for a URI that is none of ours, or a user who never registered (404). A binding whose
   * connection is gone is none, unless its Contact says that it can be called all the same: it names the address that
   * the client came from, by TCP. Of one instance's the newest is taken, with the others `instead` (RFC 5626 §7). A GRUU
   * leads to its instance alone; a temporary one that is over is none of ours. Rejects with what the location service
   * throws.
   * A binding whose connection another machine has leads to that machine.
   *
   * @throws SipError `uri_invalid` for text that is no URI
   */
  async locate(user: Uri | string): Promise<readonly RegisteredTarget[] | undefined> {
    const uri = typeof user === "string" ? Uri.parse(user) : user;
    const gr = uri.isSip && this.#gruus ? uri.params.get("gr") : undefined;
    if (gr === undefined) {
      const bindings = await this.#find(this.#aor(uri));
      return bindings && this.#ways.of(bindings);
    }
    const hidden = gr === "" ? this.#gruus?.read(uri.user) : undefined;
    if (gr === "" && !hidden) return undefined;
    const bindings = await this.#find(hidden ? hidden.aor : this.#aor(uri));
    const name = gr.toLowerCase();
    const own = bindings?.filter(({ gruuMark, instance = "" }) =>
      hidden ? gruuMark === hidden.mark : bareInstance(instance).toLowerCase() === name,
    );
    // RFC 5627 §5.1: a temporary one is over with its last binding.
    if (hidden && own?.length === 0) return undefined;
    return own && this.#ways.of(own, 1);
  }

  async #find(aor: string | undefined): Promise<readonly Binding[] | undefined> {
    return aor === undefined ? undefined : this.#location.find(aor);
  }
}

/** Whether the edge proxy keeps the client's flow: its Path is the last, and has `ob` (RFC 5626 §6). */
function firstHopKnowsOutbound({ headers }: Request): boolean {
  if (headers.get("Via").length < 2) return true;
  return headers.get("Path").at(-1)?.uri.params.has("ob") === true;
}

function comeBack(request: Request, seconds: string): Response {
  const response = request.createResponse(503);
  response.headers.set("Retry-After", seconds);
  return response;
}
