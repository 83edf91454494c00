// The testing entry: doubles for users' tests: an in-memory network with loss, delay and reordering. The
// virtual clock that turns its time is VirtualClock of "sippet".

export {
  type MemoryFaults,
  MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryTransportOptions,
  type TraceEntry,
} from "./transport/memory.ts";
export { seededRandom } from "./transport/seeded.ts";
