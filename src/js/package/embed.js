// The page for frames: `embed.html?view=card&theme=dark&interactive#1;n=64`. It needs scripts and nothing else: no
// storage, no origin, no worker. Messages are a closed set; whatever else arrives is ignored.
import { start } from "./calls.js";
import { VIEWS, mount } from "./view.js";

const PREFIX = "autoparallel:";
const THEMES = ["light", "dark", "auto"];
const LINK_CHARS_MAX = 16_384;
const own = document.currentScript;
const at = (path) => new URL(path, document.baseURI).href;

const asked = new URLSearchParams(location.search);
const options = {
  link: decoded(location.hash.slice(1)),
  view: VIEWS.includes(asked.get("view")) ? asked.get("view") : "card",
  theme: THEMES.includes(asked.get("theme")) ? asked.get("theme") : "auto",
  interactive: asked.has("interactive") && asked.get("interactive") !== "0",
  app: at("./"),
  heading: "h1",
  changed: (link) => tell("change", { link }),
  failed: (message) => tell("failed", { message }),
  drawn: () => requestAnimationFrame(tellHeight),
  opened,
};
let shown;
let height = 0;

/** A fragment as it was meant; one that is no percent-encoding is taken as it stands. */
function decoded(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** Nothing that is told is a secret of the reader: the parent made the frame, whoever it is. */
function tell(kind, content) {
  if (window.parent !== window) window.parent.postMessage({ type: PREFIX + kind, version: 1, ...content }, "*");
}

function tellHeight() {
  const now = Math.ceil(document.getElementById("plan").getBoundingClientRect().height);
  if (now !== height) {
    height = now;
    tell("height", { height_px: now });
  }
}

/** The messages that a parent may send: what each must hold, and what it changes. */
const TAKEN = {
  plan: ({ link }) => typeof link === "string" && link.length <= LINK_CHARS_MAX && { link },
  theme: ({ theme }) => THEMES.includes(theme) && { theme },
  view: ({ view }) => VIEWS.includes(view) && { view },
  interactive: ({ interactive }) => typeof interactive === "boolean" && { interactive },
};

function take({ source, data }) {
  if (source !== window.parent || source === window || data === null || typeof data !== "object") return;
  const kind = typeof data.type === "string" && data.type.startsWith(PREFIX) ? data.type.slice(PREFIX.length) : "";
  const change = Object.hasOwn(TAKEN, kind) && TAKEN[kind](data);
  if (!change) return;
  Object.assign(options, change);
  shown?.update(change);
}

/** A frame that may not open windows asks its parent to, and shows the address. */
function opened(address, event) {
  event.preventDefault();
  tell("open", { url: address });
  const page = window.open(address, "_blank");
  if (page) {
    page.opener = null;
    return;
  }
  const paragraph = event.currentTarget.parentElement;
  const box = document.createElement("input");
  box.readOnly = true;
  box.value = address;
  box.setAttribute("aria-label", "Address of this plan");
  paragraph.append(" This frame may not open pages; the address is ", box);
  box.select();
  tellHeight();
}

/** The module from its file, or as a script where the host does not let frames without an origin read files. */
async function module() {
  try {
    const answer = await fetch(at(own.dataset.module), { integrity: own.dataset.integrity });
    const streams = answer.headers.get("content-type") === "application/wasm";
    if (answer.ok && streams) return await WebAssembly.compileStreaming(answer);
    if (answer.ok) return await WebAssembly.compile(await answer.arrayBuffer());
  } catch {
    // No header Access-Control-Allow-Origin, or not the file that was built.
  }
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = at(own.dataset.bytes);
    script.onerror = () => reject(new Error("The calculator's module could not be loaded."));
    globalThis.autoparallelBytes = (text) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      WebAssembly.compile(bytes).then(resolve, reject);
    };
    document.head.append(script);
  });
}

async function run() {
  window.addEventListener("message", take);
  const box = document.getElementById("plan");
  try {
    await start(module());
    shown = mount(box, options);
    new ResizeObserver(tellHeight).observe(box);
    tell("ready", {});
  } catch (error) {
    const text = document.createElement("p");
    text.className = "before";
    text.textContent = `The plan could not be worked out here. ${error.message} It is: ${options.link}`;
    box.replaceChildren(text);
    tell("failed", { message: error.message });
  }
  tellHeight();
}

window.addEventListener("hashchange", () => {
  options.link = decoded(location.hash.slice(1));
  shown?.update({ link: options.link });
});
run();
