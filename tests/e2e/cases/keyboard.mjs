import { fragment, planned, value } from "../lib/plan.mjs";

export const name = "the search of models works by keyboard alone, as the ARIA pattern asks";

export async function run(ctx) {
  const page = await ctx.open();
  await planned(page);
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.id === "in-m");
  const box = (name) => page.$eval("#in-m", (input, name) => input.getAttribute(name), name);
  ctx.assert.equal(await box("aria-expanded"), "false");

  await page.keyboard.type("qwen3 30b");
  await page.waitForSelector("#in-m-list:not([hidden]) [role=option]");
  ctx.assert.equal(await box("aria-expanded"), "true");
  const active = await box("aria-activedescendant");
  const option = await page.$eval(`#${active}`, (row) => row.textContent);
  ctx.assert.match(option, /Qwen3-30B/);
  await ctx.axe(page);
  await page.keyboard.press("Escape");
  ctx.assert.equal(await box("aria-expanded"), "false");
  ctx.assert.match(await value(page, "#in-m"), /Llama-3.1-405B/, "Esc changes nothing");

  await page.keyboard.press("ArrowDown");
  ctx.assert.equal(await box("aria-expanded"), "true");
  await page.keyboard.press("Escape");
  await page.keyboard.type("mixtral 8x22b");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("Mixtral-8x22B"));
  ctx.assert.match(await value(page, "#in-m"), /Mixtral-8x22B/);
  ctx.assert.match(await fragment(page), /m=\S*Mixtral-8x22B/);

  // Every control can be reached, and says what it is.
  await page.evaluate(() => document.activeElement.blur());
  const names = new Set();
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press("Tab");
    names.add(
      await page.evaluate(() => {
        const at = document.activeElement;
        return at.ariaLabel ?? (at.labels?.[0] ?? at).textContent.trim().slice(0, 40);
      }),
    );
  }
  for (const wanted of ["Skip to the plan", "Copy link", "Accelerator", "Global batch"]) {
    ctx.assert.ok(names.has(wanted), `${wanted} among ${[...names].join(" | ")}`);
  }
  ctx.assert.ok(!names.has(""), `a control without a name: ${[...names].join(" | ")}`);
}
