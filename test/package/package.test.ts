// The package: what npm would publish, and that it works where it is installed. Needs a build.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { graph, manifest, node, type Packed, pack, root } from "./packed.ts";

const SLOW = { timeout: 180_000 };
const OPTIONS = "OPTIONS sip:bob@example.com SIP/2.0\\r\\nCSeq: 7 OPTIONS\\r\\n\\r\\n";
const USE = `const { number, method } = sippet.parseMessage("${OPTIONS}").headers.get("CSeq"); console.log(number, method);`;

let packed: Packed;
beforeAll(() => {
  packed = pack();
}, 180_000);
afterAll(() => {
  packed?.remove();
});

/** Runs a script in a project that has the package installed. */
function run(script: string, name: string, ...flags: string[]) {
  writeFileSync(join(packed.project, name), script);
  return node([...flags, name], packed.project);
}

describe("the tarball", () => {
  it("has the built library and its papers, and nothing else", () => {
    const papers = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "ARCHITECTURE.md"];
    const strange = packed.files.filter(
      (path) =>
        !papers.includes(path) &&
        !/^dist\/(?:[\w-]+|chunks\/[\w-]+)\.(?:js|js\.map|wasm)$|^dist\/types\/.+\.d\.ts$|^docs\/[\w-]+\.md$/.test(
          path,
        ),
    );
    expect(strange).toEqual([]);
    // All that the README links to.
    expect(packed.files).toContain("docs/message.md");
    expect(packed.files).toContain("LICENSE");
    expect(packed.files).toContain("dist/sip.wasm");
    expect(
      packed.files.filter((path) => /(?:^|\/)(?:test|src|assembly|bench|scripts|examples)\//.test(path)),
    ).toEqual([]);
  });

  it("has every file that exports names", () => {
    const paths = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    expect(paths.length).toBeGreaterThanOrEqual(10);
    for (const path of paths) expect(packed.files, path).toContain(path.slice(2));
  });

  it("has the entries that deno.json has for JSR, each of them from the source of its bundle", () => {
    const jsr = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
    const sources = Object.entries(manifest.exports).map(([name, entry]) => {
      if (typeof entry !== "string") return [name, entry.default?.replace(/dist\/(.+)\.js$/, "src/$1.ts")];
      return [name, entry];
    });
    expect(jsr.exports).toEqual(Object.fromEntries(sources));
    // What is built is looked for where it is built; the sources are there.
    for (const path of Object.values<string>(jsr.exports))
      expect(existsSync(join(root, path)), path).toBe(true);
    const { version, license, dependencies } = manifest;
    const imports = Object.entries(dependencies).map(([name, range]) => [name, `npm:${name}@${range}`]);
    expect(jsr).toMatchObject({ version, license, imports: Object.fromEntries(imports) });
  });

  it("says where it came from in no file", () => {
    const foreign = packed.files
      .filter((path) => /\.(?:js|map|ts|json|md)$/.test(path))
      .filter((path) => {
        const text = readFileSync(join(packed.project, "node_modules", manifest.name, path), "utf8");
        return text.includes(root) || /(?:file|data):\/\/\/(?:home|work|Users|tmp)\//.test(text);
      });
    expect(foreign).toEqual([]);
  });

  it("has every source of its source maps in them", () => {
    const maps = packed.files.filter((path) => path.endsWith(".js.map"));
    expect(maps.length).toBeGreaterThan(3);
    for (const path of maps) {
      const map = JSON.parse(readFileSync(join(packed.project, "node_modules", manifest.name, path), "utf8"));
      expect(map.sourcesContent?.length ?? 0, path).toBe(map.sources.length);
    }
  });

  it("is clean to publint", SLOW, () => {
    const said = node([join(root, "node_modules/publint/src/cli.js"), "run", packed.tarball, "--strict"]);
    expect(said.stdout + said.stderr).toMatch(/All good!/);
    expect(said.status).toBe(0);
  });

  it("is clean to attw", SLOW, () => {
    const said = node([
      join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"),
      packed.tarball,
      "--profile",
      "esm-only",
      "--no-emoji",
      "--format",
      "ascii",
    ]);
    // It ends with 1 where a problem is not one that the profile ignores.
    expect(said.status, said.stdout).toBe(0);
    for (const entry of [
      "sippet",
      "sippet/node",
      "sippet/bun",
      "sippet/deno",
      "sippet/core",
      "sippet/js",
      "sippet/testing",
      "sippet/transactions",
      "sippet/multipart",
      "sippet/dialog",
      "sippet/proxy",
      "sippet/digest",
      "sippet/redis",
      "sippet/registrar",
      "sippet/registration",
      "sippet/sip.wasm",
    ]) {
      expect(said.stdout).toContain(`"${entry}"\n\nnode16 (from ESM): OK (ESM)`);
    }
  });
});

