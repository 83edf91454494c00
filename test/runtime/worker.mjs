// Worker: what a Cloudflare Worker does with the package: its module beside it, no sockets but WebSockets that it
// opens. Prints one line of JSON.

import * as sippet from "dist/core.js";
import module from "dist/sip.wasm";
import * as testing from "dist/testing.js";
import { parse, transactions } from "library.mjs";
import { contract, phone } from "websockets.mjs";

export default {
  async test(_controller, { RELAY, HTTP, SIP }) {
    sippet.initSync(module);
    const report = {
      parse: parse(sippet),
      transactions: await transactions(sippet, testing),
      contract: await contract(sippet, testing, RELAY),
      phone: await phone(sippet, { http: HTTP, sip: SIP }),
    };
    console.log(`REPORT ${JSON.stringify(report)}`);
  },
};
