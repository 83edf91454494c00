// Peer pages: what a page with a peer in it loads: JsSIP, SIP.js, and the library's own modules beside those that the
// switchboard serves.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const PAGE = `<!doctype html><title>Peer</title><script type="importmap">${JSON.stringify({
  imports: {
    sippet: "/sippet/index.js",
    "sippet/dialog": "/sippet/dialog.js",
    "sippet/digest": "/sippet/digest.js",
    "sippet/registration": "/sippet/registration.js",
    "@noble/hashes/": "/peers/noble/",
  },
})}</script><script type="module" src="/peers/page.js"></script>`;

let vendor;

/** JsSIP and SIP.js as one module: neither can be loaded by a page as it is published. */
async function bundle() {
  const lib = { entry: here("peers/vendor.js"), formats: ["es"] };
  const options = { configFile: false, logLevel: "silent", root: here("./") };
  const [{ output }] = [await build({ ...options, build: { write: false, minify: false, lib } })].flat();
  return output[0].code;
}

function content(path) {
  if (path === "/peers/") return PAGE;
  if (path === "/peers/vendor.js") {
    vendor ??= bundle();
    return vendor;
  }
  const [, folder, name] = /^\/peers\/(noble\/)?([\w-]+\.js)$/.exec(path);
  return readFile(
    folder ? new URL(name, import.meta.resolve("@noble/hashes/sha2.js")) : here(`peers/${name}`),
  );
}

/** Has an HTTP server serve those pages, too. */
export function servePeerPages(server) {
  const [others] = server.listeners("request");
  server.off("request", others).on("request", async (request, response) => {
    if (!request.url.startsWith("/peers/")) return others(request, response);
    try {
      const body = await content(request.url);
      response.setHeader("Content-Type", request.url.endsWith("/") ? "text/html" : "text/javascript");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}