describe("installed", () => {
  const entries = ["sippet", "sippet/js"];

  it.each(entries)("import of %s works", SLOW, (entry) => {
    expect(run(`import * as sippet from "${entry}"; ${USE}`, "import.mjs")).toMatchObject({
      status: 0,
      stdout: "7 OPTIONS\n",
    });
  });

  it.each(entries)("require of %s works", SLOW, (entry) => {
    expect(run(`const sippet = require("${entry}"); ${USE}`, "require.cjs")).toMatchObject({
      status: 0,
      stdout: "7 OPTIONS\n",
    });
  });

  it("sippet/core works with sippet/sip.wasm, by import and by require", SLOW, () => {
    const rest = `const file = createRequire(FROM).resolve("sippet/sip.wasm"); sippet.initSync(new WebAssembly.Module(readFileSync(file))); ${USE}`;
    const imports = `import * as sippet from "sippet/core"; import { readFileSync } from "node:fs"; import { createRequire } from "node:module"; ${rest.replace("FROM", "import.meta.url")}`;
    const requires = `const sippet = require("sippet/core"); const { readFileSync } = require("node:fs"); const { createRequire } = require("node:module"); ${rest.replace("FROM", "__filename")}`;
    expect(run(imports, "core.mjs")).toMatchObject({ status: 0, stdout: "7 OPTIONS\n" });
    expect(run(requires, "core.cjs")).toMatchObject({ status: 0, stdout: "7 OPTIONS\n" });
  });

  it("sippet/core says what to do before that", SLOW, () => {
    const said = run(
      `import * as sippet from "sippet/core"; try { ${USE} } catch (error) { console.log(error.code, error.message); }`,
      "bare.mjs",
    );
    expect(said.stdout).toMatch(/^wasm_unavailable .*initSync/);
  });

  it("sippet/node works, by import and by require, and shares its classes with sippet", SLOW, () => {
    const use = `const stack = new Stack({ transports: [udp({ host: "127.0.0.1", port: 0 })], core: { onRequest() {}, onResponse() {}, onError() {} } });
      stack.start().then(() => stack.close()).then(() => console.log(typeof webSocketServer, "closed"));`;
    const expected = { status: 0, stdout: "function closed\n" };
    expect(
      run(
        `import { Stack } from "sippet"; import { udp, webSocketServer } from "sippet/node"; ${use}`,
        "node.mjs",
      ),
    ).toMatchObject(expected);
    expect(
      run(
        `const { Stack } = require("sippet"); const { udp, webSocketServer } = require("sippet/node"); ${use}`,
        "node.cjs",
      ),
    ).toMatchObject(expected);
  });

  it("sippet/js works where there is no WebAssembly, and sippet says that it does not", SLOW, () => {
    const gone = "delete globalThis.WebAssembly;";
    const js = run(`${gone} import("sippet/js").then((sippet) => { ${USE} });`, "none.mjs");
    expect(js).toMatchObject({ status: 0, stdout: "7 OPTIONS\n" });
    const wasm = run(
      `${gone} import("sippet").then((sippet) => { ${USE} }).catch((error) => console.log(error.code, error.message));`,
      "none2.mjs",
    );
    expect(wasm.stdout).toMatch(/^wasm_unavailable .*sippet\/js/);
  });

  it("sippet/js writes as it reads", SLOW, () => {
    const script = `import { parseMessage } from "sippet/js";
      const text = "INVITE sip:a@[2001:db8::1]:5060;lr SIP/2.0\\r\\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\\r\\nVia: SIP/2.0/UDP b\\r\\nl: 4\\r\\n\\r\\nbody";
      const message = parseMessage(text);
      message.headers.shift("Via");
      console.log(JSON.stringify([message.uri.host, message.headers.get("Via")[0].host, message.bodyText, message.toString()]));`;
    const [host, via, body, written] = JSON.parse(run(script, "write.mjs").stdout);
    expect([host, via, body]).toEqual(["2001:db8::1", "b", "body"]);
    expect(written).toBe(
      "INVITE sip:a@[2001:db8::1]:5060;lr SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nl: 4\r\n\r\nbody",
    );
  });

  it("sippet/proxy and sippet/dialog stand on the stack of sippet, by import and by require", SLOW, () => {
    const use = `const stack = new Stack({ transports: [], core: { onRequest() {}, onResponse() {}, onError() {} } });
      console.log(new SipProxy({ stack }).stats.live, new UserAgent({ stack }).stats.dialogs);`;
    const expected = { status: 0, stdout: "0 0\n" };
    const names = ["{ Stack } sippet", "{ SipProxy } sippet/proxy", "{ UserAgent } sippet/dialog"].map(
      (each) => each.split(/ (?=sippet)/),
    );
    const imports = names.map(([name, from]) => `import ${name} from "${from}";`).join("");
    const requires = names.map(([name, from]) => `const ${name} = require("${from}");`).join("");
    expect(run(imports + use, "blocks.mjs")).toMatchObject(expected);
    expect(run(requires + use, "blocks.cjs")).toMatchObject(expected);
  });

  it("nothing but what exports names can be reached", SLOW, () => {
    const said = run('import("sippet/dist/index.js").catch((error) => console.log(error.code));', "deep.mjs");
    expect(said.stdout).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });
});

