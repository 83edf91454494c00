// The entry for what may be picked up around transactions: keys, checks, computed branches, and the
// retransmissions that are a user agent's. Isomorphic; nothing of it is in the main entry.

export { AckKeeper, type AckKeeperOptions } from "./transaction/ack-keeper.ts";
export { type AnswerEnded, AnswerKeeper, type KeeperOptions } from "./transaction/answer-keeper.ts";
export { isLoop, loopBranch, statelessBranch } from "./transaction/branch.ts";
export { errorStatus, upstreamStatus } from "./transaction/error-status.ts";
export {
  type ClientKey,
  clientKey,
  formatKey,
  type OldServerKey,
  parseKey,
  requestKey,
  responseKey,
  type ServerKey,
  serverKey,
  type TransactionKey,
} from "./transaction/key.ts";
export { MergedRequests } from "./transaction/merged-requests.ts";
export type { HashKey } from "./transaction/siphash.ts";
