// The contenders: Sippet, and one adapter for each peer. An adapter gives
//   parse(data)            bytes or string, as the library takes them (a peer that takes only strings
//                          has its bytes decoded inside the timed region: UDP hands out bytes)
//   read(message, record)  the parts of the seven typed values, into the record
//   forward(data, branch)  parse, push a Via, Max-Forwards - 1, to bytes     (where the peer can)
//   respond(request)       a 200 with a To tag, to bytes                      (where the peer can)
// Values are taken the way each library's users take them: the accessors that its documentation
// shows, with what it keeps parsed taken as it is.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const decoder = new TextDecoder();
const text = (data) => (typeof data === "string" ? data : decoder.decode(data));
const bytes = (string) => Buffer.from(string, "utf8");

const proxy = "proxy.example.net:5060";

/** The version of an installed package, read from its own package.json. */
function versionOf(name) {
  return require(`./node_modules/${name}/package.json`).version;
}

async function sippet() {
  const entry = new URL("../dist/index.js", import.meta.url);
  const { parseMessage } = await import(entry.href);
  const { version } = require("../package.json");
  return {
    name: "sippet",
    version,
    slow: false,
    parse: parseMessage,
    read(message, record) {
      const headers = message.headers;
      const via = headers.first("Via");
      record.viaHost = via.host;
      record.viaPort = via.port;
      record.viaBranch = via.branch;
      const from = headers.get("From");
      record.fromUser = from.uri.user;
      record.fromHost = from.uri.host;
      record.fromTag = from.tag;
      const to = headers.get("To");
      record.toUser = to.uri.user;
      record.toHost = to.uri.host;
      record.toTag = to.tag;
      const cseq = headers.get("CSeq");
      record.seq = cseq.number;
      record.method = cseq.method;
      record.callId = headers.get("Call-ID");
      const contact = headers.first("Contact");
      record.contactUser = contact?.uri.user;
      record.contactHost = contact?.uri.host;
      record.maxForwards = headers.get("Max-Forwards");
    },
    forward(data, branch) {
      const message = parseMessage(data);
      const headers = message.headers;
      headers.prepend("Via", `SIP/2.0/UDP ${proxy};branch=${branch}`);
      headers.set("Max-Forwards", headers.get("Max-Forwards") - 1);
      return message.toBytes();
    },
    respond: (request) => request.createResponse(200).toBytes(),
    parseWith: parseMessage,
  };
}

function drachtio() {
  const SipMessage = require("drachtio-sip").SipMessage;
  const { parseUri } = require("drachtio-sip").parser;
  const parse = (data) => new SipMessage(text(data));
  return {
    name: "drachtio-sip",
    version: versionOf("drachtio-sip"),
    slow: false,
    parse,
    read(message, record) {
      const via = message.getParsedHeader("via")[0];
      record.viaHost = via.host;
      record.viaPort = via.port;
      record.viaBranch = via.params.branch;
      const from = message.getParsedHeader("from");
      const fromUri = parseUri(from.uri);
      record.fromUser = fromUri.user;
      record.fromHost = fromUri.host;
      record.fromTag = from.params.tag;
      const to = message.getParsedHeader("to");
      const toUri = parseUri(to.uri);
      record.toUser = toUri.user;
      record.toHost = toUri.host;
      record.toTag = to.params.tag;
      const cseq = message.getParsedHeader("cseq");
      record.seq = cseq.seq;
      record.method = cseq.method;
      record.callId = message.get("call-id");
      const contact = message.has("contact")
        ? parseUri(message.getParsedHeader("contact")[0].uri)
        : undefined;
      record.contactUser = contact?.user;
      record.contactHost = contact?.host;
      record.maxForwards = message.has("max-forwards") ? Number(message.get("max-forwards")) : undefined;
    },
    // It keeps each header as one joined string: a Via is pushed by joining another in front.
    forward(data, branch) {
      const message = new SipMessage(text(data));
      const headers = message.headers;
      headers.via = `SIP/2.0/UDP ${proxy};branch=${branch},${headers.via}`;
      headers["max-forwards"] = String(Number(headers["max-forwards"]) - 1);
      return bytes(message.toString());
    },
    // It has no builder: the headers of RFC 3261 §8.2.6.2 are copied by hand.
    respond(request) {
      const response = new SipMessage();
      const from = request.headers;
      response.status = 200;
      response.reason = "OK";
      const to = from.to;
      response.headers = {
        via: from.via,
        from: from.from,
        to: to.includes(";tag=") ? to : `${to};tag=${Math.random().toString(36).slice(2)}`,
        "call-id": from["call-id"],
        cseq: from.cseq,
      };
      if (from["record-route"] !== undefined) response.headers["record-route"] = from["record-route"];
      return bytes(response.toString());
    },
  };
}