/** A module of this code, with everything that it uses, minified. */
async function bundled(code: string): Promise<string> {
  const entry = {
    name: "entry",
    resolveId: (id: string) => (id === "entry" ? id : null),
    load: (id: string) => (id === "entry" ? code : null),
  };
  const bundle = await rolldown({ input: "entry", plugins: [entry] });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output.map((each) => (each.type === "chunk" ? each.code : "")).join("");
}

describe("dist", () => {
  const dist = (path: string) => join(packed.project, "node_modules", manifest.name, "dist", path);

  it.each([
    "index.js",
    "core.js",
    "js.js",
    "dialog.js",
    "proxy.js",
    "redis.js",
    "registrar.js",
    "registration.js",
    "multipart.js",
    "transactions.js",
  ])("%s imports no package and nothing of Node's", (entry) => {
    const { files, packages } = graph(dist(entry));
    expect([...packages]).toEqual([]);
    expect(files.size).toBeGreaterThan(1);
    for (const file of files)
      expect(readFileSync(file, "utf8"), file).not.toMatch(/\bfrom\s*["'](?:node:|ws["'])|\brequire\s*\(/);
  });

  it.each(["node.js", "bun.js", "deno.js"])("%s imports ws and Node's own modules alone", (entry) => {
    const { packages } = graph(dist(entry));
    expect([...packages].filter((name) => !name.startsWith("node:"))).toEqual(["ws"]);
  });

  it.each(["bun", "deno"])(
    "%s exports what node does, and says elsewhere that it is not for there",
    async (entry) => {
      const [theirs, ours] = await Promise.all([import(dist(`${entry}.js`)), import(dist("node.js"))]);
      expect(Object.keys(theirs).sort()).toEqual(Object.keys(ours).sort());
      expect(theirs.tcp).toBe(ours.tcp);
      expect(() => theirs.udp()).toThrow(expect.objectContaining({ code: "unsupported" }));
      expect(() => theirs.udp({ ipv6Only: true })).toThrow(/ipv6Only/);
    },
  );

  it("digest.js imports hashes alone, and no other entry has them", () => {
    const { packages } = graph(dist("digest.js"));
    expect([...packages].filter((name) => !name.startsWith("@noble/hashes/"))).toEqual([]);
    expect(packages.size).toBeGreaterThan(0);
    expect(Object.keys(manifest.dependencies).sort()).toEqual(["@noble/hashes", "ws"]);
  });

  it("awaits nothing at the top of a module, which would break require()", SLOW, () => {
    for (const entry of [
      "index.js",
      "core.js",
      "js.js",
      "node.js",
      "bun.js",
      "deno.js",
      "dialog.js",
      "proxy.js",
      "digest.js",
      "redis.js",
      "registrar.js",
      "registration.js",
      "multipart.js",
      "transactions.js",
    ]) {
      for (const file of graph(dist(entry)).files) {
        expect(readFileSync(file, "utf8"), file).not.toMatch(/^(?:const .*= )?await\b/m);
      }
    }
  });

  it("has the module that was built", () => {
    expect(readFileSync(dist("sip.wasm")).equals(readFileSync(join(root, "build/sip.wasm")))).toBe(true);
    expect(statSync(dist("sip.wasm")).size).toBeLessThanOrEqual(24_000);
    expect(existsSync(dist("scalar.js"))).toBe(false);
  });

  it(
    "is at most 47.7 kB for the isomorphic entry, minified and gzipped, WebAssembly included",
    SLOW,
    async () => {
      const whole = await bundled(`export * from ${JSON.stringify(dist("index.js"))};`);
      const library = await import(`data:text/javascript,${encodeURIComponent(whole)}`);
      expect(library.parseMessage("OPTIONS sip:a SIP/2.0\r\n\r\n").kind).toBe("request");
      expect(gzipSync(whole, { level: 9 }).length).toBeLessThanOrEqual(47_700);
    },
  );
});
