import { complete, planned, retype, says, text } from "../lib/plan.mjs";

export const name = "where to train: prices from beside the page, frontier, answers, bill, stop; told where absent";

/** The list of this version, and the one that may be refreshed where the page is served. */
const BUILT = "prices-*.csv";
const LIST = "prices-v1.csv";
const LINK = "#1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;n=64;fd=30d;fb=100000";

async function absent(ctx) {
  ctx.expectProblem(/prices-.*csv|ERR_FAILED/);
  const page = await ctx.open(LINK, { block: `*/${BUILT}` });
  await planned(page);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await says(page, "#fleet .notice", /could not be/);
  ctx.assert.match(await text(page, "[data-figure=step_time]"), /\d/, "the plan is unharmed");
  await page.close();
}

/** What is not a price list is given up at the limit. */
async function endless(ctx) {
  const body = "x".repeat(5 << 20);
  const page = await ctx.open(LINK, { mock: { [`*/${BUILT}`]: { contentType: "text/csv", body } } });
  await planned(page);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await says(page, "#fleet .notice", /far longer than it should be/);
  await page.close();
}

/** What comes under the name of the list of this version and is another one is not taken for it. */
async function altered(ctx) {
  const body = "provider,region,instance,accelerator,count,demand,as_of\nacme,x,box,h100,8,16,2099-01-01";
  const page = await ctx.open(LINK, { mock: { [`*/${BUILT}`]: { contentType: "text/csv", body } } });
  await planned(page);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await says(page, "#fleet .notice", /not the price list that this version was built with/);
  await page.close();
}

/** On a click the list is asked for once more, past what the browser keeps: the same, a newer, an older, none. */
async function anew(ctx) {
  const page = await ctx.open("#1;m=meta-llama/Llama-2-7b-hf;n=64;fp=lambda", {});
  await planned(page);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await complete(page);
  const note = "#fleet-anew-note";
  ctx.assert.match(await text(page, note), new RegExp(`^Reads http.*/${LIST}$`));
  const look = async (said) => {
    await page.$$eval("#fleet .fleet-list button", (all) => all[0].click());
    await page.waitForFunction(
      (at, source) => new RegExp(source).test(document.querySelector(at).textContent),
      { timeout: 30_000 },
      note,
      said.source,
    );
  };
  await look(/The list there is the one in use/);
  const head = "provider,region,instance,accelerator,count,demand,as_of";
  const body = `${head}\nlambda,x,box,h100,8,16,2099-01-01`;
  await ctx.answer(page, { [`*/${LIST}`]: { contentType: "text/csv", body } });
  await look(/another one, of 2099-01-01, and is in use now/);
  await page.waitForFunction(() => /Newer than the list/.test(document.querySelector("#fleet").textContent));
  await ctx.answer(page, { [`*/${LIST}`]: { contentType: "text/plain", body: "x".repeat(5 * 1024 * 1024) } });
  await look(/far longer than it should be/);
  const old = `${head}\nlambda,x,box,h100,8,16,2001-01-01`;
  await ctx.answer(page, { [`*/${LIST}`]: { contentType: "text/csv", body: old } });
  await look(/is older, of 2001-01-01; the one in use stays/);
  await ctx.answer(page, { [`*/${LIST}`]: { contentType: "text/html", body: "<html>not here</html>" } });
  await look(/No price of the list there can be used/);
  ctx.assert.match(await text(page, "#fleet"), /Newer than the list/, "the list in use stays");
  await page.close();
}

/** The plan that a row opens says the same days and dollars, and how it is bought. */
async function opens(ctx) {
  const page = await ctx.open(`${LINK};fh=aws:us-east-1;ff=h100-sxm,h200-sxm`);
  await planned(page);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await complete(page);
  const rows = await page.$$eval("#fleet table tbody tr", (all) =>
    all
      .filter((row) => row.querySelector("a[href]"))
      .map((row) => ({
        words: row.textContent,
        href: row.querySelector("a[href]").getAttribute("href"),
        cells: [...row.cells].map((cell) => cell.innerText.split("\n")[0].trim()),
      })),
  );
  ctx.assert.ok(rows.length >= 3, `${rows.length} rows`);
  const spot = rows.filter((row) => /spot/.test(row.words));
  ctx.assert.ok(spot.length > 0, "a row on spot");
  for (const row of [rows[0], spot[0], rows.at(-1)]) {
    const other = await ctx.open(row.href.slice(row.href.indexOf("#")));
    await planned(other);
    const figure = async (id) =>
      (await text(other, `[data-figure=${id}] button`)).replace(/\s/gu, "");
    const shown = row.cells.map((cell) => cell.replace(/\s/gu, ""));
    for (const id of ["run_days", "run_cost"]) {
      const value = await figure(id);
      ctx.assert.ok(shown.includes(value), `${id} ${value} is not in the row ${shown}: ${row.href}`);
    }
    await other.close();
  }
  await page.close();
}

export async function run(ctx) {
  await opens(ctx);
  const page = await ctx.open(LINK, {});
  const asked = [];
  page.on("request", (request) => /prices-.*csv$/.test(request.url()) && asked.push(request.url()));
  await planned(page);
  ctx.assert.deepEqual(asked, [], "the first plan does not wait for prices");
  await page.$eval("#fleet summary", (summary) => summary.click());
  await complete(page);
  ctx.assert.equal(asked.length, 1);
  ctx.assert.ok(asked[0].startsWith(ctx.url), "prices come from beside the page");
  const shown = await text(page, "#fleet");
  ctx.assert.match(shown, /The cheapest within 30.days/);
  ctx.assert.match(shown, /The fastest for \$100.k|The fastest for \$100/);
  ctx.assert.match(shown, /days old/, "the age of a price is visible");
  ctx.assert.match(shown, /Where the rest of the market went/);
  ctx.assert.match(shown, /It is the list that this version was built with/);
  const rows = await page.$eval("#fleet table", (table) => table.tBodies[0].rows.length);
  ctx.assert.ok(rows >= 3, `${rows} rows`);
  // A narrower question is answered anew, without another fetch.
  await page.type("#in-fp", "lambda");
  await page.waitForFunction(
    () => {
      const answer = document.querySelector("#fleet-cheapest_by")?.textContent ?? "";
      return /lambda/.test(answer);
    },
    { timeout: 60_000 },
  );
  await complete(page);
  ctx.assert.equal(asked.length, 1);
  // A day of the week is echoed as the moment it means.
  await retype(page, "#in-fd", "Friday 18:00");
  await page.waitForFunction(
    () => /The cheapest by Fri \d{4}-\d\d-\d\d 18:00/.test(document.querySelector("#fleet").textContent),
    { timeout: 60_000 },
  );
  await complete(page);
  await page.$eval("#fleet .amount", (button) => button.click());
  ctx.assert.match(await text(page, "#fleet"), /The bill: /);
  await ctx.axe(page);
  await ctx.shot(page, "fleet", { fullPage: true });
  await page.setViewport({ width: 360, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 360, `${wide} px wide`);
  await page.close();
  await absent(ctx);
  await endless(ctx);
  await altered(ctx);
  // What this fetches stays.
  await anew(ctx);
}

export const limitMs = 180_000;
