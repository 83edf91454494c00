// SecureKamailio: a Kamailio on TLS and secure WebSocket, with the configuration in kamailio-tls/, its ports and its
// certificates.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../browser/free-port.mjs";
import { Kamailio } from "./kamailio.mjs";

export class SecureKamailio extends Kamailio {
  /** Where a certificate is asked for, too. */
  mutualPort;

  /** @param options   `identity`, `ca`, and `office`: the TLS port of a server of the library's */
  static start(options) {
    return Kamailio.attempt(() => new SecureKamailio(), options);
  }

  /** Its port of TLS. */
  tlsPort;
  wssPort;

  async files({ identity, ca, office = 9 }) {
    this.port ??= await freePort();
    this.tlsPort ??= await freePort();
    this.mutualPort ??= await freePort();
    this.wssPort ??= await freePort();
    const names = {
      ...{ PORT: this.port, TLS: this.tlsPort, MUTUAL: this.mutualPort, WSS: this.wssPort },
      ...{ OFFICE: office, FOLDER: this.folder },
    };
    return {
      "kamailio.cfg": await this.fill("kamailio-tls/kamailio.cfg", names),
      "tls.cfg": await this.fill("kamailio-tls/tls.cfg", names),
      "kamailio.pem": identity.cert,
      "kamailio.key": identity.key,
      "ca.pem": ca,
    };
  }

  /** Takes another certificate, for the connections from now on. */
  async reload({ cert, key }) {
    await writeFile(join(this.folder, "kamailio.pem"), cert);
    await writeFile(join(this.folder, "kamailio.key"), key);
    await this.ask("tls.reload");
  }
}
