// Starts a balancer on UDP, in front of the gateways that are named.
//
//     node examples/balancer/main.mjs 5060 10.0.0.1:5060 10.0.0.2:5060

import { Uri } from "sippet";
import { udp } from "sippet/node";
import { createBalancer } from "./balancer.mjs";

const [port, ...names] = process.argv.slice(2);
const onChange = ({ host, port }, alive) => console.log(`${host}:${port} is ${alive ? "back" : "gone"}`);
const onError = ({ code, message }) => console.error(code ?? "", message);
try {
  if (names.length === 0) throw new Error("it takes its port, and the HOST:PORT of each gateway");
  const targets = names.map((name) => {
    const { host, port = 5060 } = Uri.parse(`sip:${name}`);
    return { protocol: "UDP", host, port };
  });
  const transports = [udp({ port: Number(port) })];
  const balancer = createBalancer({ transports, gateways: { targets, onChange }, onError });
  await balancer.start();
  console.log(`UDP ${balancer.stack.transports[0].sentBy}, in front of ${names.join(", ")}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => balancer.close(2000));
} catch ({ message }) {
  console.error(`The balancer cannot start: ${message}`);
  process.exitCode = 1;
}
