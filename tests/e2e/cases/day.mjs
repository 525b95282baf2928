import { fragment, planned, retype, says, text } from "../lib/plan.mjs";

export const name = "a service over the day and near its users: curve, trace, commitment, sites; in the link; told where nothing can be";

const LIST = "prices-*.csv";
const LLAMA = "#1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sn=256;sr=40/s";
const PAYS = ";bp=1y:4,spot:2";
const AREAS = "Europe 300k within EU, East Asia 100k, US 250k";

const sheet = (part) => `#sheet-${part}`;

/** Opens a part by the keyboard, as its summary is reached by Tab. */
async function unfold(page, part) {
  const titles = { day: /^Traffic, instances/, commit: /^How much of it/, near: /^Sites by/ };
  const all = await page.$$("#day summary, #near summary");
  for (const summary of all) {
    if (titles[part].test(await summary.evaluate((own) => own.textContent))) {
      await summary.focus();
      await page.keyboard.press("Enter");
      break;
    }
  }
  await page.waitForSelector(sheet(part), { timeout: 30_000 });
}

const until = (page, part, pattern) => says(page, sheet(part), pattern);

/** Opens the hidden fields and tables of a section. */
const openAll = (page, section) =>
  page.$$eval(`${section} details`, (all) => all.forEach((own) => (own.open = true)));

const number = (page, part, id) =>
  text(page, `${sheet(part)} [data-figure=${id}] button`);

async function overTheDay(ctx, page) {
  ctx.assert.equal(await page.$("#day .plot"), null, "nothing is worked out before it is opened");
  await unfold(page, "day");
  await until(page, "day", /Following the traffic/);
  const usual = await number(page, "day", "day_cost");
  // Every number of the tables and figures opens.
  const closed = await page.$$eval(`${sheet("day")} td.number`, (all) =>
    all.filter((cell) => !cell.querySelector("button")).map((cell) => cell.textContent),
  );
  ctx.assert.deepEqual(closed, [], "numbers that do not open");
  const first = `${sheet("day")} [data-figure=day_each] button`;
  await page.focus(first);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#why-budget-day-day_each");
  ctx.assert.match(await text(page, "#why-budget-day-day_each"), /Formula[\s\S]*Kleinrock/);
  const rows = await page.$$eval(`${sheet("day")} table`, (all) => all[0].tBodies[0].rows.length);
  ctx.assert.equal(rows, 24, "an hour a row");
  ctx.assert.match(await page.$eval("#day canvas", (own) => own.getAttribute("aria-label")), /table/);
  // A curve of one's own, hour by hour.
  await retype(page, "#day-dv", `${"5 ".repeat(12)}${"40 ".repeat(12)}`);
  await page.waitForFunction(
    (at, was) => (document.querySelector(at)?.textContent ?? was) !== was,
    { timeout: 30_000 },
    `${sheet("day")} [data-figure=day_cost] button`,
    usual,
  );
  ctx.assert.match(await fragment(page), /dv=5,5,5,5/);
  ctx.assert.match(await text(page, "#day-dv-note"), /5 to 40.requests\/s, 22.5.requests\/s on the mean/);
  // A bad one is said under the field and in the answer's place.
  await retype(page, "#day-dv", "1 2 3");
  await until(page, "day", /3 stand there/);
  ctx.assert.match(await text(page, "#day-dv-note"), /24 numbers/);
  ctx.assert.match(await text(page, "#plan-title"), /Llama/, "the deployment is unharmed");
  await retype(page, "#day-dv", "");
  await until(page, "day", /Following the traffic/);
  await page.type("#day-du", "650k");
  await until(page, "day", /A user/);
  await page.type("#day-dq", "50/s");
  await until(page, "day", /at most the 40/);
  await retype(page, "#day-dq", "4/s");
  await until(page, "day", /Following the traffic/);
  await openAll(page, "#day");
  await retype(page, "#day-ds", "0");
  await until(page, "day", /come late/);
  await retype(page, "#day-df", "10 min");
  await until(page, "day", /At no minute/);
  await page.type("#day-dx", "50%");
  await until(page, "day", /spot market/);
}

