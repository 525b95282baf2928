// The package's entrance: a module for browsers, workers and Node.
import { start, startSync } from "./calls.js";

const WASM = new URL("./autoparallel.wasm", import.meta.url);

/** Node reads files from disk, which its `fetch` does not. */
async function read(source) {
  const address = source instanceof URL || typeof source === "string" ? String(source) : "";
  if (!address.startsWith("file:") || typeof process === "undefined") return source;
  const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ "node:fs/promises");
  return readFile(new URL(address));
}

/** Without a source, the module beside this file. */
export function init(source) {
  return start(read(source ?? WASM));
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
