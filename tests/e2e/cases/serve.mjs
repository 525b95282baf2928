import { figure, follow, fragment, planned, retype, says, text } from "../lib/plan.mjs";

export const name = "serving: switch, answer in words and pictures, every number opens, stuck, edge, phone";

export const limitMs = 150_000;

const LLAMA = "#1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";
const R1 = "#1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang";
const APART = "#1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=20/s;si=4000;so=1000;ds=0;sn=128";
const ONLY_APART =
  "#1;m=deepseek-ai/DeepSeek-V3;do=serve;se=sglang-ep;sg=h100-sxm;sn=96;sr=100/s;si=2000;so=100;sf=5s;st=100ms;ds=0";
const EDGE =
  "#1;m=mistralai/Mistral-7B-Instruct-v0.3;do=serve;se=llamacpp;sg=m4-max,orin-nano-8g;sn=1;si=512;so=256;sc=1;sf=none;st=none";

const studied = (page) => page.waitForSelector("#fits table", { timeout: 30_000 });
const proof = (page) => text(page, "#why .proof");

/** Milliseconds of the search, as the page says it. */
async function took(page) {
  return Number(/in ([\d.]+) ms/.exec(await proof(page))[1]);
}

async function answered(ctx) {
  const page = await ctx.open(LLAMA, {});
  await planned(page);
  const top = (selector) => page.$eval(selector, (own) => own.getBoundingClientRect().top);
  const [figures, memory] = [await top(".figures.large"), await top(".memory")];
  await studied(page);
  await page.waitForSelector("#apart");
  ctx.assert.deepEqual([await top(".figures.large"), await top(".memory")], [figures, memory], "what is read moved");
  ctx.assert.match(await text(page, "#plan-title"), /Llama-3.3-70B-Instruct .*H200 SXM with vLLM/);
  ctx.assert.match(await text(page, "#doubts"), /checkpoint has bf16, this plan serves fp8.*Staying in bf16 costs/);
  const empty = await page.$eval("#in-sw", (input) => input.placeholder);
  ctx.assert.equal(empty, "as stored or in 8 bits");
  for (const id of ["ttft", "tpot", "tokens_per_s", "tokens_per_gpu", "whole_price", "monthly"]) {
    ctx.assert.match(await figure(page, id), /\d/, id);
  }
  // The number opens to formula, this case's values and source.
  await page.click("[data-figure=tpot] button");
  const detail = await text(page, "#headline-detail");
  ctx.assert.match(detail, /Formula.*Here.*Source/s);
  ctx.assert.match(detail, /Little/);
  // The goal box and the roof have tables behind them.
  for (const summary of await page.$$(".serve details > summary")) {
    await summary.evaluate((element) => element.click());
  }
  const rows = await page.$eval("#tradeoff table", (table) => table.tBodies[0].rows.length);
  ctx.assert.ok(rows > 5, `${rows} rows`);
  ctx.assert.match(await text(page, "#why"), /Best of other kinds/);
  // A rival's numbers open where they stand.
  await page.click("#why .amount");
  await page.waitForSelector("#why tr.opened .derivation");
  await ctx.axe(page);
  await ctx.shot(page, "serve", { fullPage: true });
  // A faster goal takes another layout, and back brings the first again.
  const before = await figure(page, "accelerators");
  await retype(page, "#in-st", "12ms");
  await page.waitForFunction(
    (was) => document.querySelector("[data-figure=accelerators] button").textContent !== was,
    { timeout: 30_000 },
    before,
  );
  ctx.assert.match(await fragment(page), /st=12ms/);
  // A goal that nobody reaches: what stands in the way, and what helps.
  await retype(page, "#in-st", "2ms");
  await page.waitForSelector(".stuck .remedies a", { timeout: 30_000 });
  ctx.assert.match(await text(page, ".stuck"), /within 2.ms: the nearest takes/);
  await follow(page, ".stuck .remedies a");
  ctx.assert.match(await figure(page, "tpot"), /\d/);
  await page.close();
}

