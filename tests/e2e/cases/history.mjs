import { fragment, planned, retype, value } from "../lib/plan.mjs";

export const name = "the address holds the plan; back and forward undo and redo; a link restores it";

const settled = () => new Promise((resolve) => setTimeout(resolve, 800));

export async function run(ctx) {
  const page = await ctx.open("#1;n=64;m=Qwen/Qwen3-30B-A3B;b=512;s=4096;t=1T");
  await planned(page);
  ctx.assert.equal(await value(page, "#in-n"), "64");
  ctx.assert.match(await value(page, "#in-m"), /Qwen3-30B-A3B/);

  await retype(page, "#in-n", "128");
  await settled();
  await retype(page, "#in-b", "1024");
  await settled();
  ctx.assert.match(await fragment(page), /n=128;.*b=1024/);
  const link = await fragment(page);

  await page.goBack();
  await page.waitForFunction(() => document.querySelector("#in-b").value === "512");
  ctx.assert.equal(await value(page, "#in-n"), "128", "one step back is one input back");
  await page.goBack();
  await page.waitForFunction(() => document.querySelector("#in-n").value === "64");
  await page.goForward();
  await page.goForward();
  await page.waitForFunction(() => document.querySelector("#in-b").value === "1024");
  await planned(page);
  ctx.assert.equal(await fragment(page), link);

  const other = await ctx.open(`#${link}`);
  await planned(other);
  ctx.assert.equal(await value(other, "#in-n"), "128");
  ctx.assert.equal(await fragment(other), link);
  ctx.assert.equal(
    await other.$eval(".plan-title", (title) => title.textContent),
    await page.$eval(".plan-title", (title) => title.textContent),
  );

  const broken = await ctx.open("#1;n=64;b;zzz=1");
  await planned(broken);
  ctx.assert.equal(await value(broken, "#in-n"), "64");
  ctx.assert.match(await broken.$eval(".notices", (all) => all.textContent), /"b" has no value/);
}
