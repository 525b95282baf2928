import { planned, text } from "../lib/plan.mjs";

export const name = "cautions: a strange stack, full memory, missing formats; what is fixed is freed at once";

const LLAMA = "#1;m=meta-llama/Llama-2-7b-hf;n=64;b=256;s=4096;t=1T";
const BOUND = "hr=0;tp=8;pp=4;mbs=1;x=recompute-selective,sp";

export async function run(ctx) {
  const page = await ctx.open(`${LLAMA};g=tpu-v5p;hr=0`, { width: 1280 });
  await planned(page);
  ctx.assert.match(await text(page, "#in-k-note"), /Megatron-Core has no code for TPU v5p/);
  ctx.assert.match(await text(page, "#assumptions"), /has no code for TPU v5p/);
  ctx.assert.match(await text(page, ".figures-note"), /with failures, checkpoints, restarts/);
  const names = await page.$$eval(".chip-label", (all) => all.map((one) => one.title));
  ctx.assert.ok(names.includes("Tensor parallel") || names.includes("Data parallel"), names.join());

  const lacks = await page.$$eval("#in-p option", (all) => all.map((one) => one.textContent));
  ctx.assert.ok(lacks.some((one) => /^nvfp4 · not on this accelerator/.test(one)), lacks.join());

  // A table in half the width stays within it, or scrolls by keyboard.
  await page.waitForSelector("#scaling .fold");
  await page.$eval("#scaling .fold summary", (summary) => summary.click());
  await page.waitForSelector("#scaling tbody tr");
  const frame = await page.$eval("#scaling .table-frame", (one) => ({
    fits: one.getBoundingClientRect().right <= document.documentElement.clientWidth,
    keyboard: one.tabIndex === 0,
    named: one.ariaLabel,
    cells: one.scrollWidth - one.clientWidth,
  }));
  ctx.assert.ok(frame.fits && frame.keyboard && frame.named, JSON.stringify(frame));
  await ctx.axe(page);
  await ctx.shot(page, "cautions", { fullPage: true });

  const bound = await ctx.open(`${LLAMA};${BOUND}`, { width: 1280 });
  await planned(bound);
  await bound.waitForSelector(".bound", { timeout: 30_000 });
  ctx.assert.match(await text(bound, ".bound"), /A step takes \+\d/);
  const counts = await bound.$$eval(".more-count", (all) => all.map((one) => one.textContent));
  ctx.assert.ok(counts.includes("2 set"), counts.join());
  await bound.click(".bound button");
  await bound.waitForFunction(() => !/tp=|x=/.test(location.hash));
  await planned(bound);
  await bound.waitForFunction(() => !document.querySelector(".bound"));

  const stuck = await ctx.open("#1;m=meta-llama/Llama-3.1-70B;n=1;b=8;t=1T", { width: 390 });
  await stuck.waitForSelector(".stuck tbody tr", { timeout: 30_000 });
  const heads = await stuck.$$eval(".stuck thead th", (all) => all.map((one) => one.textContent));
  ctx.assert.deepEqual(heads, ["Part", "Amount", "Share"]);
  await ctx.axe(stuck);
}

export const limitMs = 120_000;
