// Starts the application, says in the page why it could not be started or why it stopped, and keeps a copy for
// times without a network. A page that is one file says beforehand what its parts are (xtask/src/single.js).

const script = document.querySelector("script[data-glue]");
const fallback = document.getElementById("fallback");

function linkedPlan() {
  const fragment = location.hash.slice(1);
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function fail(error) {
  const byId = (id) => fallback.querySelector(`#${id}`);
  const plan = linkedPlan();
  byId("fallback-reason").textContent = String(error);
  byId("fallback-text").textContent = plan.replaceAll(";", "\n");
  byId("fallback-link").href = byId("fallback-link").textContent = location.href;
  byId("fallback-plan").hidden = plan === "";
  byId("fallback-problem").hidden = false;
  document.body.replaceChildren(fallback);
}

// A fault in the page itself: nothing of it can be trusted any more, but the address still holds the plan.
function stopped({ error, reason }) {
  if (!((error ?? reason) instanceof WebAssembly.RuntimeError)) return;
  fallback.querySelector("#fallback-title").textContent = "The page stopped by a fault of its own.";
  fallback.querySelector("#fallback-hint").textContent =
    "Your plan is kept in the address. Loading the page again starts with it; where that fails as well, start afresh.";
  fallback.querySelector("#fallback-again").hidden = false;
  fail(self.autoparallelFault ?? error ?? reason);
}

function again(plan) {
  if (!plan) history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

function asset(name) {
  return new URL(script.dataset[name], document.baseURI).href;
}

async function start() {
  addEventListener("error", stopped);
  addEventListener("unhandledrejection", stopped);
  fallback.querySelector("#fallback-reload").addEventListener("click", () => again(true));
  fallback.querySelector("#fallback-afresh").addEventListener("click", () => again(false));
  if (script?.dataset.worker) self.autoparallelWorker = asset("worker");
  const integrity = script?.dataset.integrity ?? "";
  const module = compiled(self.autoparallelModule?.() ?? fetch(asset("module"), { integrity }));
  const glue = script?.dataset.glue ? asset("glue") : "";
  if (self.autoparallelWorker) hire(glue, module);
  const init = self.autoparallelInit ?? (await import(glue)).default;
  await init({ module_or_path: await module });
}

/** Compiled as it comes; whole where a host does not say what it is. */
async function compiled(answer) {
  const response = await answer;
  if (response.headers.get("content-type") === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** The first worker starts, and looks for what the address asks, while the page builds itself. */
function hire(glue, module) {
  const worker = new Worker(self.autoparallelWorker);
  const heard = [];
  worker.onmessage = worker.onerror = (event) => heard.push(event);
  const ask = (own) => {
    worker.postMessage([glue, own]);
    worker.postMessage([location.hash.slice(1)]);
  };
  module.then(ask, () => {});
  self.autoparallelFirst = { worker, heard };
}

/** Says that the copy for times without a network is of a newer version than what is shown. */
function newer() {
  if (document.querySelector(".newer")) return;
  const note = document.createElement("p");
  note.className = "newer";
  note.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Load it";
  button.addEventListener("click", () => location.reload());
  note.append("A newer version of this page is here. ", button);
  document.body.append(note);
}

/** Whether the copy is made of the files that are shown; where it is, it answers without a network. */
async function compare() {
  const page = await (await fetch(new URL("./", document.baseURI))).text();
  const parts = [...document.querySelectorAll("link[integrity], script[integrity]")];
  if (!parts.every((part) => page.includes(part.integrity))) newer();
}

/** Keeps a copy of the site. Not where the page is a part of another one. */
async function keep() {
  const keeper = script?.dataset.keeper;
  const { serviceWorker } = navigator;
  if (!keeper || self !== top || !serviceWorker) return;
  const copied = serviceWorker.controller !== null;
  if (copied) serviceWorker.addEventListener("controllerchange", () => compare().catch(() => {}));
  await serviceWorker.register(asset("keeper"));
  if (copied) await compare();
}

// The page is complete without a copy.
start().then(keep, fail).catch(() => {});
