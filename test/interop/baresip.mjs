// Baresip: a baresip without a sound card, led by its ctrl_tcp module.

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../browser/free-port.mjs";
import { startDaemon } from "../browser/program.mjs";
import { until } from "./wait.mjs";

export class Baresip {
  /** Where it listens for SIP. */
  port;
  #program;
  #folder;
  #socket;
  /** Names of events, in order. */
  #events = [];

  /**
   * @param phone   user, password, domain, and the protocol and port of its server; for TLS the server's host, and the
   *   phone's identity and authority
   */
  static async start({ user, password, domain, server: { protocol, port, host = "127.0.0.1", tls } }) {
    const phone = new Baresip();
    const transport = protocol.toLowerCase();
    const [sip, control] = [await freePort(), await freePort()];
    phone.port = sip;
    phone.#folder = await mkdtemp(join(tmpdir(), "sippet-baresip-"));
    const account = [
      `<sip:${user}@${domain};transport=${transport}>;auth_user=${user};auth_pass=${password}`,
      `outbound="sip:${host}:${port};transport=${transport}";regint=3600;answermode=manual`,
      "audio_codecs=PCMU,PCMA;mwi=no;pubint=0",
    ];
    const files = {
      config: CONFIG.replace("@SIP@", sip).replace("@CONTROL@", control) + (tls ? SECURE(phone.#folder) : ""),
      ...(tls && { "identity.pem": `${tls.key}${tls.cert}`, "ca.pem": tls.ca }),
      accounts: `${account.join(";")}\n`,
      contacts: "",
      uuid: crypto.randomUUID(),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(phone.#folder, name), text);
    phone.#program = startDaemon("baresip", ["-4", "-s", "-f", phone.#folder]);
    try {
      await phone.#connect(control);
    } catch (error) {
      await phone.stop();
      throw error;
    }
    return phone;
  }

  /** What it has printed: every message among it. */
  get output() {
    return this.#program.output;
  }

  registered() {
    // It may have been before anybody listened for events.
    return this.#program.prints(/ 200 OK .*\[1 binding\]/);
  }

  /** It has answered a challenge, and was asked again. */
  refused() {
    return this.#program.prints(/\nAuthorization: Digest [\s\S]*\nSIP\/2.0 401 /);
  }

  dial(uri) {
    return this.#ask("dial", uri);
  }

  rings() {
    return this.#saw("CALL_INCOMING");
  }

  /** The other end rings. */
  isRung() {
    return this.#saw("CALL_RINGING");
  }

  answer() {
    return this.#ask("accept");
  }

  reject() {
    return this.#ask("hangup");
  }

  hangUp() {
    return this.#ask("hangup");
  }

  talks() {
    return this.#saw("CALL_ESTABLISHED");
  }

  /** Waits for its call to be over, and forgets it. */
  async isIdle() {
    await this.#saw("CALL_CLOSED");
    this.#events.length = 0;
  }

  async stop() {
    this.#socket?.destroy();
    await this.#program?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #saw(event) {
    return until(
      () => this.#events.includes(event),
      () => `${event} at baresip, but ${this.#events}:\n${this.output.slice(-3000)}`,
    );
  }

  #ask(command, params = "") {
    const text = JSON.stringify({ command, params });
    this.#socket.write(`${Buffer.byteLength(text)}:${text},`);
  }

  async #connect(port) {
    for (let tries = 1; !this.#socket; tries++) {
      const socket = connect(port, "127.0.0.1");
      try {
        await once(socket, "connect");
        this.#socket = socket;
      } catch (error) {
        if (this.#program.ended || tries === 100) throw new Error(this.output, { cause: error });
        await sleep(100);
      }
    }
    let text = "";
    this.#socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
      // Netstrings: "<length>:{…},"
      for (let found = /^(\d+):/.exec(text); found; found = /^(\d+):/.exec(text)) {
        const [begin, length] = [found[0].length, Number(found[1])];
        if (text.length < begin + length + 1) return;
        const message = JSON.parse(text.slice(begin, begin + length));
        text = text.slice(begin + length + 1);
        if (message.event) this.#events.push(message.type);
      }
    });
    this.#socket.on("error", () => {});
  }
}

const SECURE = (folder) => `sip_certificate ${folder}/identity.pem
sip_cafile ${folder}/ca.pem
`;

const CONFIG = `poll_method epoll
sip_listen 127.0.0.1:@SIP@
call_local_timeout 60
call_max_calls 4
audio_path /usr/share/baresip
audio_player aubridge,pair
audio_source ausine,440
audio_alert aubridge,pair
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
auplay_channels 1
audio_txmode poll
audio_level no
rtp_ports 10000-20000
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module stdio.so
module g711.so
module ausine.so
module aubridge.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app contact.so
ctrl_tcp_listen 127.0.0.1:@CONTROL@
`;
