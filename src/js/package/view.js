// Draws a plan into a shadow root or a document: the same for the custom element and for the embedded page.
import { accelerators, decode_link, describe, edge_accelerators, engines, read_field } from "./calls.js";
import { STYLE } from "./style.js";

/** What a reader may change of a training run and of a model in service, in the order of the form; the value is asked's. */
const INPUTS = {
  train: [
    ["cluster.accelerators", "Accelerators", ({ accelerators }) => accelerators],
    ["training.global_batch_sequences", "Global batch, sequences", (asked) => asked.global_batch_sequences],
    ["training.sequence_tokens", "Sequence length, tokens", (asked) => asked.sequence_tokens],
  ],
  serve: [
    ["serving.requests_per_s", "Requests a second", (asked) => asked.requests_per_s],
    ["serving.requests_in_flight", "Requests in flight", (asked) => asked.requests_in_flight],
    ["serving.prompt_tokens", "Prompt, tokens", (asked) => asked.prompt_tokens],
    ["serving.answer_tokens", "Answer, tokens", (asked) => asked.answer_tokens],
  ],
};
/** Figures that are shown large, and those of money, of each kind of plan. */
const LARGE = {
  train: ["step_time", "mfu", "tokens_per_gpu", "run_days", "run_cost"],
  serve: ["ttft", "tpot", "tokens_per_s", "accelerators", "output_price"],
};
const MONEY = {
  train: ["run_cost", "run_days", "cost", "days", "gpu_hours", "energy"],
  serve: ["output_price", "input_price", "monthly", "accelerators", "tokens_per_gpu"],
};
/** Colours that a kind of part has on the page too; others go by their place. */
const SERIES = [
  [/bubble|slack|memory\.context/, 7],
  [/weight|matmul|recompute/, 0],
  [/gradient|tensor/, 1],
  [/optimizer|data/, 2],
  [/activation|pipeline/, 3],
  [/attention|logit/, 4],
  [/buffer|graphs|network\.context/, 5],
  [/expert/, 6],
];
const SEEN = {
  card: ["figures", "bar"],
  memory: ["memory"],
  time: ["waits", "time"],
  latency: ["waits", "time"],
  cost: ["money"],
  wide: ["figures", "memory", "time"],
  compact: [],
};
export const VIEWS = Object.keys(SEEN);

let sheet;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Whether what lies behind an element is dark; an unpainted page is as light as the browser paints it. */
function isDark(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const [r, g, b, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (a > 0.5) return 0.2126 * r + 0.7152 * g + 0.0722 * b < 110;
  }
  const scheme = getComputedStyle(element).colorScheme;
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches);
}

/** A number that opens to its formula, its values and its source. */
function derived(open, { id, label, shown, range, formula, substituted, source }, kind) {
  const rows = [
    ["Formula", formula],
    ["Here", substituted],
    ["Source", source],
  ].filter(([, text]) => text);
  const summary = make(
    "summary",
    {},
    make("span", { class: "name" }, label),
    make("span", { class: "value" }, shown.text),
    range ? make("span", { class: "range" }, range.text) : null,
  );
  const list = make("dl", {}, ...rows.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
  const details = make("details", { class: kind, open: open.has(id) }, summary, list);
  details.addEventListener("toggle", () => (details.open ? open.add(id) : open.delete(id)));
  return details;
}

/** A class for each part of a whole: its colour, hatched where another has it already. */
function inks(root) {
  const taken = new Set();
  return root.children.map(({ id }, place) => {
    const series = SERIES.find(([words]) => words.test(id))?.[1] ?? place % 8;
    const again = taken.has(series);
    taken.add(series);
    return `s${series}${again ? " hatched" : ""}`;
  });
}

/** The parts of a whole side by side; `end` is where the scale ends. */
function bar(root, end, label) {
  const box = make("div", { class: "bar", role: "img", "aria-label": label });
  const colours = inks(root);
  root.children.forEach((part, place) => {
    const piece = make("span", { class: `piece ${colours[place]}` });
    piece.style.width = `${(100 * part.figure.shown.value) / Math.max(end, root.figure.shown.value, 1e-12)}%`;
    box.append(piece);
  });
  return box;
}

function table(open, root, title) {
  const colours = inks(root);
  const rows = (parts, depth) =>
    parts.flatMap((part, place) => [
      make(
        "tr",
        {},
        make(
          "th",
          { scope: "row", class: `d${depth}` },
          depth === 0 ? make("span", { class: `key ${colours[place]}`, "aria-hidden": "true" }) : null,
          derived(open, { ...part.figure, id: part.id, range: null, shown: { text: "" } }, "row"),
        ),
        make("td", {}, part.figure.shown.text),
        make("td", {}, `${(100 * part.share).toFixed(part.share < 0.0995 ? 1 : 0)}%`),
      ),
      ...(depth === 0 ? rows(part.children, 1) : []),
    ]);
  const head = ["Part", "Amount", "Share"].map((text) => make("th", { scope: "col" }, text));
  return make(
    "table",
    {},
    make("caption", { class: "hidden" }, title),
    make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows(root.children, 0)),
  );
}