function kirm() {
  const sip = require("sip");
  return {
    name: "sip",
    version: versionOf("sip"),
    slow: false,
    // It turns what it is given into a string by itself, byte by byte (latin1).
    parse: (data) =>
      sip.parse(typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.length)),
    read(message, record) {
      const headers = message.headers;
      const via = headers.via[0];
      record.viaHost = via.host;
      record.viaPort = via.port;
      record.viaBranch = via.params.branch;
      const from = sip.parseUri(headers.from.uri);
      record.fromUser = from.user;
      record.fromHost = from.host;
      record.fromTag = headers.from.params.tag;
      const to = sip.parseUri(headers.to.uri);
      record.toUser = to.user;
      record.toHost = to.host;
      record.toTag = headers.to.params.tag;
      record.seq = headers.cseq.seq;
      record.method = headers.cseq.method;
      record.callId = headers["call-id"];
      const contact = headers.contact === undefined ? undefined : sip.parseUri(headers.contact[0].uri);
      record.contactUser = contact?.user;
      record.contactHost = contact?.host;
      const hops = headers["max-forwards"];
      record.maxForwards = hops === undefined ? undefined : Number(hops);
    },
    forward(data, branch) {
      const message = this.parse(data);
      message.headers.via.unshift({
        version: "2.0",
        protocol: "UDP",
        host: "proxy.example.net",
        port: 5060,
        params: { branch },
      });
      message.headers["max-forwards"] = Number(message.headers["max-forwards"]) - 1;
      return bytes(sip.stringify(message));
    },
    respond(request) {
      const response = sip.makeResponse(request, 200, "OK");
      const { name, uri, params } = request.headers.to;
      // The tag is the caller's business here; a copy, so that the request stays what it was.
      if (params.tag === undefined) {
        response.headers.to = { name, uri, params: { ...params, tag: Math.random().toString(36).slice(2) } };
      }
      return bytes(sip.stringify(response));
    },
  };
}

function jssip() {
  const Parser = require("jssip/lib/Parser");
  // A user agent as far as parsing and replying ask for one; the reply is caught instead of sent.
  const ua = { configuration: {}, contact: {} };
  let reply = "";
  const transaction = {
    receiveResponse(_code, response) {
      reply = response;
    },
  };
  return {
    name: "jssip",
    version: versionOf("jssip"),
    slow: true,
    parse: (data) => Parser.parseMessage(text(data), ua),
    read(message, record) {
      record.viaHost = message.via.host;
      record.viaPort = message.via.port;
      record.viaBranch = message.via_branch;
      record.fromUser = message.from.uri.user;
      record.fromHost = message.from.uri.host;
      record.fromTag = message.from_tag;
      record.toUser = message.to.uri.user;
      record.toHost = message.to.uri.host;
      record.toTag = message.to_tag;
      record.seq = message.cseq;
      record.method = message.method;
      record.callId = message.call_id;
      const contact = message.parseHeader("contact", 0);
      record.contactUser = contact?.uri.user;
      record.contactHost = contact?.uri.host;
      record.maxForwards = message.parseHeader("max-forwards");
    },
    cannot: { forward: "cannot write a parsed message" },
    respond(request) {
      request.server_transaction = transaction;
      request.reply(200);
      return bytes(reply);
    },
  };
}

async function sipjs() {
  const { Parser } = await import(
    new URL("node_modules/sip.js/lib/core/messages/parser.js", import.meta.url).href
  );
  const { constructOutgoingResponse } = await import(
    new URL("node_modules/sip.js/lib/core/messages/outgoing-response.js", import.meta.url).href
  );
  const silent = { warn() {}, error() {} };
  return {
    name: "sip.js",
    version: versionOf("sip.js"),
    slow: true,
    parse: (data) => Parser.parseMessage(text(data), silent),
    read(message, record) {
      record.viaHost = message.via.host;
      record.viaPort = message.via.port;
      record.viaBranch = message.viaBranch;
      record.fromUser = message.from.uri.user;
      record.fromHost = message.from.uri.host;
      record.fromTag = message.fromTag;
      record.toUser = message.to.uri.user;
      record.toHost = message.to.uri.host;
      record.toTag = message.toTag;
      record.seq = message.cseq;
      record.method = message.method;
      record.callId = message.callId;
      const contact = message.parseHeader("contact", 0);
      record.contactUser = contact?.uri.user;
      record.contactHost = contact?.uri.host;
      record.maxForwards = message.parseHeader("max-forwards");
    },
    cannot: { forward: "cannot write a parsed message" },
    respond: (request) => bytes(constructOutgoingResponse(request, { statusCode: 200 }).message),
  };
}

/** Every contender that is there, and the names of those that are not, with the reason. */
export async function contenders(only) {
  const makers = { sippet, "drachtio-sip": drachtio, sip: kirm, jssip, "sip.js": sipjs };
  for (const name of only) {
    if (makers[name] === undefined)
      throw new Error(`no contender "${name}"; there are ${Object.keys(makers).join(", ")}`);
  }
  const present = [];
  const absent = [];
  for (const [name, make] of Object.entries(makers)) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      present.push(await make());
    } catch (error) {
      const missing = error?.code === "ERR_MODULE_NOT_FOUND" || error?.code === "MODULE_NOT_FOUND";
      absent.push({ name, reason: missing ? "not built or not installed" : String(error?.message ?? error) });
    }
  }
  return { present, absent };
}
