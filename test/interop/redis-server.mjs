// RedisServer: a redis-server of its own, on a free port of the loopback interface, with its data in a temporary
// folder; it can be killed and started again. What it has acknowledged is on the disk: `appendfsync always`.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { freePort } from "../browser/free-port.mjs";
import { Program } from "../browser/program.mjs";

export class RedisServer {
  #program;
  #folder;
  #port;
  #clients = [];

  static async start() {
    const server = new RedisServer();
    server.#folder = await mkdtemp(join(tmpdir(), "sippet-redis-"));
    server.#port = await freePort();
    await server.start();
    return server;
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Starts it, with what it had before; resolves when it can be asked. */
  async start() {
    const where = ["--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#folder];
    const keep = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
    this.#program = new Program("redis-server", [...where, ...keep, "--maxmemory-policy", "noeviction"]);
    await this.#program.prints(/Ready to accept connections/);
  }

  /** Ends it without a word: SIGKILL. */
  async kill() {
    await this.#program.kill();
  }

  /** Keeps it from answering, and its connections open: SIGSTOP; or lets it go on. */
  halt(signal = "SIGSTOP") {
    this.#program.signal(signal);
  }

  /** A connected client as its users make one. */
  async client(options = {}) {
    const client = createClient({ url: this.url, ...options });
    client.on("error", () => {});
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  async close() {
    for (const client of this.#clients) if (client.isOpen) client.destroy();
    await this.#program.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
