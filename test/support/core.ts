// Gives the tests, which run from the sources, their core.
import { bytes } from "../../src/core/bytes.ts";
import { useInline } from "../../src/core/init.ts";

useInline(bytes);
