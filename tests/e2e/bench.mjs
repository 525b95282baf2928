// Runs the benchmarks of the page in headless Chromium and prints what they measured, beside what
// the same program measured natively.
// node bench.mjs DIST [NATIVE.jsonl]
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { launch } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";

const LIMIT_MS = 10 * 60_000;
const HOOK_MS = 10_000;

/// One row for each case and number: in the browser, natively, and how much slower the browser is.
function beside(browser, native) {
  return browser.flatMap(({ case: name, ...cells }) => {
    const other = native.find((row) => row.case === name) ?? {};
    return Object.entries(cells).map(([what, here]) => {
      const there = other[what];
      const slower = what.endsWith("second") ? there / here : here / there;
      const round = (value) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : undefined);
      return { case: name, what, wasm: round(here), native: round(there), slower: round(slower) };
    });
  });
}

const server = await serve(resolve(process.argv[2]));
const browser = await launch();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("console", (message) => console.error(`page: ${message.text()}`));
  await page.goto(server.url, { waitUntil: "load" });
  const found = await page
    .waitForFunction(() => typeof window.__autoparallel_bench === "function", { timeout: HOOK_MS })
    .then(
      () => true,
      () => false,
    );
  if (found) {
    // A list of rows, each an object of plain values.
    const rows = await page.evaluate(() => window.__autoparallel_bench());
    const file = process.argv[3];
    const lines = file ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    console.table(beside(rows, lines.map((line) => JSON.parse(line))));
  } else {
    console.log("the page has no window.__autoparallel_bench: nothing measured");
  }
} finally {
  await browser.close();
  server.close();
}
