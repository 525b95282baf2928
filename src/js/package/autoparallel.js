// The package's entrance: a module for browsers, workers and Node.
import { start, startSync } from "./calls.js";

const WASM = new URL("./autoparallel.wasm", import.meta.url);

/** The module beside this file; Node reads it from disk. */
async function own() {
  if (WASM.protocol !== "file:" || typeof process === "undefined") return WASM;
  const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ "node:fs/promises");
  return readFile(WASM);
}

export function init(source) {
  return start(source === undefined ? own() : source);
}

export function init_sync(source) {
  startSync(source);
}

export {
  AutoParallelError,
  accelerators,
  analyze,
  best_config,
  check_memory,
  compare_models,
  constants,
  decode_link,
  describe,
  edge_accelerators,
  encode_link,
  engines,
  estimate_cost,
  models,
  presets,
  read_field,
  stacks,
} from "./calls.js";
