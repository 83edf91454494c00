// The isomorphic entry: everything that runs anywhere, with the core inline.

import { bytes } from "./core/bytes.ts";
import { useInline } from "./core/init.ts";

useInline(bytes);

export * from "./core.ts";