async function committed(page) {
  await until(page, "commit", /[Bb]y the hour (it )?is/);
  await page.type("#commit-bp", "1y:4");
  await until(page, "commit", /Commit to \d+ accelerators? \(1-year commitment\)/);
}

async function nearUsers(ctx, page) {
  await unfold(page, "near");
  await until(page, "near", /Say where the users are/);
  await page.type("#near-dg", AREAS);
  await until(page, "near", /serves? everyone within the goals/);
  ctx.assert.match(await fragment(page), /dg=eu:300k:EU,ea:100k,na-east:250k/);
  ctx.assert.match(await text(page, "#near-dg-note"), /Europe 46\.2% within EU/);
  const closed = await page.$$eval(`${sheet("near")} td.number`, (all) =>
    all.filter((cell) => !cell.querySelector("button")).length,
  );
  ctx.assert.equal(closed, 0, "numbers that do not open");
  await page.$eval(`${sheet("near")} td button`, (button) => button.click());
  await page.waitForSelector(`${sheet("near")} tr.opened .derivation`);
  await retype(page, "#near-da", "1.95s");
  await until(page, "near", /Allow more time for the first token/);
  await retype(page, "#near-da", "20ms");
  await retype(page, "#near-dg", "atlantis 5k");
  await until(page, "near", /no area is called/);
  await retype(page, "#near-dg", AREAS);
  await until(page, "near", /serves? everyone/);
}

/** A trace of two days types its hours. */
async function traced(ctx) {
  const page = await ctx.open(LLAMA, {});
  await planned(page);
  await unfold(page, "day");
  const rows = ["time,prompt,output"];
  for (let minute = 0; minute < 2880; minute += 10) {
    const hour = Math.floor(minute / 60) % 24;
    const n = hour >= 9 && hour < 18 ? 4 : 1;
    for (let i = 0; i < n; i += 1) rows.push(`${minute * 60 + i},900,200`);
  }
  await page.$$eval("#inputs .more", (all) => all.forEach((own) => (own.open = true)));
  await page.waitForSelector("#trace-text");
  await page.$eval(
    "#trace-text",
    (area, rows) => {
      area.value = rows;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    rows.join("\n"),
  );
  await page.waitForFunction(() => /hours are the day/.test(document.querySelector("#trace-text-note").textContent));
  ctx.assert.match(await fragment(page), /dv=0\.001667,0\.001667/);
  await planned(page);
  await until(page, "day", /Following the traffic/);
  await page.close();
}

async function asked(ctx, link, options) {
  const page = await ctx.open(link, options);
  await planned(page);
  // A link that asks something opens its part.
  await until(page, "near", /serves? everyone/);
  await until(page, "day", /Following the traffic/);
  await openAll(page, "#day");
  await until(page, "commit", /1-year commitment/);
  return page;
}

async function small(ctx, link) {
  const page = await asked(ctx, link, { width: 390, height: 844, scale: 2, dark: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 390, `${wide} px wide`);
  await ctx.axe(page);
  await ctx.shot(page, "day-phone-dark", { fullPage: true });
  await page.close();
}

async function absent(ctx) {
  ctx.expectProblem(/prices-.*csv|ERR_FAILED/);
  const page = await ctx.open(`${LLAMA};dl=2;dg=eu:5`, { block: `*/${LIST}` });
  await planned(page);
  await until(page, "day", /Following the traffic/);
  ctx.assert.match(await text(page, "#day .notice"), /could not be/);
  await until(page, "near", /No offer of the price list/);
  await page.close();
}

export async function run(ctx) {
  const page = await ctx.open(LLAMA, {});
  await planned(page);
  await overTheDay(ctx, page);
  await committed(page);
  await nearUsers(ctx, page);
  await ctx.axe(page);
  await ctx.shot(page, "day", { fullPage: true });
  const link = await page.evaluate(() => location.hash);
  await page.close();
  await small(ctx, link.replace(/;bp=[^;]*/, PAYS));
  await traced(ctx);
  await absent(ctx);
}

export const limitMs = 240_000;
