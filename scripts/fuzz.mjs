// Bundles the fuzzer, which is TypeScript, to build/fuzz.mjs, and runs it with the arguments given here.
// Modules keep their own URL, so that they find their files.
import { spawnSync } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const ownUrl = {
  name: "own-url",
  transform: (code, id) =>
    id.endsWith(".ts") ? code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)) : null,
};

const bundle = await rolldown({ input: at("test/fuzz/run.ts"), platform: "node", plugins: [ownUrl] });
await bundle.write({ file: at("build/fuzz.mjs"), format: "es" });
await bundle.close();
const { status } = spawnSync(process.execPath, [at("build/fuzz.mjs"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
