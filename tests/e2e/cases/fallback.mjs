export const name = "without WebAssembly or JavaScript the page says what it is and what is missing";

const PLAN = "#1;m=some-model;tp=8";

async function withoutModule(ctx) {
  const block = "*.wasm";
  ctx.expectProblem(/\.wasm/);
  ctx.expectProblem(/ERR_FAILED/);
  const page = await ctx.open(PLAN, { ready: false, block });
  await page.waitForSelector("#fallback-problem:not([hidden])");
  const text = await page.$eval("#fallback-text", (element) => element.textContent);
  ctx.assert.equal(text, "1\nm=some-model\ntp=8");
  await ctx.axe(page);
  await ctx.shot(page, "fallback-no-wasm");
}

async function withoutScript(ctx) {
  // What the page preloads is given up where no script may run.
  ctx.expectProblem(/^request failed: \S+\.(js|wasm) $/);
  const prepare = (page) => page.setJavaScriptEnabled(false);
  const page = await ctx.open(PLAN, { ready: false, prepare });
  const text = await page.$eval("#fallback", (element) => element.textContent);
  ctx.assert.match(text, /JavaScript is switched off/);
  await ctx.shot(page, "fallback-no-script");
}

export async function run(ctx) {
  await withoutModule(ctx);
  await withoutScript(ctx);
}
