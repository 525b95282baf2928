import { figure, follow, fragment, planned, retype, text } from "../lib/plan.mjs";

export const name = "how sure goals are: asked for in a field, told beside them, opened, in the way, and less of it helps";

export const limitMs = 120_000;

const LLAMA = "#1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

const changed = (page, before) =>
  page.waitForFunction(
    (was) => document.querySelector("[data-figure=accelerators] button")?.textContent !== was,
    { timeout: 30_000 },
    before,
  );

export async function run(ctx) {
  const page = await ctx.open(LLAMA, {});
  await planned(page);
  // As predicted: so it is said, beside the field and the goals; no link carries it.
  ctx.assert.match(await text(page, "#in-sure-note"), /prediction, which about half of all runs keep/);
  ctx.assert.match(await text(page, "#goals"), /How sure/);
  ctx.assert.doesNotMatch(await fragment(page), /sure/);
  const before = await figure(page, "accelerators");
  // Nine in ten, as people type it.
  await retype(page, "#in-sure", "90");
  await changed(page, before);
  ctx.assert.match(await fragment(page), /;sure=0\.9/);
  ctx.assert.match(await text(page, "#in-sure-note"), /asks for room.*made worse.*first token .*requests/);
  const goals = await text(page, "#goals");
  ctx.assert.match(goals, /chance of 90% or more/);
  ctx.assert.match(goals, /Requests at 10/);
  for (const [, told] of goals.matchAll(/\(chance ([^)]*)\)/g)) {
    ctx.assert.match(told, /^(about 9[05]%|over 95%)$/);
  }
  const after = await figure(page, "accelerators");
  ctx.assert.ok(Number.parseFloat(after) > Number.parseFloat(before), `${before}, then ${after}`);
  // Each chance opens: range, factor and what has to keep the goal.
  const folds = await page.$$(".headline .fold > summary");
  for (const summary of folds) {
    const own = await summary.evaluate((element) => element.textContent);
    if (own === "How sure each goal is") await summary.evaluate((element) => element.click());
  }
  const of = "[data-figure='chance.tpot'] button";
  await page.waitForSelector(of);
  await page.click(of);
  const why = await page.waitForSelector("[id='why-budget-goals-chance.tpot']");
  const told = await why.evaluate((element) => element.textContent);
  ctx.assert.match(told, /50.ms \/ .*measured runs lay from/s);
  ctx.assert.match(await text(page, ".headline"), /With room: [\d.]+.ms/);
  await ctx.axe(page);
  await ctx.shot(page, "sure");
  // So sure that nothing is left within the accelerators: told by name, and a lower chance is a way out.
  await retype(page, "#in-sn", String(Number.parseInt(before, 10)));
  await page.waitForSelector(".stuck .remedies a", { timeout: 30_000 });
  ctx.assert.match(await text(page, ".stuck"), /with a chance of 90% each/);
  const less = await page.$$eval(".stuck .remedies a", (all) =>
    all.findIndex((link) => /chance of|as predicted/.test(link.closest("li").textContent)),
  );
  ctx.assert.ok(less >= 0, "no lower chance among the remedies");
  await follow(page, (await page.$$(".stuck .remedies a"))[less]);
  ctx.assert.match(await figure(page, "tpot"), /\d/);
  await page.close();
}
