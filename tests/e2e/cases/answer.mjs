import { figure, planned, text } from "../lib/plan.mjs";

export const name = "the plan opens: figures, degrees, parts, plots with a table behind each";

async function inked(page, selector) {
  return page.$eval(selector, (canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    }
    const box = canvas.getBoundingClientRect();
    return { ratio: width / box.width, across: height / box.height, colours: colours.size };
  });
}

export async function run(ctx) {
  const page = await ctx.open("", { width: 1440, scale: 2 });
  await planned(page);
  for (const id of ["step_time", "mfu", "days", "cost"]) {
    ctx.assert.match(await figure(page, id), /\d/, id);
    await page.click(`[data-figure=${id}] button`);
    const why = await text(page, "#headline-detail");
    ctx.assert.match(why, /Formula/, `${id} has a formula`);
    ctx.assert.match(why, /Source/, `${id} has a source`);
  }
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.getElementById("headline-detail").textContent);

  // A degree explains itself and can be fixed.
  const [chip] = await page.$$(".chip");
  await chip.click();
  const keep = await page.waitForSelector("#headline-detail .button");
  await keep.click();
  await page.waitForFunction(() => /;tp=\d/.test(location.hash));
  await page.waitForSelector(".chip.fixed");
  await planned(page);

  for (const part of ["memory", "time"]) {
    const { ratio, across, colours } = await inked(page, `#${part} canvas`);
    ctx.assert.ok(Math.abs(ratio - 2) < 0.02 && Math.abs(across - 2) < 0.05, `${part} is sharp`);
    ctx.assert.ok(colours > 4, `${part} is drawn`);
    // Not with the mouse: what comes later may still move the page.
    await page.$eval(`#${part} .fold summary`, (summary) => summary.click());
    await page.waitForFunction(
      (part) => document.querySelectorAll(`#${part} tbody th`).length > 4,
      {},
      part,
    );
    await page.$eval(`#${part} .amount`, (amount) => amount.click());
    await page.waitForSelector(`#${part} .opened`);
    ctx.assert.match(await text(page, `#${part} .opened`), /Source/);
  }
  await page.waitForFunction(() => document.querySelector("#scaling .fold"), { timeout: 30_000 });
  await page.$eval("#scaling .fold summary", (summary) => summary.click());
  await page.waitForFunction(
    () => document.querySelectorAll("#scaling tbody tr").length > 3,
    { timeout: 60_000 },
  );
  await ctx.axe(page);
  await ctx.shot(page, "answer-open", { fullPage: true });
}

export const limitMs = 120_000;
