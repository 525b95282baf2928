import { fragment, planned, retype, text } from "../lib/plan.mjs";

export const name = "plans side by side: kept, changed, added, removed, opened; one link holds them";
export const limitMs = 120_000;

const PLAN = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T;c=2";
const CHEAP = PLAN.replace("c=2", "c=1");
const settled = () => new Promise((resolve) => setTimeout(resolve, 800));

/** Waits until that many columns are shown and worked out. */
async function compared(page, n) {
  await page.waitForFunction(
    (n) => {
      const heads = [...document.querySelectorAll(".compare-table thead th")];
      const done = document.getElementById("app")?.dataset.answered === "true";
      return done && heads.length === n && !heads.some((head) => /Searching/.test(head.textContent));
    },
    { timeout: 30_000 },
    n,
  );
}

const cells = (page, row) =>
  page.$$eval(`[data-row="${row}"] td`, (all) => all.map((cell) => cell.textContent));
const press = (page, label) => page.$eval(`[aria-label="${label}"]`, (button) => button.click());

/** By keyboard alone: keeps the plan, changes the copy, shows only what differs. */
async function kept(ctx, page) {
  await page.focus(".headline-acts button");
  await page.keyboard.press("Enter");
  await compared(page, 2);
  await page.waitForFunction(() => document.activeElement?.id === "plan-title");
  ctx.assert.equal(await fragment(page), `+${PLAN}+${PLAN}`);
  ctx.assert.match(await text(page, ".compare-lead"), /the same plan/);
  await retype(page, "#in-c", "1");
  await page.waitForFunction(() => /0\.5/.test(document.querySelector("[data-row=cost]").textContent));
  ctx.assert.equal(await fragment(page), `+${PLAN}+${CHEAP}`);
  ctx.assert.match(await text(page, ".compare-lead"), /Costs least: B/);
  ctx.assert.deepEqual(await cells(page, "price"), ["$2.00/h", "$1.00/h"]);
  const [, cheap] = await cells(page, "cost");
  ctx.assert.match(cheap, /best.*0\.50×.* to /);
  ctx.assert.match(await text(page, "[data-row=cost] th"), /≠.*differs.*Cost/);
  await page.focus(".compare-bar .segment:nth-of-type(2) input");
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.querySelectorAll("[data-row]").length < 5);
  const rows = await page.$$eval("[data-row]", (all) => all.map((row) => row.dataset.row));
  ctx.assert.deepEqual(rows, ["price", "run_cost", "cost"]);
  await ctx.axe(page);
}

/** A new load, back and forward. */
async function restored(ctx, page) {
  await settled();
  const link = await fragment(page);
  await page.reload();
  await compared(page, 2);
  ctx.assert.equal(await fragment(page), link);
  while ((await fragment(page)).startsWith("+")) {
    await page.goBack();
    await settled();
  }
  await planned(page);
  ctx.assert.equal(await fragment(page), PLAN, "back to the plan that was compared");
  while ((await fragment(page)) !== link) {
    await page.goForward();
    await settled();
  }
  await compared(page, 2);
  ctx.assert.deepEqual(await cells(page, "price"), ["$2.00/h", "$1.00/h"]);
}

/** Columns come and go, the published runs among them. */
async function arranged(ctx, page) {
  const preset = await page.$eval("#compare-add option:nth-child(3)", (option) => option.value);
  await page.select("#compare-add", preset);
  await page.click(".compare-add button");
  await compared(page, 3);
  ctx.assert.equal(await fragment(page), `+${PLAN}+${CHEAP}+${preset}`);
  await press(page, "Edit column A");
  await page.waitForFunction(() => document.activeElement?.id === "in-m");
  await retype(page, "#in-n", "16");
  await page.waitForFunction(() =>
    /^16/.test(document.querySelector("[data-row=count] td").textContent),
  );
  await compared(page, 3);
  await press(page, "Remove column C");
  await compared(page, 2);
  await page.waitForFunction(() => document.activeElement?.id === "plan-title");
  await press(page, "Open column B");
  await planned(page);
  ctx.assert.equal(await fragment(page), CHEAP);
  ctx.assert.match(await text(page, ".headline-acts"), /Compare with 2 kept/);
  await page.click(".headline-acts button");
  await compared(page, 2);
  await press(page, "Remove column A");
  await planned(page);
  ctx.assert.equal(await fragment(page), CHEAP, "one is left, as a plan");
}

/** What cannot be read is said, and the rest is shown. */
async function hostile(ctx) {
  const page = await ctx.open(`#+${PLAN}+2;later=1+1;m=nosuch+1;n=8;g=rtx-4090+1`);
  await compared(page, 4);
  const heads = await page.$$eval(".compare-table thead th", (all) => all.map((th) => th.textContent));
  ctx.assert.match(heads[0], /Llama-2-7b/);
  ctx.assert.match(heads[1], /version 2/);
  ctx.assert.match(heads[2], /nosuch/);
  ctx.assert.match(heads[3], /fits/);
  ctx.assert.match(await text(page, ".compare .notice"), /5 columns; the first 4/);
  const [good, later] = await cells(page, "step_time");
  ctx.assert.match(good, /\d/);
  ctx.assert.equal(later, "–");
  await ctx.axe(page);
  await page.close();
}

async function narrow(ctx) {
  const page = await ctx.open(`#+${PLAN}+${CHEAP}+1`, { width: 360, height: 800, dark: true });
  await compared(page, 3);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide`);
  await page.focus(".compare .table-frame");
  const left = () => page.$eval("[data-row=cost] th", (th) => th.getBoundingClientRect().left);
  const before = await left();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector(".compare .table-frame").scrollLeft > 0);
  ctx.assert.equal(await left(), before, "the names of rows stay while the columns scroll");
  await ctx.axe(page);
  await ctx.shot(page, "compare-360", { fullPage: true });
  await page.close();
}

export async function run(ctx) {
  const page = await ctx.open(`#${PLAN}`);
  await planned(page);
  await kept(ctx, page);
  await restored(ctx, page);
  await arranged(ctx, page);
  await page.close();
  await hostile(ctx);
  await narrow(ctx);
}
