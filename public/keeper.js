// Keeps a whole copy of the site, so that it opens without a network. A version is one cache: all of it is there
// before any of it is used, and files of two versions never meet. The build fills in the files.

const FILES = {}; // path: its digest
const VERSION = "";

const OWN = `autoparallel ${registration.scope} `;
const CACHE = OWN + VERSION;
/** What may be gone to, and the file that answers: the page, and the one that frames show. */
const PAGES = { "": "./", "index.html": "./", "embed.html": "./embed.html" };

async function keep() {
  const cache = await caches.open(CACHE);
  const one = async ([path, integrity]) => {
    // A name made from the content never gets stale; the others must be those of this version.
    const named = /-[0-9a-f]{16}[./]/.test(path);
    const response = await fetch(new Request(path, { integrity, cache: named ? "default" : "reload" }));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(path, response);
  };
  await Promise.all(Object.entries(FILES).map(one));
}

/** The version before stays for pages that are still open. */
async function tidy() {
  const own = (await caches.keys()).filter((name) => name.startsWith(OWN) && name !== CACHE);
  await Promise.all(own.slice(0, -1).map((name) => caches.delete(name)));
}

async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? caches.match(request);
}

async function answer(request, path) {
  if (request.mode === "navigate") {
    return (Object.hasOwn(PAGES, path) && (await kept(PAGES[path]))) || fetch(request);
  }
  // Asked past what the browser keeps: the copy is no answer to that.
  if (request.cache === "no-store") return fetch(request);
  return (await kept(request)) ?? fetch(request);
}

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  if (request.method === "GET" && address.startsWith(registration.scope)) {
    event.respondWith(answer(request, address.slice(registration.scope.length)));
  }
});
