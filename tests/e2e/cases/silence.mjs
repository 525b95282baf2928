import { planned, retype, text } from "../lib/plan.mjs";

export const name = "after load nothing is asked of any server, but what the user asks for by name";
export const limitMs = 180_000;

const LIST = /prices-[0-9a-f]{16}\.csv$/;
const PLAN = "#1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";

/** Everything that has no name of its own for asking. */
async function busy(page) {
  await retype(page, "#in-n", "16");
  await retype(page, "#in-b", "128");
  await planned(page);
  await page.click("[data-figure=days] button");
  await page.$eval("#memory .fold summary", (summary) => summary.click());
  await page.click(".icon-button");
  await page.waitForFunction(() => document.querySelector("#scaling .fold"), { timeout: 60_000 });
  await page.$eval("#scaling .fold summary", (summary) => summary.click());
  await page.click(".share summary");
  for (const way of ["Copy as Markdown", "Save picture (PNG)", "Save data (JSON)"]) {
    await page.click(`[data-way="${way}"]`);
  }
  await page.keyboard.press("Escape");
  await page.focus(".headline-acts button");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".compare-table");
  await page.goBack();
  await page.evaluate(() => (location.hash = "#1;n=8"));
  await page.waitForSelector(".stuck", { timeout: 60_000 });
  await page.evaluate((plan) => (location.hash = plan), PLAN);
  await planned(page);
}

export async function run(ctx) {
  const page = await ctx.open(PLAN, { kept: true });
  await planned(page);
  // The copy for times without a network is the site's own files, taken once.
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
  });
  // Whether there is a newer version of the copy, a browser asks by itself.
  const asked = () => ctx.asked.filter((path) => !path.endsWith("keeper.js"));
  // The list of prices comes a moment after the first plan, as a part of loading.
  for (let i = 0; i < 200 && !asked().some((path) => LIST.test(path)); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  const loaded = asked();
  const seen = [];
  page.on("response", (response) => {
    // Another worker takes its script from the copy, or from what the browser has.
    const here = response.fromCache() || response.fromServiceWorker();
    if (!here && !/^(data|blob):/.test(response.url())) seen.push(response.url());
  });
  await busy(page);
  ctx.assert.deepEqual(asked().slice(loaded.length), [], "no server was asked for anything");
  ctx.assert.deepEqual(seen, []);
  // By name: the measured runs, once.
  await page.$eval("#fleet summary", (summary) => summary.click());
  await page.waitForFunction(() => /offers, the newest of/.test(document.querySelector("#fleet").textContent), {
    timeout: 60_000,
  });
  await page.$eval(".trust button", (button) => button.click());
  await page.waitForSelector(".truth-summary", { timeout: 20_000 });
  const names = asked().slice(loaded.length).map((path) => path.split("/").at(-1));
  ctx.assert.deepEqual(names, ["measured-v1.csv"]);
  ctx.assert.match(await text(page, ".footer"), /Nothing leaves the page/);
  // A second visit asks for nothing but whether there is a newer version.
  const before = asked().length;
  await page.reload({ waitUntil: "load" });
  await planned(page);
  const again = new Set(asked().slice(before).map((path) => path.split("/").at(-1)));
  ctx.assert.deepEqual([...again], []);
}
