// The digest entry: authentication by challenge and answer (RFC 3261 §22, RFC 7616, RFC 8760). Everything that it
// stands on comes from "sippet", and the hashes from @noble/hashes.

export type { DigestAlgorithm, DigestQop } from "./digest/algorithm.ts";
export {
  DigestClient,
  type DigestClientOptions,
  type FindUser,
  type ServerProof,
} from "./digest/client.ts";
export { type DigestInput, digestHa1, digestResponse } from "./digest/response.ts";
export type { DigestSecret, DigestUser } from "./digest/secret.ts";
export { type CredentialSendOptions, type SentWithCredentials, sendWithCredentials } from "./digest/send.ts";
export {
  type DigestQuery,
  type DigestRefusal,
  DigestServer,
  type DigestServerOptions,
  type DigestVerdict,
  type FoundUser,
} from "./digest/server.ts";
