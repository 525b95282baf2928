// The functions, over the glue that wasm-bindgen makes; what is thrown becomes an AutoParallelError.
import * as glue from "./glue.js";

/** As the core has them: deepest nesting, most members of an object or a list. */
const DEPTH_MAX = 6;
const MEMBERS_MAX = 256;

let started = null;

/** What is wrong with a question; `problems` lists everything, the first of them is the error itself. */
export class AutoParallelError extends Error {
  constructor(fault) {
    super(fault.message);
    this.name = "AutoParallelError";
    this.code = fault.code;
    this.field = fault.field ?? null;
    this.expected = fault.expected ?? null;
    this.given = fault.given ?? null;
    this.problems = fault.problems ?? [
      { code: this.code, message: fault.message, field: this.field, expected: this.expected, given: this.given },
    ];
  }

  /** All of it as a plain object: for JSON, and for `postMessage`, which keeps only the message of an error. */
  toJSON() {
    const { name, code, message, field, expected, given, problems } = this;
    return { name, code, message, field, expected, given, problems };
  }
}

function wrapped(thrown) {
  if (thrown instanceof AutoParallelError) return thrown;
  if (thrown?.code && Array.isArray(thrown.problems)) return new AutoParallelError(thrown);
  const error = new AutoParallelError({ code: "internal", message: `The calculator failed: ${said(thrown)}.` });
  error.cause = thrown;
  return error;
}

function notStarted(error) {
  return new AutoParallelError({ code: "not_started", message: `WebAssembly did not start: ${said(error)}.` });
}

/** Starts the module once: from an address, an answer to a request, bytes, or a compiled module. */
export function start(source) {
  started ??= Promise.resolve(source)
    .then((given) => glue.default({ module_or_path: given }))
    .then(
      () => true,
      (error) => {
        started = null;
        throw notStarted(error);
      },
    );
  return started.then(() => undefined);
}

/** The same at once, from bytes or a compiled module. */
export function startSync(source) {
  if (started) return;
  try {
    glue.initSync({ module: source });
  } catch (error) {
    throw notStarted(error);
  }
  started = Promise.resolve(true);
}

/** After a fault nothing of the memory can be trusted: the next call starts from the module afresh. */
function afresh() {
  try {
    glue.__wbg_reset_state();
  } catch {
    // It stays as it is; the next call says what is wrong with it.
  }
}

function call(name, ...args) {
  if (!started) {
    throw new AutoParallelError({ code: "not_started", message: "Await init() before the first call." });
  }
  const given = args.map((value) => plain(value));
  try {
    return glue[name](...given);
  } catch (thrown) {
    const error = wrapped(thrown);
    if (error.code === "internal") afresh();
    throw error;
  }
}

function notPlain(why) {
  return new AutoParallelError({
    code: "not_plain",
    message: `What was given is not a plain object: ${why}.`,
    expected: "an object of texts, numbers, booleans and lists",
  });
}

/** A copy that holds no surprise for the core: getters have been asked, and what holds itself has been found. */
function plain(value) {
  try {
    return copied(value, 0);
  } catch (thrown) {
    throw thrown instanceof AutoParallelError ? thrown : notPlain(`reading it failed: ${said(thrown)}`);
  }
}

function copied(value, depth) {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX) throw notPlain("it is nested too deep");
  const list = Array.isArray(value);
  if (!list && Object.prototype.toString.call(value) !== "[object Object]") return value;
  const members = list ? value.length : Object.keys(value).length;
  if (members > MEMBERS_MAX) throw notPlain(list ? "a list in it is too long" : "an object in it has too many members");
  if (list) return Array.from(value, (inner) => copied(inner, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copied(inner, depth + 1)]));
}

/** What was thrown, in words; whatever it is. */
function said(thrown) {
  try {
    return String(thrown?.message ?? thrown);
  } catch {
    return "something without words was thrown";
  }
}

/** A text; what is none is none of the things that were asked for. */
function text(value) {
  try {
    return String(value);
  } catch (thrown) {
    throw notPlain(`it has no text: ${said(thrown)}`);
  }
}

/** A config.json may be given as an object; the core reads its text. */
function told(question) {
  try {
    const config = question?.model?.config;
    if (config === null || typeof config !== "object") return question;
    return { ...question, model: { ...question.model, config: JSON.stringify(config) } };
  } catch (thrown) {
    throw notPlain(`reading it failed: ${said(thrown)}`);
  }
}

export const analyze = (question) => call("analyze", told(question));
export const best_config = (question) => call("best_config", told(question));
export const check_memory = (question) => call("check_memory", told(question));
export const estimate_cost = (question) => call("estimate_cost", told(question));
export const describe = (question) => call("describe", told(question));
export const compare_models = (models, question) => call("compare_models", models, told(question));
export const encode_link = (question, promise) => call("encode_link", told(question), promise);
export const decode_link = (link) => call("decode_link", text(link));
export const read_field = (field, typed) => call("read_field", text(field), text(typed));
export const models = () => call("models");
export const accelerators = () => call("accelerators");
export const edge_accelerators = () => call("edge_accelerators");
export const engines = () => call("engines");
export const stacks = () => call("stacks");
export const constants = () => call("constants");
export const presets = () => call("presets");
