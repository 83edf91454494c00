// Sessions that are resumed have no handshake that shows a certificate: each connection shows one all the same.

import { once } from "node:events";
import {
  type ConnectionOptions,
  connect as connectTls,
  createSecureContext,
  createServer,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { tls } from "../../src/transport/node/tls.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import { Authority } from "./certificate.ts";
import { message, Recorder } from "./contract.ts";
import { cleanups, endAll, HOST, sendOn, start, until } from "./stream-world.ts";

afterEach(endAll);

const authority = new Authority();
const ca = authority.cert;
const text = new TextDecoder().decode(message("one"));

interface Joined {
  readonly socket: TLSSocket;
  /** What a later connection may be resumed by. */
  readonly session: Buffer | undefined;
  /** Whether the server has read what it was sent. */
  readonly let: boolean;
}

/** Connects, sends a message, and waits for the session, or for the end. */
async function join(port: number, options: ConnectionOptions, taken: () => number): Promise<Joined> {
  const socket = connectTls({ host: HOST, port, ca, checkServerIdentity: () => undefined, ...options });
  cleanups.push(() => socket.destroy());
  let session: Buffer | undefined;
  let over = false;
  socket.on("session", (given) => {
    session = given;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    over = true;
  });
  const before = taken();
  socket.write(text);
  await until(() => over || taken() > before);
  return { socket, session, let: taken() > before };
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("%s", (maxVersion) => {
  it("a server with requestCert asks for one each time", async () => {
    const server = await start((clock) => {
      const own = { ...authority.issue({ dns: ["server.example.com"] }), ca };
      return tls({ host: HOST, port: 0, clock, tls: { ...own, requestCert: true, maxVersion } });
    });
    const { port } = server.transport.local;
    const taken = () => server.recorder.messages.length;
    const first = await join(port, authority.issue({ dns: ["client.example.com"] }), taken);
    expect(first.let).toBe(true);
    const session = first.session ? { session: first.session } : {};
    expect((await join(port, session, taken)).let).toBe(false);
    // Neither after new certificates.
    server.transport.setSecureContext(authority.issue({ dns: ["server.example.com"] }));
    const second = await join(port, authority.issue({ dns: ["client.example.com"] }), taken);
    expect(second.let).toBe(true);
    expect((await join(port, second.session ? { session: second.session } : {}, taken)).let).toBe(false);
  });

  it("who may call one of a server's domains has not shown what another one asks for", async () => {
    const other = new Authority();
    const contexts: Record<string, SecureContext> = {
      "a.example.com": createSecureContext({ ...authority.issue({ dns: ["a.example.com"] }), ca }),
      "b.example.com": createSecureContext({ ...other.issue({ dns: ["b.example.com"] }), ca: other.cert }),
    };
    const server = await start((clock) =>
      tls({
        ...{ host: HOST, port: 0, clock },
        tls: {
          ...{ ...authority.issue(), ca: other.cert, requestCert: true, maxVersion },
          SNICallback: (name, done) => done(null, contexts[name]),
        },
      }),
    );
    const { port } = server.transport.local;
    const taken = () => server.recorder.messages.length;
    const own = { ...authority.issue({ dns: ["client.example.com"] }), rejectUnauthorized: false };
    const at = (name: string, more: object = {}) =>
      join(port, { ...own, servername: `${name}.example.com`, ...more }, taken);
    const first = await at("a");
    expect(first.let).toBe(true);
    expect((await at("b")).let).toBe(false);
    expect((await at("b", first.session ? { session: first.session } : {})).let).toBe(false);
  });

  it("nor does a WebSocket server resume what it has asked a certificate for", async () => {
    const transport = webSocketServer({
      ...{ host: HOST, port: 0 },
      tls: { ...authority.issue({ dns: ["server.example.com"] }), ca, requestCert: true, maxVersion },
    });
    await transport.start(new Recorder());
    cleanups.push(() => transport.close());
    const shown = async (options: ConnectionOptions): Promise<[boolean, Buffer | undefined]> => {
      const socket = connectTls({
        host: HOST,
        port: transport.local.port,
        ca,
        servername: "server.example.com",
        ...options,
      });
      cleanups.push(() => socket.destroy());
      let session: Buffer | undefined;
      socket.on("session", (given) => {
        session = given;
      });
      socket.on("error", () => {});
      let answered = false;
      socket.on("data", () => {
        answered = true;
      });
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await new Promise((resolve) => socket.once("close", resolve));
      return [answered, session];
    };
    const [let1, session] = await shown(authority.issue({ dns: ["client.example.com"] }));
    expect(let1).toBe(true);
    expect((await shown(session ? { session } : {}))[0]).toBe(false);
  });

  it("a session among the client's options is not taken: it would pass for another domain's certificate", async () => {
    const got: string[] = [];
    const server = createServer({ ...authority.issue({ dns: ["a.example.com"] }), maxVersion }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => got.push(`${data}`));
      socket.write("a");
    });
    server.listen(0, HOST);
    await once(server, "listening");
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    const first = connectTls({ host: HOST, port, ca, servername: "a.example.com" });
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const client = await start((clock) =>
      tls({
        host: HOST,
        port: 0,
        clock,
        tls: { ...authority.issue(), ca, maxVersion },
        client: { session } as object,
      }),
    );
    const flow = client.transport.flow({ host: HOST, port, domain: "b.example.com" });
    const failures = flow ? sendOn(flow, text) : [];
    await until(() => failures.length + got.length > 0);
    expect(got).toEqual([]);
    expect(failures).toMatchObject([{ code: "transport_failed" }]);
  });
});
