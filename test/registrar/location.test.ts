// MemoryLocation keeps the contract of location services.

import { VirtualClock } from "../../src/clock.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { locationContract } from "./location-contract.ts";

locationContract("MemoryLocation", () => {
  const clock = new VirtualClock();
  return {
    machines: [new MemoryLocation({ clock })],
    pass: (milliseconds) => clock.advance(milliseconds),
    close() {},
  };
});
