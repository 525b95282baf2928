// <auto-parallel plan="1;n=64" view="card" interactive>: a live plan in any page. What it needs beside this file is
// loaded once it comes into view; until then, and where it cannot be, what stands inside the element is shown.
(() => {
  const PARTS = "./";
  const APP = "";
  const VIEWS = ["card", "memory", "time", "latency", "cost", "compact", "wide"];
  const own = document.currentScript ?? document.querySelector('script[src*="element"][src$=".js"]');
  const base = new URL(PARTS, own?.src ?? document.baseURI);
  const app = own?.dataset.app ?? (APP && new URL(APP, own?.src ?? document.baseURI).href);
  const BEFORE = `:host{display:block;box-sizing:border-box;min-height:4em}:host([hidden]){display:none}
p{margin:0;padding:.75em 1em;border:1px solid;border-radius:6px;overflow-wrap:anywhere}`;
  let parts;

  /** The scripts and the started module, all asked for at once; once for all elements, again after a failure. */
  function load() {
    if (parts) return parts;
    const at = (name) => new URL(name, base).href;
    const scripts = ["view.js", "autoparallel.js", "calls.js", "glue.js", "style.js"].map((name) => import(at(name)));
    parts = Promise.all([fetch(at("autoparallel.wasm")), ...scripts])
      .then(async ([module, view, api]) => {
        await api.init(module);
        return view;
      })
      .catch((error) => {
        parts = undefined;
        throw error;
      });
    return parts;
  }

  class AutoParallel extends HTMLElement {
    static observedAttributes = ["plan", "view", "interactive", "theme", "app"];
    #root = this.attachShadow({ mode: "open" });
    #watch;
    #shown;

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(BEFORE);
      this.#root.adoptedStyleSheets = [sheet];
    }

    connectedCallback() {
      this.#before();
      this.#watch = new IntersectionObserver(
        (all) => {
          if (!all.some((entry) => entry.isIntersecting)) return;
          this.#watch.disconnect();
          this.#show();
        },
        { rootMargin: "25% 0px" },
      );
      this.#watch.observe(this);
    }

    disconnectedCallback() {
      this.#watch?.disconnect();
      this.#shown?.end();
      this.#shown = undefined;
    }

    attributeChangedCallback(_, before, after) {
      if (before !== after) this.#shown?.update(this.#options());
    }

    /** The link of what is shown, with what was changed in it. */
    get link() {
      return this.#shown?.link ?? this.getAttribute("plan") ?? "";
    }

    #options() {
      const view = this.getAttribute("view");
      return {
        link: this.getAttribute("plan") ?? "",
        view: VIEWS.includes(view) ? view : "card",
        interactive: this.hasAttribute("interactive"),
        theme: this.getAttribute("theme"),
        app: this.getAttribute("app") ?? app,
        host: this,
        changed: (link) => this.dispatchEvent(new CustomEvent("change", { detail: { link }, bubbles: true })),
      };
    }

    /** What the author put inside, else the plan as a link and as text. */
    #before(reason) {
      const note = document.createElement("p");
      const slot = document.createElement("slot");
      const { link, app: page } = this.#options();
      const plan = document.createElement(page ? "a" : "span");
      plan.textContent = `Parallel plan ${link}`;
      if (page) plan.href = `${page}#${link}`;
      slot.append(plan);
      note.append(slot);
      if (reason) note.append(` (${reason})`);
      this.#root.replaceChildren(note);
    }

    async #show() {
      this.setAttribute("aria-busy", "true");
      try {
        const { mount } = await load();
        if (this.isConnected) this.#shown = mount(this.#root, this.#options());
        performance.mark("auto-parallel:shown");
      } catch (error) {
        this.#before("the live plan could not be loaded");
        console.warn("auto-parallel:", error);
      }
      this.removeAttribute("aria-busy");
    }
  }

  if (!customElements.get("auto-parallel")) customElements.define("auto-parallel", AutoParallel);
})();
