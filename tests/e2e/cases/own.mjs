import { figure, fragment, planned, retype, text, value } from "../lib/plan.mjs";

export const name = "a stack and an engine of one's own: typed, marked, in the link, measured, reset, phone, dark";

const SMALL = "#1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1B";
const SERVED = "#1;m=meta-llama/Llama-3.1-8B;do=serve;sg=h100-sxm;sc=32";

/** Opens the disclosure of that name, if it is closed. */
async function open(page, title) {
  const summary = await page.waitForSelector(`xpath///details[contains(@class, "more")]/summary[span[1]="${title}"]`);
  if (await summary.evaluate((own) => !own.parentElement.open)) await summary.evaluate((own) => own.click());
  await page.waitForFunction((own) => own.parentElement.open, {}, summary);
}

const settled = (page, part) =>
  page.waitForFunction((wanted) => decodeURIComponent(location.hash).includes(wanted), { timeout: 10_000 }, part);

/** Waits for an answer whose sentence matches; the figure changes with it. */
async function says(page, pattern) {
  await page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector("#answer").textContent),
    { timeout: 30_000 },
    pattern.source,
  );
  await planned(page);
}

async function typed(ctx) {
  const page = await ctx.open(SMALL, {});
  await planned(page);
  const before = await figure(page, "step_time");
  await open(page, "Your own stack");
  await open(page, "Kernels");
  await open(page, "Communication");
  await retype(page, "#own-ko-matmul", "40%");
  await settled(page, "ko=matmul:0.4");
  await retype(page, "#own-ko-overlap_gradients", "0");
  await settled(page, "ko=matmul:0.4,overlap_gradients:0");
  await retype(page, "#in-kn", "Acme fork");
  await settled(page, "kn=Acme~20fork");
  await planned(page);
  await page.waitForFunction(
    (was) => document.querySelector("[data-figure=step_time] button").textContent !== was,
    { timeout: 30_000 },
    before,
  );
  const after = await figure(page, "step_time");
  ctx.assert.ok(parseFloat(after) > 1.3 * parseFloat(before), `${before} ${after}`);
  // What differs is marked and counted; the value of the base opens to its source.
  ctx.assert.equal(await page.$$eval(".own-table tr.changed", (rows) => rows.length), 2);
  ctx.assert.match(await text(page, "#in-ko-note"), /matmul 0.4 \(not 0\.\d+\), overlap gradients 0 \(not/);
  await page.click("tr.changed td > button.number");
  ctx.assert.match(await text(page, "tr.changed th"), /Megatron-Core: .*(fitted|products inside)/);
  ctx.assert.match(await text(page, "#answer"), /No run of Acme fork \(Megatron-Core with matmul 0.4, overlap gradients 0\) was measured/);
  await ctx.axe(page);
  await ctx.shot(page, "own", { fullPage: true });
  // The link opens the same.
  const again = await ctx.open(`#${await page.evaluate(() => location.hash.slice(1))}`, {});
  await planned(again);
  ctx.assert.equal(await figure(again, "step_time"), after);
  await open(again, "Your own stack");
  ctx.assert.equal(await value(again, "#in-kn"), "Acme fork");
  await again.close();
  // What is no value is told where it stands, and nothing of it is lost.
  await retype(page, "#own-ko-matmul", "fast");
  await page.waitForSelector("#own-ko-matmul[aria-invalid=true]");
  ctx.assert.match(await text(page, "#own-ko-matmul-note"), /Expected matmul of 0.01 to 2/);
  ctx.assert.equal(await value(page, "#own-ko-matmul"), "fast");
  await page.click("tr.changed .own-value button");
  await settled(page, "ko=overlap_gradients:0");
  // A technique less.
  await open(page, "Techniques");
  const zero = await page.waitForSelector(`xpath///label[contains(., "ZeRO stage 3")]/input[@type="checkbox"]`);
  const own = await page.$$("details .checks .check");
  ctx.assert.ok(own.length > 20, `${own.length} techniques`);
  await zero.evaluate((box) => box.click());
  await settled(page, "-zero3");
  ctx.assert.match(await text(page, ".check.changed"), /ZeRO stage 3 taken away/);
  // All back.
  const back = await page.waitForSelector(`xpath///button[.="Back to Megatron-Core as it is"]`);
  await back.click();
  await page.waitForFunction(() => !location.hash.includes("k"), { timeout: 10_000 });
  await planned(page);
  ctx.assert.equal(await figure(page, "step_time"), before);
  await page.close();
}

/** Half as long again as estimated: at the pace that is found, the same plan takes that. */
async function measured(ctx) {
  const page = await ctx.open(`${SMALL};tp=1;cp=1;pp=1;mbs=1;zero=3`, {});
  await planned(page);
  const step = parseFloat(await figure(page, "step_time"));
  ctx.assert.match(await figure(page, "step_time"), /\d\ss$/);
  await open(page, "Your own stack");
  await open(page, "From your measurements");
  await page.type("#own-measured", `${1.5 * step} s`);
  await page.keyboard.press("Enter");
  const use = await page.waitForSelector(`xpath///button[.="Use as my stack"]`);
  ctx.assert.match(await text(page, "#own-runs-note"), /At a pace of 0\.\d+ the step of this plan takes/);
  await use.click();
  await settled(page, "ko=pace@h100-sxm/bf16:0.");
  await says(page, /No run of your stack \(Megatron-Core with pace 0\.\d+ of h100-sxm in bf16\) was measured/);
  const now = parseFloat(await figure(page, "step_time"));
  ctx.assert.ok(Math.abs(now / (1.5 * step) - 1) < 0.02, `${step} ${now}`);
  // The same of rows of a table, and a row that cannot be used is told.
  const rows = `num_accel,tp,cp,pp,mbs,zero_stage,step_time_s\n8,1,1,1,1,3,${2 * step}\n8,3,1,1,1,3,1\n`;
  await page.$eval(
    "#own-runs",
    (area, rows) => {
      area.value = rows;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    rows,
  );
  await page.waitForFunction(() => /1 run, a pace of/.test(document.querySelector("#own-runs-note").textContent));
  ctx.assert.match(await text(page, "#own-runs-note"), /Line 3: /);
  await ctx.axe(page);
  await page.close();
}

async function served(ctx) {
  const page = await ctx.open(SERVED, { width: 390, height: 844, dark: true });
  await planned(page);
  await page.click(".summary");
  const before = await figure(page, "tpot");
  await open(page, "Your own engine");
  await open(page, "Host and starts");
  await retype(page, "#own-seo-step_us", "30000");
  await settled(page, "seo=step_us:30000");
  await planned(page);
  await says(page, /No run of your engine \(vLLM \(V1\) with step us 30000\) was measured/);
  ctx.assert.notEqual(await figure(page, "tpot"), before);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  ctx.assert.equal(wide, 0, "the page is as wide as the phone");
  const panel = await page.$("xpath///details[summary[span[1]='Your own engine']]");
  await panel.evaluate((own) => own.scrollIntoView());
  await ctx.axe(page);
  await ctx.shot(page, "own-engine-phone");
  ctx.assert.match(await fragment(page), /seo=step_us:30000/);
  await page.close();
}

export async function run(ctx) {
  await typed(ctx);
  await measured(ctx);
  await served(ctx);
}
