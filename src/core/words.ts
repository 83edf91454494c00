// Words: the strings for words that the core knows by number (TRANSPORT_*, METHOD_* in abi.ts).

/** By TRANSPORT_* number. */
export const TRANSPORTS: readonly string[] = ["", "UDP", "TCP", "TLS", "WS", "WSS"];

/** By METHOD_* number. */
export const METHODS: readonly string[] = [
  "",
  "INVITE",
  "ACK",
  "BYE",
  "CANCEL",
  "REGISTER",
  "OPTIONS",
  "SUBSCRIBE",
  "NOTIFY",
  "INFO",
  "UPDATE",
  "MESSAGE",
  "PRACK",
  "REFER",
  "PUBLISH",
];
