// How long the searches for where to train and where to serve take on the page.

/** Every offer, counts from 8 to 16,384. */
export const TRAIN = "#1;m=meta-llama/Llama-3.1-70B;t=15T;b=1024;s=8192;n=1024";
/** Every offer, every layout of up to 64 accelerators, the usual formats, every load. */
export const SERVE = {
  "Llama-3.3-70B": "#1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=20/s",
  "DeepSeek-R1": "#1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=20/s",
};
/** The visitor reads the plan for so long before opening the section. */
const READ_MS = 2500;

/**
 * Milliseconds from the click that opens the section to the frame with the first rows of the frontier and to the one
 * with the complete frontier, and the longest that the page was deaf in between.
 */
export async function fleetTimes(browser, url, link = TRAIN) {
  const session = await browser.createBrowserContext();
  const page = await session.newPage();
  await page.goto(url + link, { waitUntil: "load" });
  await page.waitForFunction(() => document.getElementById("app")?.dataset.answered === "true");
  await new Promise((resolve) => setTimeout(resolve, READ_MS));
  const times = await page.evaluate(
    () =>
      new Promise((resolve) => {
        let first = 0;
        let deaf = 0;
        let last = performance.now();
        // A task that comes as soon as the page is free: what it waits is how long a key would wait.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          const now = performance.now();
          deaf = Math.max(deaf, now - last);
          last = now;
          setTimeout(() => port2.postMessage(0), 5);
        };
        const start = performance.now();
        const look = () => {
          const now = performance.now() - start;
          const fleet = document.getElementById("fleet");
          const rows = fleet.querySelector("table tbody")?.rows.length ?? 0;
          if (first === 0 && rows > 0) first = now;
          if (!/Complete: /.test(fleet.textContent)) return requestAnimationFrame(look);
          port1.close();
          return resolve({ first, complete: now, deaf, rows });
        };
        document.querySelector("#fleet summary").click();
        last = performance.now();
        port2.postMessage(0);
        requestAnimationFrame(look);
      }),
  );
  await session.close();
  return times;
}