/** The trade against either latency: chosen by keys, kept when the answer changes, both goals told apart. */
async function latency(ctx) {
  const page = await ctx.open(`${LLAMA};si=6000;so=300;sf=600ms;st=40ms;sn=128`, {});
  await planned(page);
  await page.waitForSelector("#tradeoff .legend li", { timeout: 60_000 });
  const chart = () => page.$eval("#tradeoff canvas", (canvas) => canvas.getAttribute("aria-label"));
  ctx.assert.match(await chart(), /Each further token \(TPOT\)/);
  ctx.assert.match(await text(page, "#tradeoff"), /In the box: Each further token \(TPOT\).* within 40.ms/);
  ctx.assert.match(await text(page, "#tradeoff .legend"), /misses TTFT/);
  await page.$eval("#tradeoff details > summary", (element) => element.click());
  await page.waitForSelector("#tradeoff table");
  const missed = await page.$$eval("#tradeoff tbody tr", (rows) =>
    rows.map((row) => [...row.cells].slice(0, 2).map((cell) => /misses goal/.test(cell.textContent)).join()));
  // Within one goal and beyond the other: what the box alone would hide.
  for (const kind of ["false,false", "false,true"]) {
    ctx.assert.ok(missed.includes(kind), `${kind} of ${missed.join("; ")}`);
  }
  await page.focus("input[name=tradeoff-of]:checked");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(
    () => /First token \(TTFT\), p90/.test(document.querySelector("#tradeoff canvas").getAttribute("aria-label")),
  );
  ctx.assert.match(await text(page, "#tradeoff"), /In the box: First token \(TTFT\), p90 within 600.ms/);
  ctx.assert.match(await text(page, "#tradeoff .legend"), /misses TPOT/);
  await retype(page, "#in-st", "39ms");
  await planned(page);
  await says(page, "#tradeoff", /within 39.ms/);
  ctx.assert.match(await chart(), /First token \(TTFT\)/, "the choice stays");
  await ctx.axe(page);
  await page.close();
}

/** The two searches whose time is a promise of the planner. */
async function quick(ctx) {
  for (const [model, link] of [["Llama-3.3-70B", LLAMA.replace(";sr=10/s", "")], ["DeepSeek-R1", R1]]) {
    const page = await ctx.open(link, {});
    await planned(page);
    const times = [await took(page)];
    for (const goal of ["49ms", "48ms", "47ms"]) {
      await retype(page, "#in-st", goal);
      await planned(page);
      times.push(await took(page));
    }
    const least = Math.min(...times);
    console.log(`    ${model} on up to 64 H200: least ${least} ms of ${times.join(", ")}`);
    ctx.assert.ok(least < 400, `${model}: ${times}`);
    await page.close();
  }
}

async function switched(ctx) {
  const page = await ctx.open("#1;m=Qwen/Qwen3-8B;n=64;b=512", {});
  await planned(page);
  await page.$eval("input[name=purpose]:not(:checked)", (radio) => radio.click());
  await planned(page);
  await page.waitForSelector(".plan.serve");
  ctx.assert.match(await fragment(page), /m=Qwen\/Qwen3-8B;n=64;b=512;do=serve/, "training stays");
  ctx.assert.match(await text(page, "#fleet-title"), /Where to serve it/);
  ctx.assert.ok(await page.$eval("#budget", (budget) => budget.closest("[hidden]") !== null));
  // A format that the hardware lacks: named, with the nearest that runs.
  await page.type("#in-sw", "mxfp8");
  await page.waitForFunction(
    () => /nearest that runs/.test(document.querySelector("#in-sw-note").textContent),
    { timeout: 10_000 },
  );
  await page.$eval("input[name=purpose]:not(:checked)", (radio) => radio.click());
  await page.waitForSelector("[data-figure=step_time]");
  await page.close();
}

