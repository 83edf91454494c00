// Kamailio: a Kamailio with the configuration in kamailio/, on ports and in a folder of its own.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../browser/free-port.mjs";
import { startDaemon } from "../browser/program.mjs";

export class Kamailio {
  /** Of UDP and TCP. */
  port;
  /** Of WebSocket. */
  wsPort;
  #program;

  /** Its configuration, and what else is in there. */
  folder;

  /** @param server   the ports of the library's server, and who Kamailio is there: `{ UDP, account, password }` */
  static start(server) {
    return Kamailio.attempt(() => new Kamailio(), server);
  }

  /** Starts one; a port that was free for UDP may be taken for TCP. */
  static async attempt(make, options) {
    for (let tries = 1; ; tries++) {
      const kamailio = make();
      try {
        await kamailio.run(options);
        return kamailio;
      } catch (error) {
        await kamailio.stop();
        if (tries === 3) throw error;
      }
    }
  }

  /** Starts it; again after `halt`, on the same ports. */
  async run(options) {
    this.folder ??= await mkdtemp(join(tmpdir(), "sippet-kamailio-"));
    for (const [name, text] of Object.entries(await this.files(options))) {
      await writeFile(join(this.folder, name), text);
    }
    const args = [
      ...["-DD", "-E", "-f", join(this.folder, "kamailio.cfg"), "-Y", this.folder],
      ...["-x", "tlsf", "-X", "tlsf", "-m", "64", "-M", "8"],
    ];
    // It ends its workers itself.
    this.#program = startDaemon("kamailio", args, {}, "TERM");
    await this.#answers();
  }

  /** What is in its folder: chooses ports, too. */
  async files({ UDP, account, password }) {
    this.port = await freePort();
    this.wsPort = await freePort();
    const names = { PORT: this.port, WS: this.wsPort, FOLDER: this.folder };
    const columns = {
      ...{ "id(int,auto)": 1, "l_uuid(string)": "trunk" },
      ...{ "l_username(string)": "desk", "l_domain(string)": "kamailio.test" },
      ...{ "r_username(string)": account, "r_domain(string)": "office.test", "realm(string)": "office.test" },
      ...{ "auth_username(string)": account, "auth_password(string)": password, "auth_ha1(string,null)": "" },
      "auth_proxy(string)": `sip\\:127.0.0.1\\:${UDP}`,
      ...{ "expires(int)": 300, "flags(int)": 0, "reg_delay(int)": 0 },
      ...{ "contact_addr(string,null)": "", "socket(string,null)": "" },
    };
    return {
      "kamailio.cfg": await this.fill("kamailio/kamailio.cfg", names),
      "dispatcher.list": `1 sip:127.0.0.1:${UDP}\n`,
      version: "table_name(string) table_version(int)\nversion:1\nuacreg:5\n",
      uacreg: `${Object.keys(columns).join(" ")}\n${Object.values(columns).join(":")}\n`,
    };
  }

  /** A file of this folder, with names replaced. */
  async fill(file, names) {
    const template = await readFile(new URL(file, import.meta.url), "utf8");
    return template.replaceAll(/@([A-Z]+)@/g, (_, name) => names[name]);
  }

  /** What it has logged. */
  get output() {
    return this.#program?.output ?? "";
  }

  /** Asks it by RPC. */
  async ask(...command) {
    const { stdout } = await promisify(execFile)("kamcmd", ["-s", `unix:${this.folder}/ctl`, ...command], {
      timeout: 10_000,
    });
    return stdout;
  }

  /** Transactions that live in it. */
  async transactions() {
    const found = /current:\s*(\d+)/.exec(await this.ask("tm.stats"));
    return Number(found[1]);
  }

  /** Ends it, as a restart does. */
  async halt() {
    await this.#program?.stop();
  }

  async stop() {
    await this.halt();
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }

  /** Waits for it to have started. */
  async #answers() {
    for (const deadline = Date.now() + 20_000; ; ) {
      try {
        await this.ask("core.uptime");
        return;
      } catch (error) {
        if (this.#program.ended || Date.now() > deadline) throw new Error(this.output, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
