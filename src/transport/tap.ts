// Tap: who looks on at what is on the wire.

import type { Flow } from "./transport.ts";

/**
 * Sees every message: its bytes as they were on the wire (a string is a text frame), which way, on which flow,
 * and when by the stack's clock. `data` is to be read before it returns. What it throws or rejects with is dropped.
 */
export type Tap = (data: Uint8Array | string, direction: "in" | "out", flow: Flow, time: number) => void;
