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

/** Replaces what an input holds. */
export async function retype(page, selector, text) {
  await page.click(selector, { count: 3 });
  await page.keyboard.press("Backspace");
  await page.type(selector, text);
}

export const value = (page, selector) => page.$eval(selector, (input) => input.value);
export const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
export const fragment = (page) => page.evaluate(() => decodeURIComponent(location.hash.slice(1)));
export const figure = (page, id) => text(page, `[data-figure=${id}] button`);
