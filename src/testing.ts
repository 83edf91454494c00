// The testing entry: doubles for users' tests: an in-memory network with loss, delay and reordering; and the
// contract of transports as checks. The virtual clock that turns the network's time is VirtualClock of "sippet".

export { type ConformanceCheck, transportConformance } from "./transport/conformance/conformance.ts";
export type { TransportPair } from "./transport/conformance/pair.ts";
export {
  type MemoryFaults,
  MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryTransportOptions,
  type TraceEntry,
} from "./transport/memory.ts";
export { seededRandom } from "./transport/seeded.ts";
