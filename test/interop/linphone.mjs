// Linphone: a linphone-daemon without a sound card, led by its standard input.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../browser/free-port.mjs";
import { startDaemon } from "../browser/program.mjs";
import { until } from "./wait.mjs";

const PROMPT = "daemon-linphone>";

export class Linphone {
  #program;
  #folder;
  #user;
  #asking = Promise.resolve();

  /**
   * @param phone   user, password, domain, and the protocol and port of its server; for TLS the server's host, and the
   *   authority that the phone trusts
   */
  static async start({ user, password, domain, server: { protocol, port, host = "127.0.0.1", tls } }) {
    const phone = new Linphone();
    const folder = await mkdtemp(join(tmpdir(), "sippet-linphone-"));
    phone.#folder = folder;
    phone.#user = user;
    const transport = protocol.toLowerCase();
    const sip = await freePort();
    const values = {
      ...{ UDP: protocol === "UDP" ? sip : -1, TCP: protocol === "TCP" ? sip : -1, RTP: await freePort() },
      ...{ USER: user, PASSWORD: password, DOMAIN: domain, FOLDER: folder, UUID: crypto.randomUUID() },
      ...{ TLS: protocol === "TLS" ? sip : -1, CA: join(folder, "ca.pem") },
      SERVER: `sip:${host}:${port};transport=${transport}`,
    };
    if (tls) await writeFile(values.CA, tls.ca);
    const config = CONFIG.replaceAll(/@([A-Z]+)@/g, (_, name) => values[name]);
    await writeFile(join(folder, "rc"), config);
    const home = {
      HOME: folder,
      XDG_DATA_HOME: join(folder, "data"),
      XDG_CONFIG_HOME: join(folder, "config"),
    };
    const log = ["--log", join(folder, "log")];
    phone.#program = startDaemon("linphone-daemon", ["--config", join(folder, "rc"), ...log], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...home, TERM: "dumb" },
    });
    try {
      await phone.#program.prints(new RegExp(PROMPT));
    } catch (error) {
      await phone.stop();
      throw error;
    }
    return phone;
  }

  /** What it was asked, and has answered. */
  get output() {
    return this.#program.output;
  }

  registered() {
    return this.#is("register-status ALL", /RegistrationOk/);
  }

  /** Its answer to the challenge was not taken. */
  refused() {
    return this.#is("register-status ALL", /RegistrationFailed/);
  }

  dial(uri) {
    return this.#ask(`call ${uri}`);
  }

  rings() {
    return this.#is("call-status", /IncomingReceived/);
  }

  /** The other end rings. */
  isRung() {
    return this.#is("call-status", /OutgoingRinging/);
  }

  answer() {
    return this.#ask("answer");
  }

  /** It has one word for this and for hanging up. */
  reject() {
    return this.#ask("terminate");
  }

  hangUp() {
    return this.#ask("terminate");
  }

  talks() {
    return this.#is("call-status", /StreamsRunning/);
  }

  isIdle() {
    return this.#is("call-status", /No current call/);
  }

  /** It does not do so by itself when it ends. */
  unregister() {
    return this.#ask("unregister ALL");
  }

  async stop() {
    await this.#program?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #is(command, pattern) {
    return until(
      async () => pattern.test(await this.#ask(command)),
      () => `${command} ${pattern} at linphone of ${this.#user}:\n${this.output.slice(-2000)}`,
    );
  }

  /** One command at a time. */
  #ask(command) {
    const asked = this.#asking.then(async () => {
      const begin = this.#program.output.length;
      this.#program.write(`${command}\n`);
      return until(
        () => /^Status: [\s\S]*(?=daemon-linphone>)/m.exec(this.#program.output.slice(begin))?.[0],
        () => `${command} at linphone:\n${this.output.slice(begin)}`,
      );
    });
    this.#asking = asked.catch(() => {});
    return asked;
  }
}

const CONFIG = `[sip]
sip_port=@UDP@
sip_tcp_port=@TCP@
sip_tls_port=@TLS@
root_ca=@CA@
verify_server_certs=1
verify_server_cn=1
bind_address=127.0.0.1
guess_hostname=0
contact="@USER@" <sip:@USER@@127.0.0.1>
use_ipv6=0
ipv6_migration_done=1
inc_timeout=60
ping_with_options=0
default_proxy=0
lime_x3dh_enabled=0
[net]
mtu=0
firewall_policy=0
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
[rtp]
audio_rtp_port=@RTP@
[misc]
uuid=@UUID@
version_check_url_root=
[storage]
uri=@FOLDER@/linphone.db
[account_creator]
url=
[auth_info_0]
username=@USER@
passwd=@PASSWORD@
realm=@DOMAIN@
domain=@DOMAIN@
[proxy_0]
reg_proxy=<@SERVER@>
reg_route=<@SERVER@;lr>
reg_identity="@USER@" <sip:@USER@@@DOMAIN@>
reg_expires=3600
reg_sendregister=1
publish=0
conference_factory_uri=
push_notification_allowed=0
lime_server_url=
avpf=0
`;
