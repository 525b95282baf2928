// Starts the application, or says in the page why it could not be started.

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
  byId("fallback-plan").hidden = plan === "";
  byId("fallback-problem").hidden = false;
  document.body.replaceChildren(fallback);
}

async function start() {
  const glue = new URL(script.dataset.glue, document.baseURI);
  const module = new URL(script.dataset.module, document.baseURI);
  const { default: init } = await import(glue);
  await init({ module_or_path: module });
}

start().catch(fail);
