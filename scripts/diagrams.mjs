// Draws the state diagrams of docs/transactions.md anew, from the machines' tables.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { at, bundle } from "./bundle.mjs";

const { redraw } = await import(pathToFileURL(await bundle("diagrams", "test/docs/diagrams.ts")));
const page = at("docs/transactions.md");
writeFileSync(page, redraw(readFileSync(page, "utf8")));
