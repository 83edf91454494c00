// Draws the state diagrams of docs/transactions.md anew, from the machines' tables.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

const bundle = await rolldown({ input: file("../test/docs/diagrams.ts"), platform: "node" });
await bundle.write({ file: file("../build/diagrams.mjs"), format: "es" });
await bundle.close();
const { redraw } = await import("../build/diagrams.mjs");
const page = file("../docs/transactions.md");
writeFileSync(page, redraw(readFileSync(page, "utf8")));
