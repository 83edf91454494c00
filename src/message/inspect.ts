// Inspect: how console.log of Node, Deno and Bun shows a value: as its text, not as its fields. Elsewhere
// nobody asks.

/** Makes instances with this prototype print as `Name<text>`. */
export function inspectAsText(prototype: object, name: string): void {
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: { toString(): string }): string {
      return `${name}<${this}>`;
    },
  });
}
