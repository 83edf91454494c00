// The registration entry: a client's side of REGISTER (RFC 3261 §10.2, RFC 5626). Everything that it stands on comes
// from "sippet".

export {
  Registration,
  type RegistrationOptions,
  type RegistrationState,
} from "./registration/registration.ts";
export type { Authenticator } from "./stack/authenticator.ts";
