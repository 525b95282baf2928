// Runs the benchmarks of the page in headless Chromium and prints what they measured.
// node bench.mjs DIST
import { resolve } from "node:path";

import { launch } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";

const LIMIT_MS = 10 * 60_000;
const HOOK_MS = 10_000;

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
    console.table(await page.evaluate(() => window.__autoparallel_bench()));
  } else {
    console.log("the page has no window.__autoparallel_bench: nothing measured");
  }
} finally {
  await browser.close();
  server.close();
}
