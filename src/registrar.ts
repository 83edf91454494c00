// The registrar entry: REGISTER and the location service (RFC 3261 §10). Everything that it stands on comes from
// "sippet".

export type { Binding, BindingChange, LocationService } from "./registrar/location.ts";
export { MemoryLocation, type MemoryLocationOptions } from "./registrar/memory-location.ts";
export { Registrar } from "./registrar/registrar.ts";
export type { RegistrarOptions, ServiceRoute } from "./registrar/registrar-options.ts";
export type { RegisteredTarget } from "./registrar/ways.ts";
