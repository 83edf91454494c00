// What a runtime that can only call out does over its own WebSocket: the contract of transports between two clients that
// a relay joins, and what a phone does with a switchboard.

/** How long a frame may take by way of the relay, on a busy machine too, in milliseconds. */
const SETTLE = 400;
const quiet = { onRequest() {}, onResponse() {}, onError() {} };

/** The contract, over `relay` (host:port); how many checks, and what failed. */
export async function contract({ webSocket }, { transportConformance }, relay) {
  let rooms = 0;
  const checks = transportConformance(() => {
    const url = `ws://${relay}/${Date.now()}-${rooms++}`;
    // Neither comes back: who does would be joined with nobody.
    const make = () => webSocket({ url, reconnect: false });
    return { callee: make(), caller: make, settle: () => new Promise((done) => setTimeout(done, SETTLE)) };
  });
  // A client has no port of its own to say.
  const ours = checks.filter(({ name }) => !name.startsWith("describes itself"));
  const failed = [];
  for (const { name, run } of ours) await run().catch((error) => failed.push(`${name}: ${error.message}`));
  return { checks: ours.length, failed };
}

/** Registers, is called, and calls, all through the switchboard at `http` (host:port), whose domain is `sip`. */
export async function phone(sippet, { http, sip }) {
  const { createRequest, Stack, webSocket } = sippet;
  const states = [];
  const transport = webSocket({
    url: `ws://${http}`,
    keepAlive: true,
    onState: (state) => states.push(state),
  });
  const heard = [];
  const core = {
    ...quiet,
    onRequest(request, transaction) {
      heard.push(request.method);
      transaction?.respond(request.method === "INVITE" ? 486 : 200);
    },
  };
  const stack = new Stack({ transports: [transport], core, timers: { t1: 100, t4: 100 } });
  await stack.start();
  const user = `u${Math.random().toString(36).slice(2)}`;
  const aor = `<sip:${user}@${sip}>`;
  const register = (expires) =>
    stack.send(
      createRequest("REGISTER", `sip:${sip}`, {
        from: aor,
        to: aor,
        contact: `<sip:${user}@${transport.sentBy};transport=ws>`,
        headers: { Expires: expires },
      }),
    ).final;
  const ask = (method) => stack.send(createRequest(method, `sip:${user}@${sip}`, { from: aor })).final;
  const registered = (await register(600)).status;
  const busy = (await ask("INVITE")).status;
  const answered = (await ask("OPTIONS")).status;
  const unregistered = (await register(0)).status;
  const unknown = (await ask("OPTIONS")).status;
  await stack.close({ drain: 5000 });
  const { client, server, timers } = stack.stats.transactions;
  const left = client + server + timers;
  return { registered, busy, answered, heard, unregistered, unknown, states, left };
}

/** How `phone` goes. */
export const PHONE = {
  registered: 200,
  busy: 486,
  answered: 200,
  // The ACK to a refusal goes no further than the transaction.
  heard: ["INVITE", "OPTIONS"],
  unregistered: 200,
  unknown: 480,
  states: ["connecting", "connected", "disconnected"],
  left: 0,
};
