// What the tests need of WebAssembly; the library is compiled without the DOM's types.

declare namespace WebAssembly {
  interface Description {
    readonly name: string;
    readonly kind: string;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static imports(module: Module): Description[];
    static exports(module: Module): Description[];
  }
  class Instance {
    constructor(module: Module);
    readonly exports: object;
  }
  interface Memory {
    grow(pages: number): number;
  }
  class CompileError extends Error {}
}
