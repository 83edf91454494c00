// Bundles the soak test, which is TypeScript, to build/soak.mjs, and runs it with the arguments given here.
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

const bundle = await rolldown({
  input: at("test/soak/run.ts"),
  platform: "node",
  external: ["ws"],
  plugins: [ownUrl],
});
await bundle.write({ file: at("build/soak.mjs"), format: "es" });
await bundle.close();
const { status } = spawnSync(
  process.execPath,
  ["--expose-gc", at("build/soak.mjs"), ...process.argv.slice(2)],
  {
    stdio: "inherit",
  },
);
process.exitCode = status ?? 1;
