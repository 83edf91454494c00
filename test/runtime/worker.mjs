// Worker: what a Cloudflare Worker does with the package: its module beside it, no sockets. Prints one line of JSON.

import * as sippet from "dist/core.js";
import module from "dist/sip.wasm";
import * as testing from "dist/testing.js";
import { parse, transactions } from "library.mjs";

export default {
  async test() {
    sippet.initSync(module);
    const report = { parse: parse(sippet), transactions: await transactions(sippet, testing) };
    console.log(`REPORT ${JSON.stringify(report)}`);
  },
};
