// Bundles what tsc wrote to build/js into dist. Five small local plugins, no others.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

/**
 * Puts the numbers of src/core/abi.ts where their names are: V8 does not fold them everywhere.
 */
const inlineAbi = {
  name: "inline-abi",
  transform(code, id) {
    const found = /^import \{([^}]*)\} from "[^"]*\/abi\.js";$/m.exec(code);
    if (!found) return null;
    const literals = abiLiterals();
    const names = found[1].split(",").map((name) => name.trim());
    if (names.some((name) => name && !literals.has(name))) throw new Error(`${id} imports no plain literal`);
    const at = found.index + found[0].length;
    const word = /(?<![.\w$])[A-Z][A-Z0-9_]*\b(?!["'\w$])/g;
    const body = code.slice(at).replace(word, (name) => (names.includes(name) ? literals.get(name) : name));
    return { code: code.slice(0, at) + body, map: null };
  },
};

/** The constants that src/core/abi.ts exports, and their values as text. */
function abiLiterals() {
  const text = readFileSync(file("build/js/core/abi.js"), "utf8");
  return new Map(
    [...text.matchAll(/^export const (\w+) = (\w+);/gm)].map(([, name, value]) => [name, value]),
  );
}

/** Puts sip.wasm beside the bundles, and what importing it gives beside their types. */
const emitWasm = {
  name: "emit-wasm",
  writeBundle() {
    mkdirSync(file("dist/types"), { recursive: true });
    copyFileSync(file("build/sip.wasm"), file("dist/sip.wasm"));
    writeFileSync(file("dist/types/sip.wasm.d.ts"), WASM_TYPES);
  },
};

const WASM_TYPES = `import type { CoreModule } from "./core.js";

/** The compiled module, where a host imports it as such (Cloudflare Workers, bundlers): for initSync. */
declare const module: CoreModule;
export default module;
`;

const isomorphic = new Set();

/** All that src/core.ts brings along lies in one chunk: V8 looks what comes from another chunk up each time. */
function inOneChunk(id, { getModuleInfo }) {
  if (isomorphic.size === 0) {
    const found = [file("build/js/core.js")];
    for (const each of found) {
      if (isomorphic.has(each)) continue;
      isomorphic.add(each);
      found.push(...(getModuleInfo(each)?.importedIds ?? []));
    }
  }
  return isomorphic.has(id) && !id.endsWith("/build/js/core.js") ? "sippet" : null;
}

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
    manualChunks: inOneChunk,
  },
  plugins: [tscMaps, scalarCore, withoutCitations, inlineAbi, emitWasm],
};