async function edge(ctx) {
  const page = await ctx.open(EDGE, {});
  await planned(page);
  await studied(page);
  const fits = await text(page, "#fits");
  ctx.assert.match(fits, /q4_k_m/);
  ctx.assert.match(fits, /does not fit/, "16 bits of 7 B do not fit 8 GB");
  // The line under a name leaves its underscores alone: these end some 0.2 em below the letters.
  const under = await page.$eval("#fits th a", (link) => {
    const style = getComputedStyle(link);
    return parseFloat(style.textUnderlineOffset) / parseFloat(style.fontSize);
  });
  ctx.assert.ok(under >= 0.25, `${under} em`);
  ctx.assert.equal(await page.$("[data-figure=monthly]"), null, "no price, no cost");
  await page.setViewport({ width: 360, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide`);
  await ctx.shot(page, "serve-edge-phone", { fullPage: true });
  await page.close();
}

/** Pools on the first screen, beside the deployment and where nothing else serves; numbers that open down to steps. */
async function apart(ctx) {
  const page = await ctx.open(APART, {});
  await planned(page);
  await page.waitForSelector("#apart", { timeout: 60_000 });
  ctx.assert.match(await text(page, "#apart"), /apart are .*% cheaper: .* instead of/);
  const all = await figure(page, "accelerators");
  ctx.assert.ok((await text(page, "#pools table")).includes(all.trim()), "the same deployment");
  // Both pools can be taken: how each is set, and the commands.
  ctx.assert.match(await text(page, "#pools"), /How each pool is set.*No link holds both pools/s);
  await page.$eval("#pools details > summary", (summary) => summary.click());
  await page.waitForSelector("#pools pre code");
  ctx.assert.match(await text(page, "#pools pre code"), /disaggregation-mode prefill.*disaggregation-mode decode/s);
  await page.click("#apart button");
  await page.waitForFunction(() => document.querySelector("#pools").getBoundingClientRect().top < innerHeight);
  await page.click("[data-figure=ttft] button");
  const nested = "#headline-detail .nested > summary";
  await page.waitForSelector(nested);
  await page.click(nested);
  await page.waitForFunction(() => /The host's work/.test(document.querySelector("#headline-detail").textContent));
  await page.click("#headline-detail .nested .nested > summary");
  await page.waitForFunction(
    () => (document.querySelector("#headline-detail").textContent.match(/Formula/g) ?? []).length >= 3,
  );
  await ctx.axe(page);
  await ctx.shot(page, "serve-apart", { fullPage: true });
  // All columns are within a phone's width.
  await page.setViewport({ width: 390, height: 844 });
  const ends = await page.$$eval("#pools table", (all) => all.map((own) => own.getBoundingClientRect().right));
  ctx.assert.ok(ends.length === 2 && ends.every((end) => end <= 390), `${ends} px`);
  await page.close();
  const only = await ctx.open(ONLY_APART, {});
  await only.waitForSelector(".stuck #apart", { timeout: 60_000 });
  ctx.assert.match(await text(only, ".stuck #apart"), /apart serve it/);
  await only.waitForSelector(".stuck #pools table");
  await ctx.axe(only);
  await ctx.shot(only, "serve-only-apart", { fullPage: true });
  await only.close();
}

/** Guessing that hurts is told; lists of words are suggested; a trace without times leaves the rate alone. */
async function told(ctx) {
  const page = await ctx.open(`${LLAMA};sq=8;sy=0.3`, {});
  await planned(page);
  await page.waitForSelector("#guessing.caution", { timeout: 60_000 });
  ctx.assert.match(await text(page, "#guessing"), /hurts/);
  const listed = await page.$$eval("#in-sg-list option", (all) => all.map((own) => own.value));
  ctx.assert.ok(listed.some((own) => own.endsWith("b200")), listed.join(" "));
  await page.$$eval("details.more summary", (all) => {
    all.find((own) => own.textContent.includes("From a trace")).click();
  });
  await page.waitForSelector("#trace-text");
  await page.$eval("#trace-text", (area) => {
    area.value = "100\t10\n300\t30";
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.waitForFunction(
    () => /no arrival times: the rate stays as typed/.test(document.querySelector("#trace-text-note").textContent),
  );
  ctx.assert.match(await fragment(page), /si=200/);
  ctx.assert.match(await fragment(page), /sr=10/);
  await page.close();
}

export async function run(ctx) {
  await answered(ctx);
  await latency(ctx);
  await apart(ctx);
  await told(ctx);
  await switched(ctx);
  await edge(ctx);
  await quick(ctx);
}
