// A client of TLS 1.2 that begins handshake upon handshake costs the server as many: Node tells of the fourth, and goes on.

import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { tls } from "../../src/transport/node/tls.ts";
import { Authority } from "./certificate.ts";
import { cleanups, endAll, HOST, start, until } from "./stream-world.ts";

afterEach(endAll);

it("ends a connection whose peer begins handshake upon handshake", async () => {
  const issued = new Authority().issue({ dns: ["a.example.com"] });
  const { transport, recorder } = await start((clock) =>
    tls({ host: HOST, port: 0, clock, tls: { ...issued, maxVersion: "TLSv1.2" } }),
  );
  const socket = connect({ host: HOST, port: transport.local.port, rejectUnauthorized: false });
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  let done = 0;
  const again = (): void => {
    socket.renegotiate({ rejectUnauthorized: false }, (error) => {
      if (error || ++done === 50) return;
      again();
    });
  };
  again();
  await until(() => recorder.closed.length === 1);
  expect(recorder.closed).toMatchObject([
    { error: { code: "connection_closed", cause: { code: "ERR_TLS_SESSION_ATTACK" } } },
  ]);
  await until(() => socket.closed);
  expect(done).toBeLessThan(10);
});
