// Starts the switchboard on free ports of the loopback interface.

import { fileURLToPath } from "node:url";
import { Program } from "./program.mjs";

const MAIN = fileURLToPath(new URL("../../examples/switchboard/main.mjs", import.meta.url));

/** Runs the switchboard with these options, and no more. */
export function runSwitchboard(...options) {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("SIPPET_"));
  return new Program(process.execPath, [MAIN, ...options], { env: Object.fromEntries(environment) });
}

/** Starts it; resolves with the program and its addresses, as host:port, when it listens. */
export async function startSwitchboard(...options) {
  const host = "127.0.0.1";
  const where = ["--udp-host", host, "--udp-port", "0", "--http-host", host, "--http-port", "0"];
  const program = runSwitchboard(...where, ...options);
  try {
    const [, sip] = await program.prints(/^SIP over UDP +sip:(\S+)$/m);
    const [, tcp] = await program.prints(/^SIP over TCP +sip:([^;\s]+);transport=tcp$/m);
    const [, http] = await program.prints(/^Softphone +https?:\/\/(\S+)$/m);
    const [, tls] = /^SIP over TLS +sips:(\S+)$/m.exec(program.output) ?? [];
    return { program, sip, tcp, tls, http };
  } catch (error) {
    await program.kill();
    throw error;
  }
}
