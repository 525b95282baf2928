import { planned } from "../lib/plan.mjs";

export const name = "colours follow the system, the button and the last visit, with storage or without";

const colours = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector("#memory canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    }
    const page = getComputedStyle(document.documentElement).backgroundColor;
    return { page, canvas: [...seen].sort().join(" ") };
  });

async function turns(ctx) {
  const page = await ctx.open("", { dark: false });
  await planned(page);
  const light = await colours(page);
  await page.click("button[aria-label='Use dark colours']");
  await page.waitForSelector("button[aria-label='Use light colours']");
  const dark = await colours(page);
  ctx.assert.notEqual(dark.page, light.page);
  ctx.assert.notEqual(dark.canvas, light.canvas, "the plots are drawn again");
  await ctx.axe(page);
  await page.reload();
  await planned(page);
  ctx.assert.equal((await colours(page)).page, dark.page, "the choice is kept");
  await page.click("button[aria-label='Use light colours']");
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.waitForSelector("button[aria-label='Use light colours']");
  ctx.assert.equal((await colours(page)).page, dark.page, "back to what the system has");
  await page.close();
}

async function withoutStorage(ctx) {
  const prepare = (page) =>
    page.evaluateOnNewDocument(() => {
      const refuse = () => {
        throw new DOMException("refused", "SecurityError");
      };
      Object.defineProperty(window, "localStorage", { get: refuse });
    });
  const page = await ctx.open("", { prepare });
  await planned(page);
  await page.click("button[aria-label='Use dark colours']");
  await page.waitForSelector("button[aria-label='Use light colours']");
  await page.close();
}

export async function run(ctx) {
  await turns(ctx);
  await withoutStorage(ctx);
}
