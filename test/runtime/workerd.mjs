// workerd: the configuration that gives it the worker, the built package and its module, each by name.

import { readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * Writes the configuration into `folder`; its path. workerd reads the files by their way from there. `variables`
 * are texts for the worker, which may reach this machine's loopback interface.
 */
export function workerdConfig(folder, here, dist, variables) {
  const chunks = readdirSync(join(dist, "chunks")).filter((name) => name.endsWith(".js"));
  const built = ["core.js", "testing.js", ...chunks.map((name) => `chunks/${name}`)];
  const modules = [
    ["worker.mjs", "esModule", join(here, "worker.mjs")],
    ["library.mjs", "esModule", join(here, "library.mjs")],
    ["websockets.mjs", "esModule", join(here, "websockets.mjs")],
    ["dist/sip.wasm", "wasm", join(dist, "sip.wasm")],
    ...built.map((name) => [`dist/${name}`, "esModule", join(dist, name)]),
  ];
  const lines = modules.map(
    ([name, kind, path]) => `    (name = "${name}", ${kind} = embed "${relative(folder, path)}")`,
  );
  const texts = Object.entries(variables).map(([name, text]) => `    (name = "${name}", text = "${text}")`);
  const file = join(folder, "workerd.capnp");
  const text = [
    'using Workerd = import "/workerd/workerd.capnp";',
    "const config :Workerd.Config = (services = [",
    '  (name = "main", worker = .sippet),',
    '  (name = "internet", network = (allow = ["public", "private", "local"])),',
    "]);",
    "const sippet :Workerd.Worker = (",
    '  compatibilityDate = "2026-01-01",',
    `  modules = [\n${lines.join(",\n")}\n  ],`,
    `  bindings = [\n${texts.join(",\n")}\n  ]`,
    ");",
    "",
  ];
  writeFileSync(file, text.join("\n"));
  return file;
}
