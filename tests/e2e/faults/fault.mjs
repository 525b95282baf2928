import { fragment, planned, retype, text, value } from "../lib/plan.mjs";

export const name = "a fault in the worker or in the page is told, the inputs are kept, a link reproduces it";
export const limitMs = 180_000;

const PLAN = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";

/** The worker ends; the page goes on. */
async function worker(ctx) {
  ctx.expectProblem(/zzfault|unreachable/);
  const page = await ctx.open(`#${PLAN};zzfault=worker`);
  await page.waitForSelector(".notice.bad", { timeout: 30_000 });
  const said = await text(page, ".notice.bad");
  ctx.assert.match(said, /stopped by a fault of its own/);
  ctx.assert.match(said, /planted for a test: zzfault=worker/, "what happened, in its own words");
  ctx.assert.match(said, /fault\.rs:\d+/, "and where");
  const link = await page.$eval(".notice.bad .fault-link a", (anchor) => anchor.href);
  ctx.assert.ok(link.endsWith(`#${PLAN};zzfault=worker`), link);
  ctx.assert.equal(await value(page, "#in-n"), "8");
  await ctx.axe(page);
  await ctx.shot(page, "fault-worker");

  // The link reproduces it.
  const again = await ctx.open(`#${link.split("#")[1]}`);
  await again.waitForSelector(".notice.bad", { timeout: 30_000 });
  await again.close();

  // Without what caused it, the same page plans again.
  await page.evaluate((plan) => (location.hash = plan), PLAN);
  await planned(page);
  ctx.assert.equal(await page.$(".notice.bad"), null);
  await retype(page, "#in-n", "16");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /on 16/);
  await page.close();
}

/** The page itself ends: the loader says so, and how to go on. */
async function whole(ctx) {
  ctx.expectProblem(/zzfault|unreachable|RuntimeError/);
  const page = await ctx.open(`#${PLAN};zzfault=page`);
  await planned(page);
  await retype(page, "#in-b", "128").catch(() => {});
  await page.waitForSelector("#fallback-problem:not([hidden])");
  ctx.assert.match(await text(page, "#fallback-title"), /stopped by a fault of its own/);
  ctx.assert.match(await text(page, "#fallback-reason"), /planted for a test: zzfault=page/);
  const link = await page.$eval("#fallback-link", (anchor) => anchor.href);
  ctx.assert.ok(link.endsWith(`#${await fragment(page)}`), link);
  ctx.assert.match(link, /m=meta-llama\/Llama-2-7b-hf;n=8/);
  await ctx.axe(page);
  await ctx.shot(page, "fault-page");
  await Promise.all([page.waitForNavigation(), page.click("#fallback-reload")]);
  await page.waitForSelector("#in-n");
  ctx.assert.equal(await value(page, "#in-n"), "8", "the inputs are those of before");
  await page.close();

  const other = await ctx.open(`#${PLAN};zzfault=page`);
  await planned(other);
  await retype(other, "#in-b", "128").catch(() => {});
  await other.waitForSelector("#fallback-problem:not([hidden])");
  await Promise.all([other.waitForNavigation(), other.click("#fallback-afresh")]);
  await planned(other);
  ctx.assert.equal(await fragment(other), "1");
  await other.close();
}

export async function run(ctx) {
  await worker(ctx);
  await whole(ctx);
}
