export const name = "the page starts, its worker answers, in light and in dark, wide and narrow";

export async function run(ctx) {
  for (const dark of [false, true]) {
    for (const width of [1280, 360]) {
      const page = await ctx.open("", { width, dark });
      await page.waitForSelector("[data-worker=ready]", { timeout: 10_000 });
      await ctx.axe(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      ctx.assert.ok(wide <= width, `the page is ${wide} px wide on a screen of ${width} px`);
      await ctx.shot(page, `start-${width}-${dark ? "dark" : "light"}`);
      await page.close();
    }
  }
}
