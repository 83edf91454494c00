// What scripts/embed.mjs writes to build/scalar.js; rollup resolves the name.
declare module "#scalar" {
  export function instantiate(): unknown;
}
