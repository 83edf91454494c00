// Starts SIPp with a scenario: of this folder, or of the file named.

import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./program.mjs";

/**
 * Runs a scenario, for one call unless told otherwise.
 *
 * @param scenario   the name of a file in sipp/, or a file URL
 * @param options.target   host:port to send to
 * @param options.user   what [service] stands for: whom it registers or calls
 * @param options.port   its own port
 * @param options.calls   how many calls
 * @param options.seconds   how long it may take
 * @param options.options   what else SIPp is told
 */
export async function startSipp(
  scenario,
  { target, user, port, keys = {}, calls = 1, seconds = 30, options = [] },
) {
  const file = fileURLToPath(
    scenario instanceof URL ? scenario : new URL(`sipp/${scenario}.xml`, import.meta.url),
  );
  const folder = await mkdtemp(join(tmpdir(), "sippet-sipp-"));
  const log = join(folder, "messages.log");
  const program = new Program(
    "sipp",
    [
      ...["-sf", file, "-s", user, "-i", "127.0.0.1", "-p", String(port), "-m", String(calls), "-nostdin"],
      ...["-timeout", String(seconds), "-timeout_error", "-trace_msg", "-message_file", log],
      ...["-trace_err", "-error_file", join(folder, "errors.log")],
      ...options,
      ...Object.entries(keys).flatMap(([name, value]) => ["-key", name, String(value)]),
      ...(target ? [target] : []),
    ],
    { cwd: folder, env: { ...process.env, TERM: "dumb" } },
  );
  const read = (name) => readFile(join(folder, name), "utf8").catch(() => "");
  return {
    program,
    /** Waits for the scenario's end; throws where it did not go as it is written. */
    async finish() {
      const { code } = await program.exit();
      if (code === 0) return;
      throw new Error(
        `SIPp ${scenario} ended with ${code}\n${await read("errors.log")}\n${await read("messages.log")}`,
      );
    },
    /** The start lines and messages that it has sent and received, as SIPp writes them down. */
    messages: () => read("messages.log"),
    /** What it complains of. */
    errors: () => read("errors.log"),
  };
}
