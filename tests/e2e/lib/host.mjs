// A page of somebody else, on an address of its own, in which the site's element and frames stand.
import { createServer } from "node:http";

/** Serves `pages` (path to text) with those headers; resolves to `{ url, close }`. */
export async function host(pages, headers = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const page = pages[pathname] ?? (pathname === "/favicon.ico" ? "" : undefined);
    const known = page !== undefined;
    response.writeHead(known ? 200 : 404, { "content-type": "text/html; charset=utf-8", ...headers }).end(page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

/** A page around a body. */
export const page = (body, head = "") =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notes on training</title>${head}</head>` +
  `<body><main><h1>Notes on training</h1>${body}</main></body></html>`;
