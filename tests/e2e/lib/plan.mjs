// What the cases ask of a page that shows a plan.

/** Waits until the plan shown is for the inputs as they are, no longer dimmed, and the page below it is made. */
export async function planned(page) {
  await page.waitForFunction(
    () => {
      const answer = document.getElementById("answer");
      const { answered, whole } = document.getElementById("app")?.dataset ?? {};
      return answered === "true" && whole === "true" && answer && !answer.classList.contains("stale");
    },
    { timeout: 30_000 },
  );
}

/**
 * Takes a link of the page to another plan, an element or the first of a selector, and waits until that is shown.
 * The browser turns to another fragment when it comes to it: until then the page is still whole for the old one.
 */
export async function follow(page, link) {
  await page.evaluate(() => {
    window.turned = new Promise((done) => addEventListener("hashchange", done, { once: true }));
  });
  const element = typeof link === "string" ? await page.$(link) : link;
  await element.evaluate((own) => own.click());
  await page.evaluate(() => window.turned);
  await planned(page);
}

/** Replaces what an input holds. */
export async function retype(page, selector, text) {
  await page.click(selector, { count: 3 });
  await page.keyboard.press("Backspace");
  await page.type(selector, text);
}

/** Waits until what stands there says so: what is tried again may be told twice, and is gone in between. */
export async function says(page, selector, pattern, timeout = 30_000) {
  await page.waitForFunction(
    (selector, source) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? ""),
    { timeout },
    selector,
    pattern.source,
  );
}

/** Waits until the section on every offer has searched all of them for the inputs as they are. */
export const complete = (page) => says(page, "#fleet", /Complete: /, 60_000);

export const value = (page, selector) => page.$eval(selector, (input) => input.value);
export const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
export const fragment = (page) => page.evaluate(() => decodeURIComponent(location.hash.slice(1)));
export const figure = (page, id) => text(page, `[data-figure=${id}] button`);