const spoken = (root) => root.children.map(({ figure }) => `${figure.label} ${figure.shown.text}`).join(", ");

/** What of an answer is drawn, of a training run and of a model in service alike; nothing where there is no plan. */
function drawable({ purpose, plan, serve }) {
  if (plan) {
    return {
      ...plan,
      purpose,
      whole: "Memory of the fullest stage",
      free: plan.memory_headroom,
      times: [["Step time", plan.time]],
      goals: [],
      line: ["step_time", "a step,", "run_days", "to finish"],
    };
  }
  return (
    serve && {
      ...serve,
      purpose,
      whole: "Memory of one accelerator",
      free: serve.memory_free,
      times: [serve.decode, serve.prefill].map((root) => [root.figure.label, root]),
      line: ["ttft", "to the first token,", "tpot", "each further one"],
    }
  );
}

const kept = ({ goals }) =>
  goals.length === 0
    ? null
    : make("p", { class: "note" }, `Expected to keep: ${goals.map(({ label, goal, chance }) => `${label} ${label === "Requests" ? "at" : "within"} ${goal.text}${chance ? ` (chance ${chance})` : ""}`).join("; ")}`);

/** The figures of these ids, in their order. */
const picked = ({ figures }, ids) => ids.flatMap((id) => figures.filter((figure) => figure.id === id));

const DRAW = {
  figures: (plan, open) => {
    const figures = picked(plan, LARGE[plan.purpose]).map((figure) => derived(open, figure, "figure"));
    return [make("div", { class: "figures" }, ...figures), kept(plan)];
  },
  bar: ({ memory, memory_capacity: all, free }) => {
    const text = `${memory.figure.shown.text} of ${all.text} of memory, ${free.text} free`;
    return [bar(memory, all.value, `${text}: ${spoken(memory)}`), make("p", { class: "note" }, text)];
  },
  memory: (plan, open) => {
    const { memory, memory_capacity: all, free, whole } = plan;
    const text = `${memory.figure.shown.text} of ${all.text}, ${free.text} free`;
    const doubt = plan.memory_doubt ? make("p", { class: "doubt" }, plan.memory_doubt) : null;
    const title = make("p", { class: "part" }, `${whole} `, make("span", { class: "value" }, text));
    const parts = [title, bar(memory, all.value, spoken(memory)), doubt, table(open, memory, "Memory by part")];
    return [make("section", {}, ...parts)];
  },
  waits: (plan, open) => {
    const figures = picked(plan, ["ttft", "tpot", "whole"]).map((figure) => derived(open, figure, "figure"));
    return figures.length > 0 ? [make("div", { class: "figures" }, ...figures), kept(plan)] : [];
  },
  time: (plan, open) => {
    const one = ([name, time]) => {
      const title = make("p", { class: "part" }, `${name} `, make("span", { class: "value" }, time.figure.shown.text));
      return make("section", {}, title, bar(time, 0, spoken(time)), table(open, time, `${name} by part`));
    };
    return plan.times.map(one);
  },
  money: (plan, open) => {
    const figures = picked(plan, MONEY[plan.purpose]);
    const list = figures.map((figure) => derived(open, figure, "figure"));
    const priced = figures.some(({ id }) => id === MONEY[plan.purpose][0]);
    return [make("div", { class: "figures" }, ...list), priced ? null : make("p", { class: "note" }, "No price is known.")];
  },
};

function stuck({ stuck: why }) {
  return [make("p", { class: "bad" }, why.headline)];
}

/**
 * Shows the plan of `options.link` in `root` (a shadow root, or an element of a document).
 * - view: card, memory, time (or latency), cost, compact or wide
 * - interactive: whether the reader may change a few inputs
 * - theme: light or dark; else as what lies behind `host`
 * - app: address of the page that "Open in AutoParallel" leads to; none for no such link
 * - heading: h1 to h6
 * - changed(link), failed(message), drawn(): told when the reader changed something, where there is nothing to draw,
 *   and after each drawing
 * - opened(address, event): told when the reader follows the link
 */
