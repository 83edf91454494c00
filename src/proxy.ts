// The proxy entry: forwarding of requests (RFC 3261 §16). Everything that it stands on comes from "sippet".

export type {
  ForwardOptions,
  FurtherTargets,
  Locate,
  ProxyOptions,
  ProxyStats,
  Targets,
} from "./proxy/options.ts";
export { SipProxy } from "./proxy/proxy.ts";
export type { Routed } from "./proxy/routed.ts";
export type { ProxyTarget } from "./proxy/target.ts";
