// Smoke: `npm start` on free ports answers OPTIONS over UDP, and ends by itself on Ctrl-C. Exit code 0 if so.

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const host = "127.0.0.1";
const where = ["--udp-host", host, "--udp-port", "0", "--http-host", host, "--http-port", "0"];

// A process group of its own, which gets the signals of a terminal's Ctrl-C: npm and what it started.
const child = spawn("npm", ["start", "--silent", "--", ...where], {
  detached: true,
  stdio: ["ignore", "pipe", "pipe"],
});
let output = "";
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
}
let over = false;
// "close" comes when nobody holds the pipes any more: npm has ended, and the switchboard too.
const closed = once(child, "close").then(() => {
  over = true;
});

function signal(name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone.
  }
}
process.on("exit", () => {
  if (!over) signal("SIGKILL");
});
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(name, () => process.exit(1));

/** Asks until there is an answer. */
async function until(what, milliseconds, ask) {
  for (const end = Date.now() + milliseconds; Date.now() < end && !over; await sleep(50)) {
    const answer = ask();
    if (answer) return answer;
  }
  const answer = ask();
  if (answer) return answer;
  throw new Error(`${what}: ${over ? "ended before" : `not within ${milliseconds} ms`}\n${output}`);
}

/** Sends OPTIONS as a peer without a library does, again every half second. */
async function options(port) {
  const socket = createSocket("udp4");
  let answer = "";
  socket.on("message", (data) => {
    answer = data.toString();
  });
  socket.bind(0, host);
  await once(socket, "listening");
  const own = `${host}:${socket.address().port}`;
  const request = [
    `OPTIONS sip:${host}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bKsmoke${process.pid};rport`,
    "Max-Forwards: 70",
    `From: <sip:smoke@${own}>;tag=smoke`,
    `To: <sip:${host}:${port}>`,
    `Call-ID: smoke-${process.pid}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
  const send = () => socket.send(request, port, host);
  send();
  const again = setInterval(send, 500);
  try {
    await until("no answer to OPTIONS", 10_000, () => answer);
  } finally {
    clearInterval(again);
    socket.close();
  }
  const [statusLine] = answer.split("\r\n", 1);
  if (statusLine !== "SIP/2.0 200 OK") throw new Error(`OPTIONS was answered ${statusLine}`);
  console.log(`OPTIONS: ${statusLine}`);
}

const [, port] = await until("npm start", 240_000, () => /^SIP over UDP +sip:\S+:(\d+)$/m.exec(output));
await until("npm start", 10_000, () => /^Softphone /m.test(output));
console.log(`npm start: UDP port ${port}`);
await options(Number(port));
signal("SIGINT");
await Promise.race([closed, sleep(20_000, undefined, { ref: false })]);
if (!over) throw new Error(`it did not end by itself\n${output}`);
const last = /^Closed after .*$/m.exec(output)?.[0] ?? "";
if (!last.endsWith("0 transactions, 0 timers")) throw new Error(`it left something behind\n${output}`);
console.log(last);
