// Init: nothing happens at import; the core is made with the first parse, once, from wherever it was said.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SipError } from "../../src/errors.ts";
import { built } from "./builds.ts";

const OPTIONS = "OPTIONS sip:bob@example.com SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n";
const RealModule = WebAssembly.Module;
let compiled = 0;

beforeEach(() => {
  vi.resetModules();
  compiled = 0;
  vi.stubGlobal("WebAssembly", {
    ...Object.fromEntries(
      Object.getOwnPropertyNames(WebAssembly).map((name) => [
        name,
        (WebAssembly as unknown as Record<string, unknown>)[name],
      ]),
    ),
    Module: class extends RealModule {
      constructor(bytes: Uint8Array<ArrayBuffer>) {
        super(bytes);
        compiled++;
      }
    },
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function fails(act: () => unknown): Promise<SipError> {
  try {
    await act();
  } catch (error) {
    return error as SipError;
  }
  throw new Error("nothing was thrown");
}

describe("sippet", () => {
  it("compiles nothing when it is imported, and once when it parses", async () => {
    const sippet = await import("../../src/index.ts");
    expect(compiled).toBe(0);
    sippet.parseMessage(OPTIONS);
    expect(compiled).toBe(1);
    sippet.parseMessage(OPTIONS);
    sippet.Uri.parse("sip:a@b");
    expect(compiled).toBe(1);
  });

  it("says what to do where the host forbids WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", {
      Module: class {
        constructor() {
          throw new EvalError("disallowed by the embedder");
        }
      },
    });
    const sippet = await import("../../src/index.ts");
    const error = await fails(() => sippet.parseMessage(OPTIONS));
    expect(error).toBeInstanceOf(sippet.SipError);
    expect(error.code).toBe("wasm_unavailable");
    expect(error.message).toMatch(/sippet\/js/);
    expect(error.message).toMatch(/sippet\/core/);
    expect(error.cause).toBeInstanceOf(EvalError);
  });

  it("says so too where there is no WebAssembly at all", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const sippet = await import("../../src/index.ts");
    const error = await fails(() => sippet.parseMessage(OPTIONS));
    expect(error.code).toBe("wasm_unavailable");
    expect(error.message).toMatch(/sippet\/js/);
  });
});

describe("sippet/core", () => {
  it("throws wasm_unavailable before init, and names the way out", async () => {
    const core = await import("../../src/core.ts");
    for (const act of [
      () => core.parseMessage(OPTIONS),
      () => core.tryParseMessage(new TextEncoder().encode(OPTIONS)),
      () => core.Uri.parse("sip:a@b"),
      () => core.NameAddr.parse("<sip:a@b>"),
    ]) {
      const error = await fails(act);
      expect(error).toBeInstanceOf(core.SipError);
      expect(error.code).toBe("wasm_unavailable");
      expect(error.message).toMatch(/initSync/);
      expect(error.message).toMatch(/"sippet"/);
    }
    expect(compiled).toBe(0);
  });

  it("takes a module after a parse that failed for want of it", async () => {
    const core = await import("../../src/core.ts");
    await fails(() => core.parseMessage(OPTIONS));
    core.initSync(new RealModule(built("sip.wasm")));
    expect(core.parseMessage(OPTIONS).headers.get("CSeq")?.number).toBe(1);
  });

  it("takes the exports of an instance", async () => {
    const core = await import("../../src/core.ts");
    core.initSync(new WebAssembly.Instance(new RealModule(built("sip.wasm"))).exports);
    expect(core.parseMessage(OPTIONS).kind).toBe("request");
  });

  it.each([
    ["bytes", () => built("sip.wasm")],
    ["an ArrayBuffer", () => built("sip.wasm").buffer],
    ["a response", () => new Response(built("sip.wasm"))],
    ["a promise of a response", () => Promise.resolve(new Response(built("sip.wasm")))],
    ["a promise of an ArrayBuffer", () => Promise.resolve(built("sip.wasm").buffer)],
  ])("takes %s", async (_name, from) => {
    const core = await import("../../src/core.ts");
    await core.init(from());
    expect(core.parseMessage(OPTIONS).kind).toBe("request");
  });

  it("fails with what the host says where the bytes are no module", async () => {
    const core = await import("../../src/core.ts");
    const error = await fails(() => core.init(new Uint8Array([1, 2, 3, 4])));
    expect(error).toBeInstanceOf(WebAssembly.CompileError);
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a path", "sip.wasm"],
    ["a number", 7],
  ])("refuses %s for a module, or for its bytes", async (_name, given) => {
    const core = await import("../../src/core.ts");
    for (const act of [() => core.initSync(given as never), () => core.init(given as never)]) {
      const error = await fails(act);
      expect(error).toBeInstanceOf(core.SipError);
      expect(error.code).toBe("value_invalid");
    }
    expect((await fails(() => core.parseMessage(OPTIONS))).message).toMatch(/initSync/);
  });

  it.each([
    ["another module", () => new RealModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))],
    ["bytes", () => built("sip.wasm")],
    ["an instance and not its exports", () => new WebAssembly.Instance(new RealModule(built("sip.wasm")))],
    ["another parser", () => ({ parse() {} })],
  ])("says at the first parse that %s is none, and takes another", async (_name, given) => {
    const core = await import("../../src/core.ts");
    core.initSync(given());
    const error = await fails(() => core.parseMessage(OPTIONS));
    expect(error).toBeInstanceOf(core.SipError);
    expect(error.code).toBe("wasm_unavailable");
    expect(error.message).toMatch(/sip\.wasm/);
    expect(error.cause).toBeInstanceOf(TypeError);
    core.initSync(new RealModule(built("sip.wasm")));
    expect(core.parseMessage(OPTIONS).kind).toBe("request");
  });
});
