// Bundles what tsc wrote to build/js into dist. Four small local plugins, no others.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Hands tsc's source maps on, so that the maps in dist point to src/*.ts. */
const tscMaps = {
  name: "tsc-maps",
  load(id) {
    if (!existsSync(`${id}.map`)) return null;
    const code = readFileSync(id, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
    return { code, map: JSON.parse(readFileSync(`${id}.map`, "utf8")) };
  },
};

/** Resolves `#scalar` in src/js.ts to the core that scripts/embed.mjs turned into JavaScript. */
const scalarCore = {
  name: "scalar-core",
  resolveId: (id) => (id === "#scalar" ? file("build/scalar.js") : null),
};

/** Leaves out the sections that the machines' tables cite, cell by cell: for readers, tests and diagrams. */
const withoutCitations = {
  name: "without-citations",
  transform(code, id) {
    if (!/transaction[/\\](?:non-)?invite-(?:client|server)\.js$/.test(id)) return null;
    return { code: code.replace(/"(?:RFC \d|ignore: |the user's wish)[^"\n]*"/g, '""'), map: null };
  },
};

/** Puts sip.wasm beside the bundles. */
const emitWasm = {
  name: "emit-wasm",
  writeBundle() {
    mkdirSync(file("dist"), { recursive: true });
    copyFileSync(file("build/sip.wasm"), file("dist/sip.wasm"));
  },
};

export default {
  input: {
    index: file("build/js/index.js"),
    node: file("build/js/node.js"),
    bun: file("build/js/bun.js"),
    deno: file("build/js/deno.js"),
    core: file("build/js/core.js"),
    js: file("build/js/js.js"),
    dialog: file("build/js/dialog.js"),
    digest: file("build/js/digest.js"),
    proxy: file("build/js/proxy.js"),
    redis: file("build/js/redis.js"),
    registrar: file("build/js/registrar.js"),
    registration: file("build/js/registration.js"),
    multipart: file("build/js/multipart.js"),
    testing: file("build/js/testing.js"),
    transactions: file("build/js/transactions.js"),
  },
  external: [/^node:/, /^@noble\/hashes\//, "ws"],
  output: {
    dir: file("dist"),
    format: "es",
    sourcemap: true,
    chunkFileNames: "chunks/[name].js",
  },
  plugins: [tscMaps, scalarCore, withoutCitations, emitWasm],
};
