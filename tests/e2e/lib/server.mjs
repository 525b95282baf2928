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

async function answer({ dist, base, headers, asked }, request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  asked.push(pathname);
  const name = pathname.slice(base.length).replace(/(^|\/)$/, "$1index.html");
  if (!pathname.startsWith(base) || name.includes("..")) {
    response.writeHead(404).end();
    return;
  }
  try {
    const body = await readFile(join(dist, name));
    // As `_headers` says: what is named by its content never changes.
    const named = /-[0-9a-f]{16}[./]/.test(name);
    const kept = named ? "public, max-age=31536000, immutable" : "no-cache";
    const type = MEDIA_TYPES[extname(name)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": kept, ...headers }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/** Resolves to `{ url, asked, close }`; `asked` grows by each path that is asked for. */
export async function serve(dist, base = "/some/sub/", headers = {}, port = 0) {
  const asked = [];
  const site = { dist, base, headers, asked };
  const server = createServer((request, response) => answer(site, request, response));
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}${base}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, asked, close };
}
