// Ways: how the clients of bindings are reached: by a connection of theirs, here or at another machine, where they were seen, by
// a Path, or at their Contact.

import { notWanted } from "../errors.ts";
import { NameAddr } from "../message/name-addr.ts";
import { Uri } from "../message/uri.ts";
import type { Stack } from "../stack/stack.ts";
import type { Flow } from "../transport/transport.ts";
import { datagramFlow, isDatagramName } from "./datagrams.ts";
import type { Binding } from "./location.ts";

/** A way to a user; a target of `SipProxy`. */
export interface RegisteredTarget {
  /** The Contact's. */
  readonly uri: Uri;
  /** The preference, 0 to 1. */
  readonly q: number;
  /** The proxies on the way, the nearest first. */
  readonly path: readonly NameAddr[];
  /** The only flow that leads there. */
  readonly flow?: Flow;
  /** The other ways to the same client, as its instance tells, the newest first, where there are several (RFC 5626 §7). */
  readonly instead?: readonly RegisteredTarget[];
}

/** Finds the ways of bindings at one machine. */
export class Ways {
  readonly #stack: Stack;
  readonly #edge: (() => Uri) | undefined;

  /**
   * @param edge where other machines reach this one, or a function that tells
   * @throws SipError `value_invalid` for an `edge` that is no SIP URI
   */
  constructor(stack: Stack, edge: string | (() => string) | undefined) {
    this.#stack = stack;
    if (typeof edge === "string") edgeOf(edge);
    this.#edge = edge === undefined ? undefined : () => edgeOf(typeof edge === "string" ? edge : edge());
  }

  /** The Route by which other machines reach a connection of this one; undefined where there are none. */
  edge({ id }: Flow): string | undefined {
    const uri = this.#edge?.();
    return uri && `<${uri.with({ user: id, params: uri.params.with("lr") })}>`;
  }

  /** The ways of the newest bindings, so many at most; of one instance's the newest has the others with it (RFC 5626 §7). */
  of(bindings: readonly Binding[], most: number = Number.POSITIVE_INFINITY): readonly RegisteredTarget[] {
    const clients = new Map<string, { instead?: RegisteredTarget[] }>();
    const targets: RegisteredTarget[] = [];
    // The newest are the last.
    for (const binding of [...bindings].reverse()) {
      if (this.isGone(binding)) continue;
      const { contact, q, path, instance } = binding;
      const flow = this.#flow(binding);
      const elsewhere = flow ? undefined : this.#elsewhere(binding);
      const target: RegisteredTarget & { instead?: RegisteredTarget[] } = {
        uri: NameAddr.parse(contact).uri,
        q,
        path: elsewhere ? [elsewhere] : path.map((each) => NameAddr.parse(each)),
        ...(flow && { flow }),
      };
      const newest = instance === undefined ? undefined : clients.get(instance);
      if (newest) {
        newest.instead ??= [];
        newest.instead.push(target);
      } else if (targets.length < most) {
        targets.push(target);
        if (instance !== undefined) clients.set(instance, target);
      }
    }
    return targets.reverse().sort((one, other) => other.q - one.q);
  }

  /** True where the connection of a client is gone that there is no other way to. */
  isGone(binding: Binding): boolean {
    const { flow, callable } = binding;
    if (flow === undefined || callable || isDatagramName(flow)) return false;
    return !this.#flow(binding) && !this.#elsewhere(binding);
  }

  #flow({ flow: id }: Binding): Flow | undefined {
    if (id === undefined) return undefined;
    const flow = isDatagramName(id) ? datagramFlow(this.#stack, id) : this.#stack.flow(id);
    return flow?.open ? flow : undefined;
  }

  /** The machine that has the connection of a binding; undefined where that would be this one. */
  #elsewhere({ flow, edge }: Binding): NameAddr | undefined {
    if (edge === undefined || isDatagramName(flow)) return undefined;
    const there = NameAddr.parse(edge);
    const own = this.#edge?.();
    const isHere = own?.host === there.uri.host && own.port === there.uri.port;
    return isHere || this.#stack.isLocal(there.uri) ? undefined : there;
  }
}

/** The URI of an edge. @throws SipError `value_invalid` for what is none: the fault is ours, and no 400 */
function edgeOf(text: string): Uri {
  try {
    const uri = Uri.parse(text);
    if (uri.isSip) return uri;
  } catch {
    // Said below.
  }
  throw notWanted("edge", "a SIP URI", text);
}
