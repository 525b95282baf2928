import { figure, follow, fragment, planned, retype } from "../lib/plan.mjs";

export const name = "fast typing never blocks the page, and the plan shown is for what was typed last";

async function fast(ctx) {
  const page = await ctx.open();
  await planned(page);
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: "longtask" });
  });
  for (const n of ["1024", "2048", "4096", "8192"]) await retype(page, "#in-n", n);
  await planned(page);
  ctx.assert.match(await fragment(page), /n=8192/);
  ctx.assert.match(await page.$eval(".plan-title", (title) => title.textContent), /8.?192/);
  const days = await figure(page, "days");
  const fresh = await ctx.open(`#${await fragment(page)}`);
  await planned(fresh);
  ctx.assert.equal(await figure(fresh, "days"), days);
  const longest = await page.evaluate(() => window.longest);
  ctx.assert.ok(longest < 400, `the page was busy for ${longest} ms at a stretch`);
}

async function stuck(ctx) {
  const page = await ctx.open("#1;n=8");
  await page.waitForSelector(".stuck");
  await ctx.axe(page);
  const link = await page.$(".remedies a");
  if (link) {
    await follow(page, link);
    ctx.assert.equal(await page.$(".stuck"), null, "the remedy helps");
  }
}

async function without(ctx) {
  ctx.expectProblem(/worker|ERR_FAILED/);
  const page = await ctx.open("#1;n=4096", { block: "*/worker-*.js" });
  await page.waitForSelector(".notice.bad");
  const said = await page.$eval(".notice.bad", (notice) => notice.textContent);
  ctx.assert.match(said, /could not start.*script of the worker could not be loaded/s);
  ctx.assert.match(said, /inputs are kept/);
  ctx.assert.match(said, /n=4096/, "the link is there");
}

export async function run(ctx) {
  await fast(ctx);
  await stuck(ctx);
  await without(ctx);
}
