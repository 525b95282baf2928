// <auto-parallel plan="1;n=64" view="card" interactive>: a live plan in any page. What it needs beside this file is
// loaded once it comes into view; until then, and where it cannot be, what stands inside the element is shown.
(() => {
  // On a server there is nothing to define.
  if (typeof HTMLElement === "undefined") return;
  const PARTS = "./";
  const APP = "";
  const DIGEST = "";
  const VIEWS = ["card", "memory", "time", "latency", "cost", "compact", "wide"];
  const own = document.currentScript;
  // A module has no script of its own; where it lies is told by where the call stands.
  const stack = /https?:[^\s()]+?(?=:\d+:\d+)/.exec(new Error().stack);
  const here = own?.src || stack?.[0] || document.baseURI;
  const at = (name) => new URL(PARTS + name, here).href;
  const app = own?.dataset.app ?? (APP && new URL(APP, here).href);
  const BEFORE = `:host{display:block;box-sizing:border-box;min-height:4em}:host([hidden]){display:none}
p{margin:0;padding:.75em 1em;border:1px solid;border-radius:6px;overflow-wrap:anywhere}`;
  const asked = () => [
    fetch(at("autoparallel.wasm"), { integrity: DIGEST }),
    ...["view.js", "autoparallel.js", "calls.js", "glue.js", "style.js"].map((name) => import(at(name))),
  ];
  let parts;

  /** The scripts and the started module, all asked for at once; once for all elements, again after a failure. */
  function load() {
    parts ??= Promise.all(asked())
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
      this.#shown ? this.#shown.begin() : this.#wait();
    }

    /** What was shown stays as the reader left it, should the element be put elsewhere. */
    disconnectedCallback() {
      this.#watch?.disconnect();
      this.#shown?.end();
    }

    attributeChangedCallback(_, before, after) {
      if (before === after) return;
      if (this.#shown && this.#plan) this.#shown.update(this.#options());
      else if (this.isConnected) this.#wait();
    }

    get #plan() {
      return this.getAttribute("plan")?.trim() ?? "";
    }

    /** Until it comes into view. */
    #wait() {
      this.disconnectedCallback();
      this.#shown = undefined;
      this.#before(this.#plan ? "" : "no plan given");
      this.#watch = new IntersectionObserver(
        (all) => {
          if (!all.some((entry) => entry.isIntersecting)) return;
          this.#watch.disconnect();
          this.#show();
        },
        { rootMargin: "25% 0px" },
      );
      if (this.#plan) this.#watch.observe(this);
    }

    /** The link of what is shown, with what was changed in it. */
    get link() {
      return this.#shown?.link ?? this.#plan;
    }

    #options() {
      const view = this.getAttribute("view");
      return {
        link: this.#plan,
        view: VIEWS.includes(view) ? view : "card",
        interactive: this.hasAttribute("interactive"),
        theme: this.getAttribute("theme"),
        app: this.getAttribute("app") ?? app,
        host: this,
        changed: (link) =>
          this.dispatchEvent(new CustomEvent("change", { detail: { link }, bubbles: true, composed: true })),
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
        if (this.isConnected && this.#plan) this.#shown ??= mount(this.#root, this.#options());
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
