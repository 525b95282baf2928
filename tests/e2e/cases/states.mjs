import { complete, planned } from "../lib/plan.mjs";

export const name = "axe finds nothing in any state of the page, in both themes, wide and narrow";
export const limitMs = 240_000;

const SMALL = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";
const settled = () => new Promise((resolve) => setTimeout(resolve, 500));
const press = (page, selector) => page.$eval(selector, (element) => element.click());

/** Everything that folds is open. */
async function unfolded(page) {
  await planned(page);
  await page.$$eval("details", (all) => all.forEach((fold) => (fold.open = true)));
  await complete(page);
  await settled();
}

async function explained(page) {
  await planned(page);
  await press(page, "[data-figure=step_time] button");
  await press(page, ".chip-more");
}

async function compared(page) {
  await page.waitForFunction(() => document.getElementById("app")?.dataset.answered === "true", { timeout: 30_000 });
  await page.waitForSelector(".compare-table [data-row=cost]");
}

async function searched(page) {
  await planned(page);
  await page.click("#in-m", { count: 3 });
  await page.keyboard.press("Backspace");
  await page.type("#in-m", "qwen");
  await page.waitForSelector("[role=listbox]", { visible: true });
}

/** The states: their link, what brings the page into them, and whether they are looked at on a phone too. */
const STATES = {
  "everything open": ["1;m=meta-llama/Llama-3.1-8B;t=200B;b=512;n=64;fd=30d;fb=100000", unfolded, true],
  "a number and the layout opened": [SMALL, explained, true],
  "two plans side by side": [`+${SMALL}+${SMALL};g=b200`, compared, true],
  "nothing fits": ["1;n=8", () => settled(), true],
  "no layout is legal": [`${SMALL};tp=3`, () => settled(), false],
  "inputs that cannot be read": ["1;n=many;b=x;nic=3;m=no/such-model", () => settled(), false],
  "a link that cannot be read": ["9;n=64", () => settled(), false],
  "a model searched for": [SMALL, searched, false],
  "a model by its numbers": ["1;m=custom;ml=32;mh=4096;ma=32;mf=11008;mv=32000;n=64", planned, false],
};

export async function run(ctx) {
  const wrong = [];
  for (const [state, [link, reach, narrow]] of Object.entries(STATES)) {
    for (const dark of [false, true]) {
      for (const width of narrow ? [1280, 360] : [1280]) {
        const page = await ctx.open(`#${link}`, { dark, width });
        await reach(page);
        await ctx.axe(page).catch((error) => wrong.push(`${state}, ${dark ? "dark" : "light"}, ${width} px: ${error.message}`));
        await page.close();
      }
    }
  }
  ctx.assert.deepEqual(wrong, []);
}
