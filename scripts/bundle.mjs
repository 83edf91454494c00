// Bundle: programs of the tests that Node runs by themselves. They are TypeScript, so each is bundled to build/ first.
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import "./need-core.mjs";

export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Modules keep their own URL, so that they find their files. No line of them moves, which is all that their maps tell. */
const ownUrl = {
  name: "own-url",
  transform(code, id) {
    if (!id.endsWith(".ts") || !code.includes("import.meta.url")) return null;
    return { code: code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)), map: null };
  },
};

/** Bundles that file, a path within the repository, to build/NAME.mjs; the path of that. */
export async function bundle(name, input) {
  const made = await rolldown({
    input: at(input),
    platform: "node",
    external: ["ws"],
    logLevel: "warn",
    plugins: [ownUrl],
  });
  const file = at(`build/${name}.mjs`);
  await made.write({ file, format: "es", sourcemap: true });
  await made.close();
  return file;
}

/** Bundles it, and runs it in a process of its own, with these flags of Node's and the arguments of this one. */
export async function run(name, input, ...flags) {
  const file = await bundle(name, input);
  const args = [...flags, file, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
