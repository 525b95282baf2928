// Tests the JavaScript package as those who install it get it: from `npm pack`'s file, under Node.
// node run.mjs PACKED_FILE TRIAL_FOLDER
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { outputs } from "./outputs.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [packed, trial] = process.argv.slice(2).map((path) => resolve(path));
const installed = join(trial, "node_modules/autoparallel");
const EXAMPLE_MS = 60_000;

/** Runs a program in the trial's folder and gives what it prints. */
function run(program, args) {
  return execFileSync(program, args, { cwd: trial, encoding: "utf8", timeout: EXAMPLE_MS * 5 });
}

function install() {
  rmSync(trial, { recursive: true, force: true });
  mkdirSync(trial, { recursive: true });
  writeFileSync(join(trial, "package.json"), '{ "private": true, "type": "module" }');
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  run(npm, ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", packed]);
}

/** The examples of the package's README, each a program. */
function examples() {
  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);
  return blocks.map((code, i) => {
    const name = `example-${i + 1}.mjs`;
    writeFileSync(join(trial, name), code);
    return name;
  });
}

function compile(files) {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    allowJs: true,
    checkJs: true,
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "dom"],
    types: [],
  };
  writeFileSync(join(trial, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  return run(process.execPath, [join(here, "../e2e/node_modules/typescript/bin/tsc")]);
}

const api = () => import(pathToFileURL(join(installed, "autoparallel.js")).href);

const cases = {
  "the package holds what it says and nothing else"() {
    const { files } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const found = readdirSync(installed, { recursive: true }).sort();
    assert.deepEqual(found, [...files, "package.json"].sort());
    assert.match(readFileSync(join(installed, "LICENSE"), "utf8"), /MIT/);
  },

  "every example of its README runs"() {
    const names = examples();
    assert.ok(names.length >= 6, `${names.length} examples`);
    for (const name of names) {
      const printed = run(process.execPath, [name]);
      assert.ok(printed.trim().length > 3, `${name} printed ${JSON.stringify(printed)}`);
      assert.doesNotMatch(printed, /undefined|NaN|\[object/, name);
    }
  },

  async "what it answers is what its types say, no more and no less"() {
    writeFileSync(join(trial, "outputs.ts"), await outputs(await api()));
    for (const name of ["use.ts", "node.d.ts"]) {
      writeFileSync(join(trial, name), readFileSync(join(here, name)));
    }
    try {
      compile(["node.d.ts", "outputs.ts", "use.ts", ...examples()]);
    } catch (error) {
      assert.fail(`tsc:\n${error.stdout}`);
    }
  },

  async "nothing can be asked before it is started, and it starts from bytes"() {
    const code = `
      import { init_sync, presets, AutoParallelError } from "autoparallel";
      import { readFileSync } from "node:fs";
      try { presets(); } catch (error) { console.log(error instanceof AutoParallelError, error.code); }
      init_sync(readFileSync("node_modules/autoparallel/autoparallel.wasm"));
      console.log(presets().length > 5);`;
    assert.equal(run(process.execPath, ["--input-type=module", "-e", code]), "true not_started\ntrue\n");
  },

  async "a module that is none is told, and another try may come"() {
    const code = `
      import { init, stacks } from "autoparallel";
      await init(new Uint8Array(8)).catch((error) => console.log(error.code));
      await init();
      console.log(stacks().length > 3);`;
    assert.equal(run(process.execPath, ["--input-type=module", "-e", code]), "not_started\ntrue\n");
  },

  async "whatever it is started from, it starts or says why"() {
    const code = `
      import { init, init_sync, stacks, AutoParallelError } from "autoparallel";
      const wasm = new URL("node_modules/autoparallel/autoparallel.wasm", "file://${trial.replaceAll("\\", "/")}/");
      for (const bad of [undefined, new Uint8Array(8), "text", {}, 5]) {
        try { init_sync(bad); } catch (error) { console.log(error instanceof AutoParallelError, error.code); }
      }
      for (const bad of [new URL("none.wasm", wasm), "file:///none.wasm", 5]) {
        await init(bad).catch((error) => console.log(error instanceof AutoParallelError, error.code));
      }
      await init(wasm);
      console.log(stacks().length > 3);`;
    const printed = run(process.execPath, ["--input-type=module", "-e", code]);
    assert.equal(printed, "true not_started\n".repeat(8) + "true\n");
  },

  async "a fault ends one call; the next one starts afresh"() {
    const { analyze, init } = await api();
    await init();
    const question = { model: "meta-llama/Llama-2-7b-hf", cluster: { accelerators: 8, accelerator: "a100-80g" } };
    const before = analyze(question);
    const glue = await import(pathToFileURL(join(installed, "glue.js")).href);
    const { memory } = await glue.default();
    for (let i = 0; i < 2; i += 1) {
      const exports = i === 0 ? { memory } : await glue.default();
      // Whatever the module holds is overwritten, as by a fault of its own.
      new Uint8Array(exports.memory.buffer).fill(0xff);
      assert.throws(() => analyze(question), ({ code }) => code === "internal");
      assert.deepEqual(analyze(question), before);
    }
  },

  async "the element is a module that a bundler can follow, and that a server may import"() {
    const code = 'await import("autoparallel/element.js"); console.log(typeof customElements)';
    assert.equal(run(process.execPath, ["--input-type=module", "-e", code]), "undefined\n");
    const module = readFileSync(join(installed, "element.mjs"), "utf8");
    const imports = [...module.matchAll(/import\(([^)]*)\)/g)].map(([, name]) => name);
    assert.deepEqual(imports, ['"./view.js"', '"./autoparallel.js"']);
    for (const name of imports) readFileSync(join(installed, JSON.parse(name)));
    assert.doesNotMatch(module, /fetch\(/);
  },

  async "an error is told whole as JSON"() {
    const { analyze, compare_models, decode_link, init } = await api();
    await init();
    const thrown = (call) => {
      try {
        call();
      } catch (error) {
        return JSON.parse(JSON.stringify(error));
      }
      throw new Error("nothing was thrown");
    };
    const { name, message, code, field, problems } = thrown(() => analyze({ cluster: { accelerators: 0 } }));
    assert.deepEqual([name, code, field, problems.length], ["AutoParallelError", "bad_value", "cluster.accelerators", 1]);
    assert.match(message, /accelerators/i);
    assert.equal(thrown(() => analyze({ purpose: "sell" })).field, "purpose");
    assert.equal(thrown(() => compare_models(["Qwen/Qwen3-8B", "nope"], {})).field, "models[1]");
    assert.match(thrown(() => decode_link("+1;n=64+1;n=128")).message, /comparison of 2 plans.*compare_models/);
  },

  async "whatever is handed over is answered or refused by name"() {
    const { analyze, check_memory, compare_models, decode_link, encode_link, read_field, init, AutoParallelError } = await api();
    await init();
    const round = {};
    round.cluster = round;
    const thrower = { get model() { throw new Error("no"); } };
    const circular = { model: { config: {} } };
    circular.model.config.self = circular;
    const refused = (call, code) => {
      assert.throws(call, (error) => error instanceof AutoParallelError && error.code === code);
    };
    const deep = { model: { config: {} } };
    for (let i = 0, at = deep.model.config; i < 50_000; i += 1) at = at.inner = {};
    const proxy = new Proxy({}, { ownKeys() { throw new Error("no"); } });
    const silent = { toString() { throw new Error("no"); } };
    for (const value of [1, "text", true, [], Symbol("s"), () => 1, 10n, round, new Map([["model", round]])]) {
      assert.throws(() => analyze(value), AutoParallelError, String(value?.toString?.()));
    }
    for (const odd of [thrower, proxy, { model: proxy }, circular, deep, round, { model: { config: { n: 1n } } }]) {
      refused(() => analyze(odd), "not_plain");
    }
    refused(() => analyze({ get cluster() { throw null; } }), "not_plain");
    refused(() => compare_models(proxy, {}), "not_plain");
    refused(() => encode_link({}, thrower), "not_plain");
    for (const odd of [silent, Object.create(null)]) {
      refused(() => decode_link(odd), "not_plain");
      refused(() => read_field("cluster.accelerators", odd), "not_plain");
    }
    refused(() => decode_link(Symbol("s")), "bad_link");
    refused(() => decode_link({}), "bad_link");
    refused(() => analyze({ cluster: { accelerators: NaN } }), "wrong_type");
    refused(() => analyze({ cluster: { accelerators: 64n << 80n } }), "not_plain");
    refused(() => analyze({ model: "x".repeat(2 << 20) }), "not_plain");
    refused(() => analyze({ model: { config: { model_type: "llama" } } }), "bad_value");
    refused(() => compare_models([], {}), "too_many");
    refused(() => compare_models("Llama", {}), "not_plain");
    refused(() => decode_link(undefined), "bad_link");
    refused(() => read_field("cluster.accelerators", {}), "bad_value");
    // None of it has harmed what comes after.
    assert.ok(check_memory({ cluster: { accelerators: 2048, accelerator: null }, price: undefined }).fits);
  },
};

let failed = 0;
install();
for (const [name, test] of Object.entries(cases)) {
  const start = performance.now();
  try {
    await test();
    console.log(`passed ${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED         ${name}\n  ${error.stack.replaceAll("\n", "\n  ")}`);
  }
}
console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
