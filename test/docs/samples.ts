// Samples: the code blocks of README.md and docs/ that carry a mark. ```ts run is type-checked and executed,
// ```ts check is type-checked only. What a sample prints is compared with its `// → …` comments.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Where the samples are written to, as files of their own. */
export const folder: string = join(root, "build/docs");

/** One code block. */
export interface Sample {
  /** Document and line. */
  readonly title: string;
  readonly mark: "run" | "check";
  readonly file: string;
  /** What it says that it prints. */
  readonly prints: readonly string[];
}

const BLOCK = /^```ts (run|check)\n([\s\S]*?)^```$/gm;

function documents(): string[] {
  const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", "ARCHITECTURE.md", ...docs.map((name) => `docs/${name}`)];
}

/** Imports of the package become imports of its sources; fixed ports become free ones. */
function localize(code: string): string {
  return code
    .replace(/(from ")sippet\/(node|core|js|testing|dialog|proxy)"/g, `$1../../src/$2.ts"`)
    .replace(/(from ")sippet"/g, `$1../../src/index.ts"`)
    .replace(/((?:udp|webSocketServer)\(\{ port: )\d+/g, "$10");
}

/** Writes every marked block to a file, and a tsconfig beside them. */
export function writeSamples(): Sample[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = {
    extends: "../../tsconfig.check.json",
    include: ["*.ts"],
    compilerOptions: { rootDir: "../.." },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));

  const samples: Sample[] = [];
  for (const document of documents()) {
    const text = readFileSync(join(root, document), "utf8");
    for (const block of text.matchAll(BLOCK)) {
      const [, mark, code] = block as unknown as [string, Sample["mark"], string];
      const line = text.slice(0, block.index).split("\n").length;
      const file = join(folder, `${document.replaceAll(/[^a-z]+/gi, "-")}-${line}.ts`);
      writeFileSync(file, `${localize(code)}\nexport {};\n`);
      const prints = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, shown]) => shown as string);
      samples.push({ title: `${document}:${line}`, mark, file, prints });
    }
  }
  return samples;
}
