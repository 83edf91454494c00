// UserAgentHost: the host that the usages of one user agent share, made of its options.

import type { DialogTable } from "./dialog-table.ts";
import { askFinal, type Closable, type Host, type Usage } from "./host.ts";
import { contactFor, isSecure } from "./initial-request.ts";
import { METHODS, type UserAgentOptions } from "./user-agent-options.ts";
import { UserCode } from "./user-code.ts";

/** Makes it. @param dialogs where its usages are */
export function hostOf(options: UserAgentOptions, dialogs: DialogTable): Host {
  const { stack, clock = stack.clock, random = stack.random, timers } = options;
  const code = new UserCode(options.onError);
  const host: Host = {
    stack,
    clock,
    random,
    t1: timers?.t1 ?? stack.timers.t1,
    t2: timers?.t2 ?? stack.timers.t2,
    allow: options.allow ?? METHODS,
    extensions: (options.extensions ?? []).map((extension) => extension.toLowerCase()),
    events: options.events ?? [],
    sendOptions: options.sendOptions ?? {},
    loose: new Set<Closable>(),
    expecting: new Map<string, Usage>(),
    counts: { strays: 0, unreadable: 0 },
    add: (dialog, usage) => dialogs.add(dialog, usage),
    remove: (dialog, usage) => dialogs.remove(dialog, usage),
    isFull: (dialog) => dialogs.isFull(dialog),
    part: (dialog, answered) => dialogs.part(dialog, answered),
    contactFor: (message) =>
      contactFor(options, message.flow, message.kind === "request" && isSecure(message, "Record-Route")),
    ask: (request, dialog, onAgain) => askFinal(host, request, dialog, onAgain),
    report: (error) => code.report(error),
    call: (callback, failed) => code.call(callback, failed),
  };
  return host;
}
