// The two libraries, for one bundle.

export { default as JsSIP } from "jssip";
export * as SIP from "sip.js";
