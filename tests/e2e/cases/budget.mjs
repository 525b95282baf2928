import { planned, says, text } from "../lib/plan.mjs";

export const name = "budget: ways to buy, months, calendar, sliders, trials, places; in the link; told where prices are absent";

const LIST = "prices-*.csv";
const LINK = "#1;m=meta-llama/Llama-2-7b-hf;t=200B;b=512;s=4096;n=64";

/** Opens a part by its summary, as a click would. */
async function open(page, part) {
  await page.evaluate((part) => {
    const titles = {
      ways: /^Ways to buy/, months: /^Months/, forecast: /^Spending/,
      whatif: /^What if/, sweep: /^Trials/, places: /^Several/, clients: /^Edge/,
    };
    const all = [...document.querySelectorAll("#budget summary")];
    all.find((summary) => titles[part].test(summary.textContent)).click();
  }, part);
  await page.waitForSelector(`#sheet-${part}`, { timeout: 20_000 });
}

const said = (page, part) => text(page, `#sheet-${part}`);

const until = (page, part, pattern) => says(page, `#sheet-${part}`, pattern, 20_000);

async function drag(page, id, place) {
  await page.$eval(
    id,
    (slider, place) => {
      slider.value = place;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    },
    place,
  );
}

async function absent(ctx) {
  ctx.expectProblem(/prices-.*csv|ERR_FAILED/);
  const page = await ctx.open(`${LINK};bp=demand:3,1y:1.8`, { block: `*/${LIST}` });
  await planned(page);
  await until(page, "ways", /1-year commitment/);
  ctx.assert.match(await text(page, "#budget .notice"), /could not be/);
  await page.close();
}

export async function run(ctx) {
  const page = await ctx.open(LINK, {});
  const asked = [];
  page.on("request", (request) => /prices-.*csv$/.test(request.url()) && asked.push(request.url()));
  await planned(page);
  ctx.assert.deepEqual(asked, [], "no price was fetched before it was asked for");
  const days = await text(page, "[data-figure=run_days] button");
  await open(page, "ways");
  await until(page, "ways", /on demand[\s\S]*1-year commitment/);
  ctx.assert.equal(asked.length, 1);
  const ways = await said(page, "ways");
  ctx.assert.match(ways, /Cheapest is/);
  ctx.assert.match(ways, /goodput/);
  ctx.assert.ok(ways.includes(days), `the headline's ${days} is among the ways`);
  // A number opens to where it comes from.
  await page.$eval("#sheet-ways table .amount", (button) => button.click());
  await page.waitForSelector("#sheet-ways tr.opened .derivation");
  ctx.assert.match(await text(page, "#sheet-ways tr.opened"), /Formula[\s\S]*Source/);

  await open(page, "months");
  await page.type("#months-bm", "12 months at 64 GPUs, 25% bursts");
  await until(page, "months", /64 to 128 accelerators/);
  ctx.assert.match(await text(page, "#months-bm-note"), /12 months at 64 accelerators, 128 for 25/);
  await page.type("#ways-bp", "demand:3, 1y:1.8");
  await until(page, "months", /Commit to 64 accelerators \(1-year commitment\)/);
  await page.waitForFunction(() => /bm=12@64\/0.25\/128/.test(location.hash));

  await open(page, "forecast");
  await page.type("#forecast-bd", "2027-01-15");
  await page.type("#forecast-fb", "10000");
  await until(page, "forecast", /used up on 2027-01-15/);
  await page.$eval("#forecast-bd", (input) => {
    input.value = "soon";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.waitForFunction(() => /2027-01-15 18:00/.test(document.querySelector("#forecast-bd-note").textContent));
  ctx.assert.equal(await text(page, "[data-figure=run_days] button"), days, "the plan is unharmed");

  await open(page, "whatif");
  await until(page, "moved", /Nothing is moved yet/);
  await drag(page, "#slider-price", 2);
  await until(page, "moved", /−50/);
  await page.$eval("#slider-price", (slider) => slider.dispatchEvent(new Event("change", { bubbles: true })));
  await page.waitForFunction(() => /bw=price:0.5/.test(location.hash));
  await drag(page, "#slider-accelerators", 14);
  await until(page, "moved", /128 accelerators/);

  await open(page, "sweep");
  await page.type("#sweep-bn", "81");
  await page.type("#sweep-bh", "3");
  await until(page, "sweep", /81 trials cost/);

  await open(page, "places");
  await until(page, "places", /Over 2 places/);
  await page.evaluate(() => {
    const all = [...document.querySelectorAll("#budget summary")];
    all.find((summary) => /^Edge/.test(summary.textContent)).click();
  });
  await page.type("#clients-ec", "1M");
  await until(page, "clients", /rounds of/);

  await ctx.axe(page);
  await ctx.shot(page, "budget", { fullPage: true });
  await page.setViewport({ width: 360, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide`);
  // A link that asks something opens its part.
  const address = await page.evaluate(() => location.hash);
  await page.close();
  const again = await ctx.open(address, {});
  await planned(again);
  await until(again, "months", /Commit to 64/);
  await until(again, "sweep", /81 trials cost/);
  await again.close();
  await absent(ctx);
}

export const limitMs = 180_000;
