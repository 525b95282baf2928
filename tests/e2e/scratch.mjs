import { launch } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";
const server = await serve(process.argv[2], "/x/", { "access-control-allow-origin": "*" });
const browser = await launch();
const page = await browser.newPage();
const plans = ["1", "1;m=deepseek-ai/DeepSeek-V3;g=h800;n=2048;b=15360;s=4096;t=14.8T;p=fp8", "1;m=Qwen/Qwen3-30B-A3B;n=64;b=512;s=8192;t=1T", "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s"];
for (const width of [180, 320, 360, 700]) for (const [i, plan] of plans.entries()) for (const inter of ["", "&interactive"]) {
  await page.setViewport({ width, height: 460 });
  await page.goto(`${server.url}embed.html?view=card${inter}#${plan}`);
  await page.reload();
  await page.waitForSelector(".title");
  const [h, w] = await page.evaluate(() => [document.getElementById("plan").getBoundingClientRect().height, document.documentElement.scrollWidth]);
  console.log(width, i, inter, h, w > width ? `WIDE ${w}` : "");
}
for (const width of [180, 200]) for (const view of ["memory", "time", "cost", "compact", "wide"]) for (const plan of plans) {
  await page.setViewport({ width, height: 460 });
  await page.goto(`${server.url}embed.html?view=${view}#${plan}`);
  await page.reload();
  await page.waitForSelector(".title");
  const w = await page.evaluate(() => document.documentElement.scrollWidth);
  if (w > width) console.log(width, view, plan, "WIDE", w);
}
await page.setViewport({ width: 180, height: 900 });
await page.goto(`${server.url}embed.html?view=wide#${plans[1]}`); await page.reload(); await page.waitForSelector(".title");
await page.screenshot({ path: "/tmp/narrow.png", fullPage: true });
await browser.close(); server.close();
