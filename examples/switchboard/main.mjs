// Starts the switchboard, says where it listens, and ends it in good order.

import { readFileSync } from "node:fs";
import { openCaptures } from "./captures.mjs";
import { readUsers } from "./gatekeeper.mjs";
import { serve } from "./http.mjs";
import { Journal } from "./journal.mjs";
import { openLocation } from "./location.mjs";
import { readOptions, UsageError, usage } from "./options.mjs";
import { Switchboard } from "./switchboard.mjs";

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options) await run(options);
  else console.log(usage());
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function run(options) {
  const users = options.users ? readUsers(options.users) : undefined;
  const certificate = options.tlsCert
    ? { cert: readFileSync(options.tlsCert), key: readFileSync(options.tlsKey) }
    : undefined;
  const server = await serve(options, certificate);
  const journal = new Journal();
  const opened = [];
  const keep = (each) => {
    opened.push(each);
    return each;
  };
  const closeAll = () => Promise.all(opened.map((each) => each.close()));
  try {
    const { location } = keep(await openLocation(options, journal));
    const captures = keep(openCaptures(options));
    const { stack } = new Switchboard(options, {
      server,
      journal,
      location,
      users,
      certificate,
      tap: captures.tap,
    });
    await stack.start();
    announce(stack, options);
    endOnSignal(() => stop(stack, server, closeAll, options.drain));
  } catch (error) {
    server.close();
    await closeAll();
    throw error;
  }
}

function announce({ transports }, { httpHost }) {
  const at = (protocol) => transports.find((each) => each.protocol === protocol);
  const [secure, sockets] = [at("TLS"), transports.at(-1)];
  const s = sockets.secure ? "s" : "";
  // A page may use the microphone on localhost, but on no other plain HTTP address.
  const host = httpHost === "0.0.0.0" || httpHost === "::" ? "localhost" : sockets.local.host;
  const page = `${host.includes(":") ? `[${host}]` : host}:${sockets.local.port}`;
  console.log(`SIP over UDP        sip:${at("UDP").sentBy}`);
  console.log(`SIP over TCP        sip:${at("TCP").sentBy};transport=tcp`);
  if (secure) console.log(`SIP over TLS        sips:${secure.sentBy}`);
  console.log(`SIP over WebSocket  ws${s}://${page} (subprotocol sip)`);
  console.log(`Softphone           http${s}://${page}`);
}

/** Calls `stop` at the first Ctrl-C; a second one does not wait for its end. */
function endOnSignal(stop) {
  let began;
  const onSignal = () => {
    const now = performance.now();
    if (began === undefined) void stop();
    // `npm start` hands on the Ctrl-C that the terminal has sent to us already.
    else if (now - began > 500) process.exit(130);
    began ??= now;
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, onSignal);
}

/** Lets the transactions end, then closes everything. The process ends because nothing is left to wait for. */
async function stop(stack, server, closeOthers, drain) {
  const began = performance.now();
  console.log(`\nDraining ${count(stack)} for up to ${drain} ms`);
  await stack.close({ drain });
  await closeOthers();
  server.close();
  server.closeAllConnections();
  const { timers } = stack.stats.transactions;
  const elapsed = Math.round(performance.now() - began);
  console.log(`Closed after ${elapsed} ms: ${count(stack)}, ${timers} timers`);
}

function count(stack) {
  const { client, server } = stack.stats.transactions;
  return `${client + server} transactions`;
}

function explain(error) {
  if (error instanceof UsageError) return `${error.message}\nSee --help for the options.`;

  if (error.code === "EADDRINUSE")
    return `HTTP port ${error.port} on ${error.address} is in use: take another port (--http-port)`;
  if (error.code === "address_in_use") {
    const [protocol] = error.message.split(" ");
    return `${error.message} (--${protocol.toLowerCase()}-port)`;
  }
  return `The switchboard cannot start: ${error.message}`;
}
