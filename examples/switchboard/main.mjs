// Starts the switchboard, says where it listens, and ends it in good order.

import { serve } from "./http.mjs";
import { Journal } from "./journal.mjs";
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
  const server = await serve(options);
  const switchboard = new Switchboard(options, server, new Journal());
  try {
    await switchboard.stack.start();
  } catch (error) {
    server.close();
    throw error;
  }
  announce(switchboard.stack, options);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stop(switchboard.stack, server, options.drain));
  }
}

function announce(stack, { httpHost }) {
  const [datagrams, sockets] = stack.transports;
  // A page may use the microphone on localhost, but on no other plain HTTP address.
  const host = httpHost === "0.0.0.0" || httpHost === "::" ? "localhost" : sockets.local.host;
  const page = `${host.includes(":") ? `[${host}]` : host}:${sockets.local.port}`;
  console.log(`SIP over UDP        sip:${datagrams.sentBy}`);
  console.log(`SIP over WebSocket  ws://${page} (subprotocol sip)`);
  console.log(`Softphone           http://${page}`);
}

/**
 * Lets the transactions end, then closes everything; the process ends by itself, for nothing is left to wait
 * for. A second Ctrl-C does not wait.
 */
async function stop(stack, server, drain) {
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  const began = performance.now();
  console.log(`\nDraining ${count(stack)} for up to ${drain} ms`);
  await stack.close({ drain });
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
  if (error.code === "address_in_use") return `${error.message} (--udp-port)`;
  return `The switchboard cannot start: ${error.message}`;
}
