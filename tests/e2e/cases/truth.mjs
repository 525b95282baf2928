import { follow, fragment, planned, text } from "../lib/plan.mjs";

export const name = "measured runs: fetched when asked for, filtered, pointed at, opened; told where absent";

const TABLE = "measured-v1.csv";
const COUNT = ".truth-summary tbody .number";
const runs = (page) => page.$eval(COUNT, (value) => Number(value.textContent.replace(/\D/g, "")));

function watched(page) {
  const asked = [];
  page.on("request", (request) => request.url().endsWith(TABLE) && asked.push(request.url()));
  return asked;
}

/** Waits until the summary has another number of runs, and tells it. */
async function changed(page, before) {
  await page.waitForFunction(
    (before, at) => {
      const text = document.querySelector(at)?.textContent.replace(/\D/g, "");
      return text !== undefined && Number(text) !== before;
    },
    {},
    before,
    COUNT,
  );
  return runs(page);
}

async function filtered(ctx, page) {
  const all = await runs(page);
  ctx.assert.ok(all > 500, `${all} runs`);
  await page.select("#truth-generation", "hopper");
  const hopper = await changed(page, all);
  await page.select("#truth-precision", "fp8");
  const narrow = await changed(page, hopper);
  ctx.assert.ok(narrow > 0 && narrow < hopper && hopper < all, `${narrow} < ${hopper} < ${all}`);
  await page.type("#truth-words", "llama");
  const named = await changed(page, narrow);
  ctx.assert.ok(named > 0, "some are of Llama");
  const formats = await page.$$eval("#truth tbody tr td:nth-child(4):not(.number)", (cells) =>
    cells.map((cell) => cell.textContent),
  );
  ctx.assert.ok(formats.filter((format) => format === "FP8").length > 3, formats.join());
  const [, source] = await page.$$eval("#truth-source option", (all) => all.map((one) => one.value));
  await page.select("#truth-source", source);
  await changed(page, named);
}

async function walked(ctx, page) {
  await page.focus("#truth canvas");
  await page.keyboard.press("ArrowRight");
  const first = await text(page, ".truth-card");
  ctx.assert.match(first, /Measured.*Predicted.*Source/);
  await page.keyboard.press("End");
  await page.waitForFunction(
    (first) => document.querySelector(".truth-card").textContent !== first,
    {},
    first,
  );
  const rows = await page.$$eval("#truth tbody tr", (all) => all.length);
  ctx.assert.ok(rows < 40, `${rows} rows: the table comes in pages`);
  const [, next] = await page.$$(".truth-pages button");
  const before = await text(page, ".truth-pages");
  await next.click();
  ctx.assert.notEqual(await text(page, ".truth-pages"), before);
}

/** Answers for the table with a few rows, of which one has a link. */
async function opened(ctx) {
  const columns =
    "id,group,source,date,model,accelerator,generation,count,stack,precision,measured_s,predicted_s,low_s,high_s," +
    "measured_gib,predicted_gib,memory_kind,link,remarks";
  const rows = [
    "a,g,A paper,2024-05,Llama-2-7B,a100-80g,ampere,8,torchtitan,bf16,10,9,8,12,60,50,allocated,1;n=8;m=llama-2-7b;g=a100;b=64;tp=2,",
    "b,g,A paper,2024-05,Llama-2-7B,a100-80g,ampere,8,torchtitan,bf16,10,20,18,22,,,,,nothing stated",
  ];
  const table = { contentType: "text/csv", body: [columns, ...rows].join("\n") };
  const page = await ctx.open("");
  await planned(page);
  await ctx.answer(page, { [`*/${TABLE}`]: table });
  await page.click(".trust button");
  await page.waitForSelector(".truth-summary");
  ctx.assert.equal(await runs(page), 2);
  await follow(page, "#truth tbody a");
  ctx.assert.match(await fragment(page), /n=8/);
  ctx.assert.match(await fragment(page), /tp=2/);
  ctx.assert.match(await text(page, "#plan-title"), /Llama-2-7b/i);
  // Not with the mouse: the page may still be scrolling to the plan.
  await page.$eval("#truth .segment:nth-of-type(2) input", (input) => input.click());
  ctx.assert.equal(await changed(page, 2), 1, "one has its memory measured");
  ctx.assert.match(await text(page, "#truth"), /60\.0.GiB/);
  await page.close();
}

async function absent(ctx) {
  ctx.expectProblem(new RegExp(`${TABLE}|ERR_FAILED`));
  const page = await ctx.open("", { block: `*/${TABLE}` });
  await planned(page);
  await page.$eval("#truth summary", (summary) => summary.click());
  await page.waitForSelector("#truth .notice");
  ctx.assert.match(await text(page, "#truth .notice"), /could not be/);
  ctx.assert.match(await text(page, "[data-figure=step_time]"), /\d/, "the plan is unharmed");
  await page.close();
}

export async function run(ctx) {
  const page = await ctx.open("", {});
  const asked = watched(page);
  await planned(page);
  await page.reload();
  await planned(page);
  ctx.assert.match(await text(page, "[data-figure=step_time] .figure-range"), /\d.* to \d.*\ss/);
  ctx.assert.match(await text(page, ".trust"), /80%.* runs/);
  ctx.assert.deepEqual(asked, [], "nothing was fetched before it was asked for");
  await page.click(".trust button");
  await page.waitForSelector(".truth-summary", { timeout: 20_000 });
  ctx.assert.equal(asked.length, 1);
  await filtered(ctx, page);
  await walked(ctx, page);
  await ctx.axe(page);
  await ctx.shot(page, "truth", { fullPage: true });
  await page.setViewport({ width: 360, height: 800 });
  await page.waitForFunction(() => document.querySelector("#truth canvas").clientWidth < 360);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide`);
  await page.close();
  await opened(ctx);
  await absent(ctx);
}

export const limitMs = 120_000;