export function mount(root, options) {
  const shown = new Shown(root, options);
  return shown;
}

class Shown {
  #open = new Set();
  #typed = new Map();
  #drawn = "";
  #observer;
  #scheme = matchMedia("(prefers-color-scheme: dark)");
  #retheme = () => this.#theme();

  constructor(root, options) {
    this.frame = make("article", { class: "plan", "aria-label": "Parallel plan" });
    this.form = make("form", { class: "form", "aria-label": "Change the plan" });
    this.body = make("div", { class: "body" });
    this.status = make("p", { class: "hidden", role: "status" });
    this.frame.append(this.form, this.body, this.status);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    const owner = root.adoptedStyleSheets ? root : document;
    owner.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.frame);
    this.#observer = new MutationObserver(this.#retheme);
    this.options = options;
    this.begin();
    this.update(options);
  }

  /** Follows the colours around it, from the start and again after an end. */
  begin() {
    for (const element of [document.documentElement, document.body]) {
      this.#observer.observe(element, { attributes: true });
    }
    this.#scheme.addEventListener("change", this.#retheme);
    this.#theme();
  }

  /** The link of what is shown. */
  get link() {
    return this.answer?.asked.link ?? this.options.link;
  }

  update(options) {
    if (options.link !== undefined && options.link !== this.options?.link) this.#forget();
    this.options = { ...this.options, ...options };
    this.#theme();
    this.#draw();
  }

  /** What was typed belongs to another plan. */
  #forget() {
    this.#typed.clear();
    for (const { input, wrong } of this.inputs ?? []) {
      input.removeAttribute("aria-invalid");
      wrong.textContent = "";
    }
  }

  end() {
    this.#observer.disconnect();
    this.#scheme.removeEventListener("change", this.#retheme);
  }

  #theme() {
    const { theme, host } = this.options;
    const chosen = theme === "dark" || theme === "light";
    const dark = chosen ? theme === "dark" : host ? isDark(host.parentElement ?? host) : this.#scheme.matches;
    this.frame.dataset.theme = dark ? "dark" : "light";
  }

  /** The form is made once for a kind of plan, so that typing keeps its place. */
  #fields() {
    const kind = this.answer?.purpose ?? this.kind ?? "train";
    const form = `${kind} ${this.answer?.asked.engine} ${Boolean(this.answer?.asked.requests_in_flight)}`;
    this.form.hidden = !this.options.interactive;
    if (this.form.hidden || this.inputs && (!this.answer || this.formed === form)) return;
    this.formed = form;
    this.kind = kind;
    const serves = kind === "serve";
    const list = make("select", { id: "ap-accelerator" });
    for (const { accelerator, label } of serves ? this.#servers() : accelerators()) {
      list.append(make("option", { value: accelerator }, label));
    }
    const take = () =>
      serves ? this.#take("serving.accelerators", [list.value]) : this.#take("cluster.accelerator", list.value);
    list.addEventListener("change", take);
    this.list = list;
    const label = make("label", { for: "ap-accelerator" }, "Accelerator");
    this.form.replaceChildren(make("div", { class: "field" }, label, list));
    // Demand is told in one of two ways.
    const other = this.answer?.asked.requests_in_flight ? "serving.requests_per_s" : "serving.requests_in_flight";
    const rows = INPUTS[kind].filter(([field]) => field !== other);
    this.inputs = rows.map(([field, name, asked]) => {
      const id = `ap-${field.replace(/[\W_]/g, "-")}`;
      const hint = field === "serving.requests_per_s" ? "as many as it can" : undefined;
      const input = make("input", { id, inputmode: "text", autocomplete: "off", spellcheck: "false", placeholder: hint });
      const wrong = make("p", { class: "wrong", id: `${id}-wrong` });
      input.setAttribute("aria-describedby", wrong.id);
      input.addEventListener("input", () => this.#type(field, input, wrong));
      this.form.append(make("div", { class: "field" }, make("label", { for: id }, name), input, wrong));
      return { asked, input, wrong };
    });
  }

  /** The accelerators that the engine runs on, and one that it is asked about beside them. */
  #servers() {
    const { engine, accelerators: kinds } = this.answer.asked;
    const runs = engines().find(({ name }) => name === engine)?.accelerators ?? [];
    const known = [...accelerators(), ...edge_accelerators()].filter(({ accelerator }) => runs.includes(accelerator));
    const own = kinds.filter((kind) => !runs.includes(kind)).map((kind) => ({ accelerator: kind, label: kind }));
    return [...own, ...known];
  }

  #type(field, input, wrong) {
    try {
      const value = read_field(field, input.value);
      wrong.textContent = "";
      input.removeAttribute("aria-invalid");
      this.#take(field, value);
    } catch (error) {
      wrong.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
      this.options.drawn?.();
    }
  }

  #take(field, value) {
    this.#typed.set(field, value);
    this.#draw();
    this.options.changed?.(this.link);
  }

  /** What of the link can be read. */
  #read() {
    const { link } = this.options;
    const { link: readable, problems } = decode_link(link);
    this.unread = problems;
    return problems.length > 0 ? readable : link;
  }

  #question(link) {
    const question = { link };
    for (const [field, value] of this.#typed) {
      const [group, name] = field.split(".");
      question[group] = { ...question[group], [name]: value };
    }
    return question;
  }

  #draw() {
    const key = JSON.stringify([this.#question(this.options.link), this.options.view, this.options.app]);
    if (key === this.#drawn) return this.#filled();
    this.#drawn = key;
    const view = this.options.view ?? "card";
    this.frame.className = `plan ${view}`;
    try {
      this.answer = describe(this.#question(this.#read()));
      this.body.replaceChildren(...this.#content(view));
    } catch (error) {
      this.answer = undefined;
      const wrong = make("p", { class: "bad" }, error.message);
      this.body.replaceChildren(this.#title("No plan"), wrong, this.#out());
      this.options.failed?.(error.message);
    }
    this.#filled();
    this.options.drawn?.();
  }

  #filled() {
    this.#fields();
    this.#fill();
  }

  #content(view) {
    const { answer } = this;
    const plan = drawable(answer);
    const { asked } = answer;
    const machines =
      answer.purpose === "serve"
        ? asked.accelerators.join(" or ")
        : `${asked.accelerators.toLocaleString("en")} ${asked.accelerator}`;
    const heading = this.#title(plan?.title ?? `${asked.model.name} on ${machines}`);
    if (!plan) {
      this.status.textContent = answer.stuck.headline;
      return [heading, ...stuck(answer), ...this.#notes(), this.#out()];
    }
    this.status.textContent = this.#typed.size > 0 ? plan.summary : "";
    const chips = plan.degrees.filter(({ main, key }) => main && key !== "slots" && key !== "place");
    const degree = ({ label, value, help }) =>
      make("li", { title: help }, make("span", { class: "name" }, label), " ", make("b", {}, value));
    const layout = make("ul", { class: "layout", "aria-label": "Layout" }, ...chips.map(degree));
    const shown = (word) => picked(plan, [word])[0]?.shown.text ?? word;
    const line = view === "compact" ? make("p", { class: "note" }, plan.line.map(shown).join(" ")) : null;
    const drawn = SEEN[view].flatMap((name) => DRAW[name](plan, this.#open));
    return [heading, layout, line, ...drawn, ...this.#notes(), this.#out()].filter(Boolean);
  }

  /** What of the link is not what is shown: a result that has changed since, parts that cannot be read. */
  #notes() {
    const unread = this.unread.length > 0 && `Of the link, this could not be read: ${this.unread.join("; ")}.`;
    const texts = [this.answer.changed?.message, unread].filter(Boolean);
    return texts.map((text) => make("p", { class: "doubt" }, text));
  }

  #title(text) {
    return make(this.options.heading ?? "h2", { class: "title" }, text);
  }

  #out() {
    const { app, opened } = this.options;
    if (!app) return "";
    const address = `${app}#${this.link}`;
    const anchor = make("a", { href: address, target: "_blank", rel: "noopener" }, "Open in AutoParallel");
    if (opened) anchor.addEventListener("click", (event) => opened(address, event));
    return make("p", { class: "out" }, anchor);
  }

  /** Fields show what is in force, but for the one being typed in. */
  #fill() {
    const asked = this.answer?.asked;
    if (!this.inputs || !asked) return;
    const chosen = this.kind === "serve" ? asked.accelerators[0] : asked.accelerator;
    this.list.value = chosen;
    for (const { asked: value, input } of this.inputs) {
      if (input.matches(":focus") || input.hasAttribute("aria-invalid")) continue;
      input.value = value(asked)?.toLocaleString("en") ?? "";
    }
  }
}
