// Runs the benchmarks of the page in headless Chromium and prints what they measured, beside what
// the same program measured natively.
// node bench.mjs DIST [NATIVE.jsonl]
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { launch } from "./lib/browser.mjs";
import { SERVE, TRAIN, fleetTimes } from "./lib/fleet.mjs";
import { serve } from "./lib/server.mjs";

const LIMIT_MS = 10 * 60_000;
const HOOK_MS = 10_000;
const FIRST_PLANS = 7;
const FLEETS = 5;

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

/** Milliseconds from navigation to the frame that shows the first plan, in a session that never saw the page. */
async function firstPlan(browser, url) {
  const session = await browser.createBrowserContext();
  const page = await session.newPage();
  await page.evaluateOnNewDocument(() => {
    const look = () => {
      const shown = document.getElementById("app")?.dataset.answered === "true";
      // The frame after the one that laid it out.
      if (shown) requestAnimationFrame(() => (window.firstPlanMs = performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(url, { waitUntil: "load" });
  await page.waitForFunction(() => window.firstPlanMs > 0);
  const ms = await page.evaluate(() => window.firstPlanMs);
  await session.close();
  return ms;
}

async function firstPlans(browser, url) {
  const all = [];
  for (let i = 0; i < FIRST_PLANS; i += 1) all.push(await firstPlan(browser, url));
  all.sort((a, b) => a - b);
  const [least, middle, most] = [all[0], all[(FIRST_PLANS - 1) / 2], all.at(-1)].map(Math.round);
  console.log(`first plan painted: median ${middle} ms, ${least} to ${most} ms over ${FIRST_PLANS} loads`);
}

async function fleets(browser, url, name, link) {
  const all = [];
  for (let i = 0; i < FLEETS; i += 1) all.push(await fleetTimes(browser, url, link));
  const of = (what) => {
    const sorted = all.map((times) => Math.round(times[what])).sort((a, b) => a - b);
    return `median ${sorted[(FLEETS - 1) / 2]} ms, ${sorted[0]} to ${sorted.at(-1)} ms`;
  };
  console.log(`${name}, every offer, over ${FLEETS} loads:`);
  console.log(`  first frontier on screen: ${of("first")} after the section is opened (goal: 300 ms)`);
  console.log(`  complete: ${of("complete")} (goal: 3000 ms); longest deaf: ${of("deaf")}`);
}

/** Milliseconds of the search for a deployment on up to 64 H200, as the page says them, the first of a visit. */
async function deployments(browser, url, name, link) {
  const all = [];
  for (let i = 0; i < FLEETS; i += 1) {
    const session = await browser.createBrowserContext();
    const page = await session.newPage();
    await page.goto(url + link.replace(";sr=20/s", ""), { waitUntil: "load" });
    await page.waitForSelector("#why .proof", { timeout: LIMIT_MS });
    all.push(await page.$eval("#why .proof", (proof) => Number(/in ([\d.]+) ms/.exec(proof.textContent)[1])));
    await session.close();
  }
  all.sort((a, b) => a - b);
  const middle = all[(FLEETS - 1) / 2];
  console.log(`${name} on up to 64 H200: median ${middle} ms, ${all[0]} to ${all.at(-1)} ms, first search of a visit (goal: 50 ms)`);
}

const server = await serve(resolve(process.argv[2]));
const browser = await launch();
try {
  await firstPlans(browser, server.url);
  await fleets(browser, server.url, "where to train", TRAIN);
  for (const [name, link] of Object.entries(SERVE)) {
    await fleets(browser, server.url, `where to serve ${name}`, link);
    await deployments(browser, server.url, name, link);
  }
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
