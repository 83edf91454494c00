// Starts a balancer on UDP, in front of the gateways that are named.
//
//     node examples/balancer/main.mjs 5060 10.0.0.1:5060 10.0.0.2:5060

import { Uri } from "sippet";
import { udp } from "sippet/node";
import { createBalancer } from "./balancer.mjs";

const [port = "5060", ...names] = process.argv.slice(2);
const targets = names.map((name) => {
  const { host, port = 5060 } = Uri.parse(`sip:${name}`);
  return { protocol: "UDP", host, port };
});
const onChange = ({ host, port }, alive) => console.log(`${host}:${port} is ${alive ? "back" : "gone"}`);
const balancer = createBalancer({
  transports: [udp({ port: Number(port) })],
  gateways: { targets, onChange },
  onError: (error) => console.error(error.code, error.message),
});

await balancer.start();
process.once("SIGINT", () => balancer.close(2000));
