// Empties what the JavaScript build writes, so that a deleted source leaves nothing behind.
import { rmSync } from "node:fs";

for (const folder of ["build/js", "dist"]) {
  rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true });
}
