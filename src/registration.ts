// The registration entry: a client's side of REGISTER (RFC 3261 §10.2, RFC 5626). Everything that it stands on comes
// from "sippet".

export type { Gruus } from "./registration/granted.ts";
export type { Authenticator, RegistrationOptions, RegistrationState } from "./registration/options.ts";
export { type OutboundOptions, OutboundRegistration } from "./registration/outbound.ts";
export { Registration } from "./registration/registration.ts";
