// What every runtime is asked that needs no sockets: parsing, and transactions over the network in memory.

/** What the package makes of a message that it parses and one value of which it changes. */
export function parse({ parseMessage }) {
  const text = [
    "INVITE sip:bob@biloxi.example.com SIP/2.0",
    "v: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds",
    "Max-Forwards: 70",
    'To: "Böb" <sip:bob@biloxi.example.com>',
    "From: Alice <sip:alice@atlanta.example.com>;tag=1928301774",
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com",
    "CSeq: 314159 INVITE",
    "Content-Length: 4",
    "",
    "v=0\n",
  ].join("\r\n");
  const request = parseMessage(new TextEncoder().encode(text));
  const { headers } = request;
  const read = {
    method: request.method,
    user: request.uri.user,
    branch: headers.get("Via")[0].branch,
    name: headers.get("To").displayName,
    tag: headers.get("From").tag,
    cseq: headers.get("CSeq").number,
    body: request.bodyText,
    untouched: request.toString() === text,
  };
  headers.set("Max-Forwards", 69);
  return { ...read, edited: request.toString() === text.replace("Max-Forwards: 70", "Max-Forwards: 69") };
}

/** Twenty refused INVITEs and as many OPTIONS over a network that loses a fifth of all datagrams. */
export async function transactions({ createRequest, Stack, VirtualClock }, { MemoryNetwork }) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, seed: 3261, loss: 0.2 });
  const quiet = { onRequest() {}, onResponse() {}, onError() {} };
  const statuses = { INVITE: 486, OPTIONS: 200 };
  const stack = (core) => new Stack({ transports: [network.transport({ protocol: "UDP" })], core, clock });
  const bob = stack({
    ...quiet,
    onRequest: (request, transaction) => transaction?.respond(statuses[request.method]),
  });
  const alice = stack(quiet);
  await Promise.all([alice.start(), bob.start()]);
  const { host, port } = bob.transports[0].local;
  const finals = Array.from({ length: 40 }, (_, i) => {
    const from = "<sip:alice@example.com>";
    const request = createRequest(i % 2 ? "INVITE" : "OPTIONS", `sip:bob@${host}:${port}`, { from });
    return alice.send(request).final;
  });
  await clock.advanceAsync(120_000);
  const got = (await Promise.all(finals)).map(({ status }) => status);
  const left = [alice, bob].map(({ stats: { transactions: t } }) => t.client + t.server + t.timers);
  await Promise.all([alice.close(), bob.close()]);
  const count = (status) => got.filter((each) => each === status).length;
  return { refused: count(486), answered: count(200), lost: alice.stats.sent > 60, left };
}
