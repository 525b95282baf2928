import { figure, fragment, planned, retype, text, value } from "../lib/plan.mjs";

export const name = "every key answers; what is wrong is said at the field, and nothing typed is lost";

export async function run(ctx) {
  const page = await ctx.open();
  await planned(page);
  const days = await figure(page, "days");

  await retype(page, "#in-t", "2T tokens");
  await planned(page);
  ctx.assert.match(await text(page, "#in-t-note"), /2\sT\stokens/);
  ctx.assert.match(await fragment(page), /t=2T/);
  ctx.assert.notEqual(await figure(page, "days"), days, "fewer tokens take fewer days");

  const before = await figure(page, "days");
  await retype(page, "#in-n", "a great many");
  await page.waitForSelector("#answer.stale");
  ctx.assert.equal(await value(page, "#in-n"), "a great many");
  ctx.assert.equal(await page.$eval("#in-n", (input) => input.ariaInvalid), "true");
  ctx.assert.match(await text(page, "#in-n-note"), /number of accelerators/);
  ctx.assert.equal(await figure(page, "days"), before, "the last good plan stays");
  await page.waitForSelector(".notice.bad");
  ctx.assert.match(await text(page, ".notice.bad"), /is the last that was found/);

  await retype(page, "#in-n", "8,192");
  await planned(page);
  ctx.assert.equal(await page.$eval("#in-n", (input) => input.ariaInvalid), "false");
  ctx.assert.match(await fragment(page), /n=8192/);
  ctx.assert.equal(await page.$(".notice.bad"), null);
}
