// The functions, over the glue that wasm-bindgen makes; what is thrown becomes an AutoParallelError.
import * as glue from "./glue.js";

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
}

function wrapped(thrown) {
  if (thrown instanceof AutoParallelError) return thrown;
  if (thrown?.code && Array.isArray(thrown.problems)) return new AutoParallelError(thrown);
  const error = new AutoParallelError({
    code: "internal",
    message: `The calculator failed: ${thrown?.message ?? thrown}.`,
  });
  error.cause = thrown;
  return error;
}

/** Starts the module once: from an address, an answer to a request, bytes, or a compiled module. */
export function start(source) {
  started ??= Promise.resolve(source)
    .then((given) => glue.default({ module_or_path: given }))
    .then(
      () => true,
      (error) => {
        started = null;
        throw new AutoParallelError({ code: "not_started", message: `WebAssembly did not start: ${error.message}.` });
      },
    );
  return started.then(() => undefined);
}

/** The same at once, from bytes or a compiled module. */
export function startSync(source) {
  if (started) return;
  glue.initSync({ module: source });
  started = Promise.resolve(true);
}

function call(name, ...args) {
  if (!started) {
    throw new AutoParallelError({ code: "not_started", message: "Await init() before the first call." });
  }
  try {
    return glue[name](...args);
  } catch (thrown) {
    throw wrapped(thrown);
  }
}

/** A config.json may be given as an object; the core reads its text. */
function told(question) {
  const config = question?.model?.config;
  if (config === null || typeof config !== "object") return question;
  try {
    return { ...question, model: { ...question.model, config: JSON.stringify(config) } };
  } catch (thrown) {
    throw wrapped(thrown);
  }
}

export const analyze = (question) => call("analyze", told(question));
export const best_config = (question) => call("best_config", told(question));
export const check_memory = (question) => call("check_memory", told(question));
export const estimate_cost = (question) => call("estimate_cost", told(question));
export const describe = (question) => call("describe", told(question));
export const compare_models = (names, question) => call("compare_models", names, told(question));
export const encode_link = (question) => call("encode_link", told(question));
export const decode_link = (link) => call("decode_link", String(link));
export const read_field = (field, text) => call("read_field", String(field), String(text));
export const models = () => call("models");
export const accelerators = () => call("accelerators");
export const edge_accelerators = () => call("edge_accelerators");
export const engines = () => call("engines");
export const stacks = () => call("stacks");
export const constants = () => call("constants");
export const presets = () => call("presets");
