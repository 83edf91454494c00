// RFC 4475, the SIP torture messages: all 49, byte for byte, and baddn once more with the empty line
// that the RFC's archive lacks (a strict framer refuses that copy for another fault than the one
// it is about).
import { load, type Vector } from "../vector.ts";
import { application } from "./application.ts";
import { escapes } from "./escapes.ts";
import { matching } from "./matching.ts";
import { syntaxInvalid } from "./syntax-invalid.ts";
import { syntaxValid } from "./syntax-valid.ts";

/** All vectors: the well-formed, the ill-formed, then those that other layers judge. */
export const vectors: readonly Vector[] = load(
  [...syntaxValid, ...escapes, ...syntaxInvalid, ...matching, ...application],
  new URL(".", import.meta.url),
);
