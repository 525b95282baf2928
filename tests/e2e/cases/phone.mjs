import { planned, retype, text } from "../lib/plan.mjs";

export const name = "at 360 px the plan comes first, and the inputs open with the plan's figures below";

const narrow = { width: 360, height: 800, scale: 2 };

async function fits(ctx, page, when) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide ${when}`);
}

export async function run(ctx) {
  const page = await ctx.open("", narrow);
  await planned(page);
  await fits(ctx, page, "at first");
  const top = await page.$eval(".figure-value", (value) => value.getBoundingClientRect().top);
  ctx.assert.ok(top < 800, `the step time stands at ${top} px`);
  ctx.assert.match(await text(page, ".summary"), /Llama-3\.1-405B.*16384.*H100/);
  await page.click(".summary");
  await page.waitForSelector("#in-n", { visible: true });
  await retype(page, "#in-n", "8192");
  await planned(page);
  ctx.assert.match(await text(page, ".strip"), /days/);
  await fits(ctx, page, "with the inputs open");
  await ctx.axe(page);
  await ctx.shot(page, "phone-inputs");
  await page.click(".strip");
  await page.waitForSelector(".strip", { hidden: true });
  await page.$$eval(".fold", (all) => all.forEach((fold) => (fold.open = true)));
  await fits(ctx, page, "with everything open");
  await ctx.shot(page, "phone-answer", { fullPage: true });
}
