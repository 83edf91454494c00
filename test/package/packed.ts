// Packed: the tarball that npm would publish, and a project that has it installed.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** package.json, as far as the tests read it. */
export const manifest: {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What a program said, and how it ended. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this machine's Node. */
export function node(args: readonly string[], cwd: string = root): Ran {
  try {
    const stdout = execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: "pipe" });
    return { status: 0, stdout, stderr: "" };
  } catch (error) {
    const { status, stdout, stderr } = error as Ran;
    return { status, stdout, stderr };
  }
}

/** A packed and installed package. */
export interface Packed {
  readonly tarball: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  /** A project with the package and `ws` in node_modules. */
  readonly project: string;
  remove(): void;
}

/** Packs the project as `npm publish` would, and unpacks it into a project of its own. */
export function pack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "sippet-package-"));
  const said = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  });
  const [packed] = JSON.parse(said) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error("npm packed nothing");
  const tarball = join(folder, packed.filename);
  const project = join(folder, "project");
  const installed = join(project, "node_modules", manifest.name);
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  symlinkSync(join(root, "node_modules", "ws"), join(project, "node_modules", "ws"), "junction");
  writeFileSync(join(project, "package.json"), '{ "name": "project", "private": true }\n');
  return {
    tarball,
    files: packed.files.map(({ path }) => path),
    project,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** All that the JavaScript file at `start` imports, directly or not: files by path, packages by name. */
export function graph(start: string): {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
} {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [start];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const code = readFileSync(file, "utf8");
    const specifiers = code.matchAll(
      /^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/gm,
    );
    for (const [, from, plain] of specifiers) {
      const specifier = (from ?? plain) as string;
      if (specifier.startsWith(".")) queue.push(join(file, "..", specifier));
      else packages.add(specifier);
    }
  }
  return { files, packages };
}
