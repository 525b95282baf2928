// Runs every case of cases/ against a built site in headless Chromium.
// node run.mjs DIST [PART_OF_A_CASE'S_FILE_NAME...]
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "./lib/browser.mjs";
import { Context } from "./lib/context.mjs";
import { serve } from "./lib/server.mjs";

const CASE_MS = 60_000;
const here = dirname(fileURLToPath(import.meta.url));
const folder = process.env.E2E_CASES ?? "cases";
const [dist, ...wanted] = process.argv.slice(2);
const out = process.env.E2E_OUT ?? resolve(here, "../../target/e2e");

function timeout(ms) {
  let timer;
  const expired = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
  });
  return { expired, stop: () => clearTimeout(timer) };
}

/** Each case has a session of its own: no storage or history of another. */
async function runCase(browser, { url, asked }, file) {
  const { name, run, limitMs = CASE_MS } = await import(join(here, folder, file));
  const session = await browser.createBrowserContext();
  const context = new Context({
    url,
    asked,
    dist: resolve(dist),
    session,
    out,
    name: file.replace(/\.mjs$/, ""),
  });
  const start = performance.now();
  const { expired, stop } = timeout(limitMs);
  let failures = [];
  try {
    await Promise.race([run(context), expired]);
  } catch (error) {
    failures.push(error.stack ?? String(error));
    await mkdir(out, { recursive: true });
    const page = (await session.pages()).at(-1);
    await page?.screenshot({ path: join(out, `failed-${context.name}.png`) }).catch(() => {});
  } finally {
    stop();
    await session.close();
  }
  failures = [...failures, ...context.unexpectedProblems()];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${failures.length ? "FAILED" : "passed"} ${seconds.padStart(5)} s  ${name}`);
  for (const failure of failures) console.log(`  ${failure.replaceAll("\n", "\n  ")}`);
  return failures.length === 0;
}

const files = readdirSync(join(here, folder))
  .filter((file) => file.endsWith(".mjs"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
const server = await serve(resolve(dist));
const browser = await launch();
let passed = 0;
try {
  for (const file of files) {
    const ok = await runCase(browser, server, file);
    // A loaded machine can miss a time limit: once more, and said so.
    if (!ok) console.log("once more, from the start:");
    passed += ok || (await runCase(browser, server, file));
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`${passed} passed, ${files.length - passed} failed`);
process.exitCode = passed > 0 && passed === files.length ? 0 : 1;
