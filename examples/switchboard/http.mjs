// HTTP: serves the softphone page, and the library's browser build to it. Files only, and only those of the
// two folders that it is given.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("public/", import.meta.url));
const LIBRARY = fileURLToPath(new URL("./", import.meta.resolve("sippet")));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Starts an HTTP server, or an HTTPS server with a `certificate`; resolves when it listens, rejects where it cannot. */
export function serve({ httpHost: host, httpPort: port }, certificate) {
  const server = certificate ? createSecureServer(certificate, answer) : createServer(answer);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

async function answer(request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const file = locate(request.url);
  const content = file && (await readFile(file).catch(() => undefined));
  if (!content) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
    return;
  }
  response.writeHead(200, {
    "Content-Type": TYPES[extname(file)],
    "Content-Length": content.length,
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : content);
}

/** The file that a path names; undefined where it would lead out of the folders, or to a type not listed. */
function locate(target) {
  let path;
  try {
    path = decodeURIComponent(new URL(target, "http://localhost").pathname);
  } catch {
    return undefined;
  }
  const [root, inside] = path.startsWith("/sippet/") ? [LIBRARY, path.slice("/sippet".length)] : [PAGE, path];
  const file = normalize(join(root, inside === "/" ? "index.html" : inside));
  const folder = root.endsWith(sep) ? root : root + sep;
  return file.startsWith(folder) && !file.includes("\0") && extname(file) in TYPES ? file : undefined;
}
