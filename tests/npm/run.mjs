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

  async "whatever is handed over is answered or refused by name"() {
    const { analyze, check_memory, compare_models, decode_link, read_field, init, AutoParallelError } = await api();
    await init();
    const round = {};
    round.cluster = round;
    const thrower = { get model() { throw new Error("no"); } };
    const circular = { model: { config: {} } };
    circular.model.config.self = circular;
    const refused = (call, code) => {
      const wrong = (error) => error instanceof AutoParallelError && [code, "internal"].includes(error.code);
      assert.throws(call, wrong);
    };
    for (const value of [1, "text", true, [], Symbol("s"), () => 1, 10n, round, new Map([["model", round]])]) {
      assert.throws(() => analyze(value), AutoParallelError, String(value?.toString?.()));
    }
    assert.throws(() => analyze(thrower));
    refused(() => analyze(circular), "internal");
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
