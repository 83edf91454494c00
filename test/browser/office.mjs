// Office: a switchboard in this process, whose transactions can be counted, and its wire read.

import { setTimeout as sleep } from "node:timers/promises";
import { MemoryLocation } from "../../dist/registrar.js";
import { serve } from "../../examples/switchboard/http.mjs";
import { Journal } from "../../examples/switchboard/journal.mjs";
import { readOptions } from "../../examples/switchboard/options.mjs";
import { Switchboard } from "../../examples/switchboard/switchboard.mjs";
import { servePeerPages } from "./peer-pages.mjs";

/** The users' domain: another name than the host that the pages come from. */
export const DOMAIN = "switchboard.example";

/** Every user is known, and has this password. */
export const passwordOf = (user) => `of ${user}`;

/** A switchboard, and the pages of peers. */
export class Office {
  /** Where its pages are: host:port. */
  http;
  #stack;
  #server;
  #wire = [];

  /** @param asksForPasswords whether it lets in nobody without one */
  static async open(options, { asksForPasswords }) {
    const office = new Office();
    const host = "127.0.0.1";
    const where = ["--udp-host", host, "--udp-port", "0", "--http-host", host, "--http-port", "0"];
    const read = readOptions([...where, "--domain", DOMAIN, ...options], {});
    const server = await serve(read);
    servePeerPages(server);
    office.#server = server;
    office.http = `${host}:${server.address().port}`;
    const { stack } = new Switchboard(read, {
      server,
      journal: new Journal(() => {}),
      location: new MemoryLocation(),
      users: asksForPasswords ? { has: () => true, get: passwordOf } : undefined,
      tap: (data, direction) => office.#wire.push(`${direction} ${Buffer.from(data)}`),
    });
    office.#stack = stack;
    await stack.start();
    return office;
  }

  /** How many messages have come in, or gone out, of which this is true. */
  count(pattern, direction = "in") {
    const prefix = `${direction} `;
    const isOne = (text) => text.startsWith(prefix) && pattern.test(text.slice(prefix.length));
    return this.#wire.filter(isOne).length;
  }

  /** Forgets what was on the wire; gives it, with descriptions left out. */
  forget() {
    return this.#wire.splice(0).map((text) => text.replace(/\r\n\r\nv=0.*/s, "\r\n\r\n(SDP)\r\n"));
  }

  /** Waits until nothing is under way; what is, all the same. */
  async idle() {
    const left = () => {
      const { client, server, timers } = this.#stack.stats.transactions;
      return { client, server, timers };
    };
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(20)) {
      if (Object.values(left()).every((count) => count === 0)) break;
    }
    return left();
  }

  async close() {
    await this.#stack.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
