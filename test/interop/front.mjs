// Front: a Kamailio in front of a fleet, as docs/scale.md has it, at an address of its own.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../browser/free-port.mjs";
import { Program } from "../browser/program.mjs";

export class Front {
  /** Where it is, as host:port. */
  sip;
  #program;
  #folder;

  /** @param fleet   the addresses of its machines, as host:port */
  static async start(fleet) {
    const front = new Front();
    front.#folder = await mkdtemp(join(tmpdir(), "sippet-front-"));
    const port = await freePort();
    front.sip = `127.0.0.3:${port}`;
    const names = { PORT: port, FOLDER: front.#folder };
    const template = await readFile(new URL("front/kamailio.cfg", import.meta.url), "utf8");
    const config = join(front.#folder, "kamailio.cfg");
    await writeFile(
      config,
      template.replaceAll(/@([A-Z]+)@/g, (_, name) => names[name]),
    );
    await writeFile(
      join(front.#folder, "dispatcher.list"),
      fleet.map((address) => `1 sip:${address}\n`).join(""),
    );
    const memory = ["-m", "64", "-M", "8"];
    front.#program = new Program("kamailio", ["-DD", "-E", "-f", config, "-Y", front.#folder, ...memory]);
    return front;
  }

  get output() {
    return this.#program.output;
  }

  /** Ends it: SIGTERM, which its processes pass on. */
  async stop() {
    this.#program.signal("SIGTERM");
    await Promise.race([this.#program.exit(), sleep(10_000, undefined, { ref: false })]);
    await this.#program.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
