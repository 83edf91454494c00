// Options: what the switchboard can be told, on the command line or in the environment.

import { parseArgs } from "node:util";

/**
 * Name → what stands for its value in the usage, what it is for, and its value when nobody gives one: an initial one, or that
 * of the option before it that it follows.
 */
const OPTIONS = {
  "udp-host": { value: "ADDRESS", help: "where to listen for SIP over UDP", initial: "0.0.0.0" },
  "udp-port": { value: "PORT", help: "0 for any free one", initial: 5060 },
  "tcp-host": { value: "ADDRESS", help: "where to listen for SIP over TCP", follows: "udp-host" },
  "tcp-port": { value: "PORT", help: "0 for any free one", follows: "udp-port" },
  "tls-cert": {
    value: "FILE",
    help: "listens to TLS too, with this certificate; HTTPS for the page",
    initial: "",
  },
  "tls-key": { value: "FILE", help: "the key of the certificate", initial: "" },
  "tls-port": { value: "PORT", help: "for SIP over TLS, at --tcp-host", initial: 5061 },
  "http-host": { value: "ADDRESS", help: "where to listen for the page and WebSockets", initial: "0.0.0.0" },
  "http-port": { value: "PORT", help: "0 for any free one", initial: 8080 },
  domain: {
    value: "NAMES",
    help: "domains to serve, besides this machine's names and addresses",
    initial: "",
  },
  advertise: {
    value: "HOST",
    help: "the address that SIP peers see, where it is not the bound one",
    initial: "",
  },
  redis: { value: "URL", help: "keeps registrations there, for many switchboards", initial: "" },
  users: { value: "FILE", help: "lets these in alone: lines of name:password", initial: "" },
  realm: { value: "NAME", help: "what passwords are for; the first domain, or switchboard", initial: "" },
  algorithms: {
    value: "NAMES",
    help: "digests to ask for, the preferred first; SHA-256,MD5",
    initial: "",
  },
  secret: { value: "TEXT", help: "the key of nonces, routes and GRUUs; one for all", initial: "" },
  relay: { value: "", help: "forward new calls to other domains too", initial: false },
  "min-expires": { value: "SECONDS", help: "the shortest registration that is taken", initial: 60 },
  "max-expires": { value: "SECONDS", help: "the longest registration that is given", initial: 3600 },
  "timer-c": { value: "MS", help: "how long a call may ring (RFC 3261 §16.6)", initial: 181_000 },
  t1: { value: "MS", help: "the round-trip time that all other timers follow", initial: 500 },
  pcap: { value: "FILE", help: "writes all messages there, for Wireshark", initial: "" },
  hep: { value: "HOST:PORT", help: "sends all messages there, to a Homer server", initial: "" },
  drain: { value: "MS", help: "how long Ctrl-C waits for what is under way", initial: 5000 },
};

const PORTS = new Set(["udp-port", "tcp-port", "tls-port", "http-port"]);

/** What `sippet/digest` knows. */
const ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"];

/** An option that makes no sense; its message is for the one who typed it. */
export class UsageError extends Error {}

/**
 * The options, the command line's before the environment's before the initial ones, by their names in
 * camel case. Undefined where help was asked for.
 */
export function readOptions(args, environment) {
  const options = { help: { type: "boolean", short: "h" } };
  for (const [name, { value }] of Object.entries(OPTIONS)) {
    options[name] = { type: value ? "string" : "boolean" };
  }
  let given;
  try {
    given = parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
  if (given.help) return undefined;

  const read = {};
  for (const [name, { initial, follows }] of Object.entries(OPTIONS)) {
    const text = given[name] ?? environment[variable(name)];
    const preset = follows ? read[camelCase(follows)] : initial;
    read[camelCase(name)] = text === undefined || text === "" ? preset : convert(name, text, preset);
  }
  if (Boolean(read.tlsCert) !== Boolean(read.tlsKey))
    throw new UsageError("--tls-cert needs --tls-key, and the other way round");
  if (read.minExpires > read.maxExpires) throw new UsageError("--min-expires is longer than --max-expires");
  return read;
}

/** What --help prints. */
export function usage() {
  const lines = Object.entries(OPTIONS).map(([name, { value, help, initial, follows }]) => {
    const shown = follows ? `as --${follows}` : initial;
    const preset = shown === "" || shown === false ? "" : ` (${shown})`;
    return `  ${`--${name} ${value}`.padEnd(24)}${help}${preset}\n${"".padEnd(26)}${variable(name)}`;
  });
  return `Usage: node examples/switchboard/main.mjs [options]
       npm start -- [options]

A SIP registrar and proxy with a softphone page, made of Sippet's building blocks.

${lines.join("\n")}
  -h, --help              print this

Each option can be set by the environment variable below it.`;
}

function convert(name, text, initial) {
  if (typeof initial === "boolean") return text === true || readYesOrNo(name, text);
  if (name === "algorithms") return readAlgorithms(text);
  if (name === "redis" && !(/^rediss?:/.test(text) && URL.canParse(text)))
    throw new UsageError(`--redis takes a URL like redis://localhost:6379, not "${text}"`);
  if (typeof initial === "string") return text;
  const number = Number(text);
  const limit = PORTS.has(name) ? 65_535 : 2 ** 31 - 1;
  if (!/^\d+$/.test(text) || number > limit) {
    throw new UsageError(`--${name} takes a whole number up to ${limit}, not "${text}"`);
  }
  return number;
}

function readYesOrNo(name, text) {
  if (/^(1|true|yes)$/i.test(text)) return true;
  if (/^(0|false|no)$/i.test(text)) return false;
  throw new UsageError(`${variable(name)} takes yes or no, not "${text}"`);
}

function readAlgorithms(text) {
  const read = text.split(",").map((part) => {
    const name = part.trim();
    const known = ALGORITHMS.find((each) => each.toLowerCase() === name.toLowerCase());
    if (known) return known;
    throw new UsageError(`--algorithms takes some of ${ALGORITHMS.join(",")}, not "${name}"`);
  });
  return [...new Set(read)];
}

function variable(name) {
  return `SIPPET_${name.toUpperCase().replaceAll("-", "_")}`;
}

function camelCase(name) {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}
