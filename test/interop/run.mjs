// Gets the peers, Debian packages, then runs the tests against them.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needPrograms, run } from "../browser/programs.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

needPrograms({
  sipp: "sip-tester",
  "redis-server": "redis-server",
  kamailio: "kamailio",
  "kamailio/modules/websocket.so": "kamailio-websocket-modules",
  "kamailio/modules/tls.so": "kamailio-tls-modules",
  openssl: "openssl",
  "sip-options": "sofia-sip-bin",
  curl: "curl",
  baresip: "baresip-core",
  "linphone-daemon": "linphone-cli",
});
if (!existsSync(join(root, "dist/index.js"))) run("npm", ["run", "build"]);
run("npx", ["vitest", "run", "--config", join(here, "vitest.config.mjs"), ...process.argv.slice(2)]);
