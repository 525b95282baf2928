import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { figure, fragment, planned, retype, text } from "../lib/plan.mjs";

export const name = "the page as one file opens from a disk and does everything, asking for nothing";
export const limitMs = 180_000;

const PLAN = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";
const CONFIG = "https://huggingface.co/TinyLlama/TinyLlama-1.1B/resolve/main/config.json";

const LLAMA = {
  model_type: "llama",
  hidden_size: 2048,
  intermediate_size: 5632,
  num_attention_heads: 32,
  num_hidden_layers: 22,
  num_key_value_heads: 4,
  vocab_size: 32000,
};

async function everything(ctx, page) {
  const seen = [];
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url())) seen.push(request.url());
  });
  await planned(page);
  await retype(page, "#in-n", "16");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /on 16/);
  ctx.assert.match(await fragment(page), /n=16/);
  await page.waitForFunction(() => document.querySelectorAll("#why tbody tr").length > 0, { timeout: 60_000 });
  await page.$eval("#fleet summary", (summary) => summary.click());
  await page.waitForFunction(() => /Complete: /.test(document.querySelector("#fleet").textContent), {
    timeout: 90_000,
  });
  ctx.assert.match(await text(page, "#fleet"), /offers, the newest of/);
  await page.$eval(".trust button", (button) => button.click());
  await page.waitForSelector(".truth-summary");
  ctx.assert.deepEqual(seen, []);
  await ctx.axe(page);
  await ctx.shot(page, "single");
}

/** The answers are those of the page that is served. */
async function alike(ctx, own) {
  const [here, there] = [await own.open(`#${PLAN}`), await ctx.open(`#${PLAN}`)];
  await planned(here);
  await planned(there);
  for (const id of ["step_time", "days", "cost", "mfu"]) {
    ctx.assert.equal(await figure(here, id), await figure(there, id), id);
  }
  await here.close();
  await there.close();
}

/** Where the file lies is nobody's business, and no address for others. */
async function shared(ctx, own) {
  const page = await own.open(`#${PLAN}`);
  await planned(page);
  await page.evaluate(() => {
    window.copied = [];
    const writeText = async (words) => void window.copied.push(words);
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
  });
  await page.click(".share summary");
  ctx.assert.match(await text(page, '[data-way="Copy HTML frame"]:disabled'), /this one is a file/);
  for (const way of ["Copy link", "Copy as Markdown"]) {
    await page.click(`[data-way="${way}"]`);
    await page.waitForFunction(() => /this page is a file/.test(document.querySelector(".share [role=status]").textContent));
  }
  const copied = await page.evaluate(() => window.copied);
  ctx.assert.ok(copied[0].startsWith(`#${PLAN};r=`), copied[0]);
  ctx.assert.ok(copied[1].includes(`\`${copied[0]}\``), copied[1]);
  ctx.assert.ok(!copied.some((words) => words.includes("file:")), copied.join());
  await page.close();
}

async function hub(ctx, own) {
  const page = await own.open(`#${PLAN}`, { mock: { [CONFIG]: { body: JSON.stringify(LLAMA) } } });
  await planned(page);
  const [radio] = await page.$$('xpath/.//label[.="Hub"]/input');
  await radio.click();
  await page.type("#in-hub", "TinyLlama/TinyLlama-1.1B");
  await page.click("#in-hub ~ button");
  await page.waitForSelector("#in-mc");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /1\.10?\sB/);
  await page.close();
}

export async function run(ctx) {
  const path = join(ctx.dist, "autoparallel.html");
  const { size } = statSync(path);
  ctx.assert.ok(size <= 2_500_000, `${size} bytes`);
  const own = new ctx.constructor({ ...ctx, url: pathToFileURL(path).href });
  const page = await own.open(`#${PLAN}`);
  const policy = await page.$eval("meta[http-equiv=Content-Security-Policy]", (meta) => meta.content);
  ctx.assert.ok(!/unsafe-inline|'unsafe-eval'|'self'/.test(policy), policy);
  await everything(ctx, page);
  await page.reload({ waitUntil: "load" });
  await planned(page);
  await page.close();
  await alike(ctx, own);
  await shared(ctx, own);
  await hub(ctx, own);
  ctx.problems.push(...own.unexpectedProblems());
}
