// The entry without WebAssembly: the same core as plain JavaScript, for pages whose CSP forbids the other.

import { instantiate } from "#scalar";
import { type CoreExports, registerSource } from "./core/engine.ts";

registerSource(() => instantiate() as CoreExports);

export * from "./core.ts";
