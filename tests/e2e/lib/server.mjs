// Serves a built site from a sub-path of a free port of this machine.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const MEDIA_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

async function answer({ dist, base, headers }, request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const name = pathname.slice(base.length).replace(/(^|\/)$/, "$1index.html");
  if (!pathname.startsWith(base) || name.includes("..")) {
    response.writeHead(404).end();
    return;
  }
  try {
    const body = await readFile(join(dist, name));
    const type = MEDIA_TYPES[extname(name)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": "no-cache", ...headers }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/** Resolves to `{ url, close }`. */
export async function serve(dist, base = "/some/sub/", headers = {}) {
  const server = createServer((request, response) => answer({ dist, base, headers }, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}${base}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, close };
}
