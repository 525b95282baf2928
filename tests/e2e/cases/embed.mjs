import { host, page as somebody } from "../lib/host.mjs";
import { serve } from "../lib/server.mjs";

export const name = "the embedded plan: a frame that may run scripts and nothing else";
export const limitMs = 180_000;

const OPEN = { "access-control-allow-origin": "*" };
const VIEWS = ["card", "memory", "time", "cost", "compact", "wide"];
const SERVED = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

/** A page with one frame that keeps every message it gets, and fits the frame to the height it is told. */
function framed(source, sandbox = "allow-scripts") {
  const script = `<script>
    window.told = [];
    addEventListener("message", ({ data, source }) => {
      const frame = document.querySelector("iframe");
      if (source !== frame.contentWindow) return;
      told.push(data);
      if (data.type === "autoparallel:height") frame.style.height = data.height_px + "px";
    });
    window.say = (message) => document.querySelector("iframe").contentWindow.postMessage(message, "*");
  </script>`;
  const style = "<style>iframe{width:100%;border:0}</style>";
  const frame = `<iframe title="A plan" sandbox="${sandbox}" src="${source}"></iframe>`;
  return somebody(`<p>Text before.</p>${frame}<p>Text after.</p>`, style + script);
}

async function inside(page) {
  await page.waitForFunction(() => window.told?.some(({ type }) => type === "autoparallel:ready"), { timeout: 30_000 });
  return page.frames().find((frame) => frame.url().includes("embed.html"));
}

const title = (frame) => frame.$eval(".title", (heading) => heading.textContent);

async function untilTitle(frame, pattern) {
  const matches = (source) => new RegExp(source).test(document.querySelector(".title")?.textContent ?? "");
  await frame.waitForFunction(matches, { timeout: 20_000 }, pattern.source);
}

async function withFrame(ctx, site, query, check, options = {}) {
  const { sandbox, ...screen } = options;
  const other = await host({ "/": framed(`${site.url}embed.html${query}`, sandbox) });
  try {
    const page = await ctx.open("", { at: other.url, allow: [site.url], ready: false, ...screen });
    await check(page, await inside(page));
    await page.close();
  } finally {
    other.close();
  }
}

/** The plan stands in the frame, which has no origin, and the frame is as high as it. */
async function shown(ctx, page, frame) {
  ctx.assert.match(await title(frame), /Llama-3\.1-405B .* 64/);
  const figures = await frame.$$eval(".figure .value", (all) => all.map((value) => value.textContent));
  ctx.assert.ok(figures.length >= 5 && figures.every((text) => /\d/.test(text)), String(figures));
  ctx.assert.equal(await frame.evaluate(() => window.origin), "null");
  await page.waitForFunction(() => {
    const { height_px: told } = window.told.filter(({ type }) => type.endsWith(":height")).at(-1) ?? {};
    return told > 100 && document.querySelector("iframe").clientHeight === told;
  });
  const scrolls = await frame.evaluate(() => {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
    return [scrollWidth > clientWidth, scrollHeight > clientHeight];
  });
  ctx.assert.deepEqual(scrolls, [false, false], "nothing of it is cut off");
}

async function hears(ctx, page, frame) {
  const before = await title(frame);
  const bad = [
    null,
    "autoparallel:plan",
    { type: "autoparallel:plan" },
    { type: "autoparallel:plan", link: 8 },
    { type: "autoparallel:plan", link: "1;n=".padEnd(20_000, "8") },
    { type: "autoparallel:theme", theme: "blue" },
    { type: "autoparallel:view", view: "constructor" },
    { type: "autoparallel:constructor" },
    { type: "autoparallel:__proto__", link: "1;n=8" },
    { type: "plan", link: "1;n=8" },
    { type: ["autoparallel:plan"], link: "1;n=8" },
  ];
  for (const message of bad) await page.evaluate((it) => window.say(it), message);
  // A neighbour of the frame is not its parent.
  await page.evaluate(() => {
    const neighbour = document.createElement("iframe");
    neighbour.srcdoc = "<script>parent.frames[0].postMessage({ type: 'autoparallel:plan', link: '1;n=8' }, '*')</script>";
    return new Promise((resolve) => {
      neighbour.onload = () => resolve(neighbour.remove());
      document.body.append(neighbour);
    });
  });
  await page.evaluate(() => window.say({ type: "autoparallel:theme", theme: "dark" }));
  await frame.waitForSelector(".plan[data-theme=dark]");
  ctx.assert.equal(await title(frame), before, "what is no message changes nothing");
  // A stack of one's own comes with the link.
  await page.evaluate(() => window.say({ type: "autoparallel:plan", link: "1;n=64;ko=matmul:0.4,-zero3" }));
  await untilTitle(frame, /with your stack \(Megatron-Core with matmul 0\.4, without ZeRO stage 3\)/);
  await page.evaluate(() => window.say({ type: "autoparallel:plan", link: "1;m=meta-llama/Llama-2-7b-hf;n=16" }));
  await untilTitle(frame, /Llama-2-7b.* 16/);
  await page.evaluate(() => window.say({ type: "autoparallel:view", view: "memory" }));
  await frame.waitForSelector("table");
  await page.evaluate(() => window.say({ type: "autoparallel:interactive", interactive: true }));
  await frame.waitForSelector("#ap-cluster-accelerators");
}

/** With the keyboard alone: another count, a number opened, the page asked for. */
async function typed(ctx, page, frame) {
  await page.evaluate(() => window.say({ type: "autoparallel:view", view: "card" }));
  await frame.focus("#ap-cluster-accelerators");
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("many");
  await frame.waitForSelector("#ap-cluster-accelerators[aria-invalid]");
  await ctx.axe(frame);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("32");
  await untilTitle(frame, /Llama-2-7b.* 32/);
  await page.waitForFunction(() =>
    window.told.some(({ type, link }) => type === "autoparallel:change" && /n=32/.test(link)),
  );
  await frame.focus(".figure summary");
  await page.keyboard.press("Enter");
  await frame.waitForSelector(".figure[open] dd");
  await frame.focus(".out a");
  await page.keyboard.press("Enter");
  await frame.waitForSelector(".out input");
  await page.waitForFunction(() => window.told.some(({ type }) => type === "autoparallel:open"));
  const asked = await page.evaluate(() => window.told.find(({ type }) => type === "autoparallel:open")?.url);
  ctx.assert.ok(asked.endsWith("#1;m=meta-llama/Llama-2-7b-hf;n=32"), asked);
  ctx.assert.equal(await frame.$eval(".out input", (box) => box.value), asked);
}

/** A model in service: its figures, its latencies by part, its money; other traffic and machines by the form. */
async function serves(ctx, page, frame) {
  ctx.assert.match(await title(frame), /Llama-3\.3-70B-Instruct.*H200 SXM with vLLM/);
  const figures = await frame.$$eval(".figure .name", (all) => all.map((name) => name.textContent));
  ctx.assert.match(figures.join(), /First token.*Each further token.*Answers.*Accelerators.*1M answer tokens/);
  await page.evaluate(() => window.say({ type: "autoparallel:view", view: "latency" }));
  await frame.waitForSelector(".plan.latency table");
  const parts = await frame.$$eval(".part", (all) => all.map((part) => part.textContent));
  ctx.assert.match(parts.join(), /One token of every answer.*One prompt read/);
  await page.evaluate(() => window.say({ type: "autoparallel:view", view: "cost" }));
  await frame.waitForSelector(".plan.cost");
  ctx.assert.match(await frame.$eval(".figures", (own) => own.textContent), /1M answer tokens.*1M prompt tokens.*A month/);
  await page.evaluate(() => window.say({ type: "autoparallel:interactive", interactive: true }));
  await frame.waitForSelector("#ap-serving-requests-per-s");
  const link = () => page.evaluate(() => window.told.filter(({ type }) => type === "autoparallel:change").at(-1)?.link);
  await frame.focus("#ap-serving-requests-per-s");
  for (const key of ["End", ..."0"]) await page.keyboard.press(key);
  await page.waitForFunction(() => window.told.some(({ link }) => /sr=100\/s/.test(link ?? "")));
  await frame.select("#ap-accelerator", "b200");
  await untilTitle(frame, /B200/);
  ctx.assert.match(await link(), /sg=b200.*sr=100\/s/);
  await ctx.axe(frame);
  // From service to training and back: the form is that of what is shown.
  await page.evaluate(() => window.say({ type: "autoparallel:plan", link: "1;n=64" }));
  await frame.waitForSelector("#ap-cluster-accelerators");
  ctx.assert.equal(await frame.$("#ap-serving-requests-per-s"), null);
  await page.evaluate((it) => window.say({ type: "autoparallel:plan", link: `${it};st=1ms` }), SERVED);
  await frame.waitForSelector(".bad");
  ctx.assert.match(await frame.$eval(".bad", (text) => text.textContent), /within 1.*ms/);
  await ctx.axe(frame);
}

async function everyView(ctx, site) {
  const trained = "1;m=deepseek-ai/DeepSeek-V3;g=h800;n=2048;b=15360;s=4096;t=14.8T;p=fp8";
  for (const [name, plan] of [
    ["embed", trained],
    ["embed-serve", SERVED],
  ]) {
    await inEveryView(ctx, site, name, plan);
  }
}

async function inEveryView(ctx, site, name, plan) {
  for (const dark of [false, true]) {
    for (const width of [360, 1000]) {
      const query = `?view=card&interactive#${plan}`;
      const check = async (page, frame) => {
        for (const view of VIEWS) {
          await page.evaluate((it) => window.say({ type: "autoparallel:view", view: it }), view);
          await frame.waitForSelector(`.plan.${view}`);
          await ctx.axe(frame);
          const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          ctx.assert.ok(wide <= 0, `${view} is ${wide} px too wide at ${width} px`);
          await ctx.shot(page, `${name}-${view}-${width}-${dark ? "dark" : "light"}`, { fullPage: true });
        }
      };
      await withFrame(ctx, site, query, check, { dark, width });
    }
  }
}

export async function run(ctx) {
  // Hosts that let every origin read, and hosts that do not: there the module comes as a script.
  ctx.expectProblem(/blocked by CORS policy|autoparallel\.wasm.*net::ERR_FAILED|net::ERR_FAILED$/);
  // axe makes a style of its own, which the policy refuses.
  ctx.expectProblem(/style-src.*sha256-BbR6NNG7pk5XoTTn9\/Z83dAWtfB0EcMQEpcISMb1pX4=/);
  // Frames without `allow-popups` say so.
  ctx.expectProblem(/Blocked opening .* sandboxed|allow-popups/);
  const open = await serve(ctx.dist, "/docs/tool/", OPEN);
  try {
    for (const site of [open, { url: ctx.url }]) {
      await withFrame(ctx, site, "#1;n=64;g=b200", (page, frame) => shown(ctx, page, frame));
    }
    await withFrame(ctx, open, "?theme=light#1;n=64;g=b200", async (page, frame) => {
      await hears(ctx, page, frame);
      await typed(ctx, page, frame);
    });
    await withFrame(ctx, open, `#${SERVED}`, (page, frame) => serves(ctx, page, frame));
    await withFrame(ctx, open, "#1;n=8", async (page, frame) => {
      ctx.assert.match(await frame.$eval(".bad", (text) => text.textContent), /smallest layout/);
      await ctx.axe(frame);
    });
    await withFrame(ctx, open, "#2;n=8", async (page, frame) => {
      ctx.assert.match(await frame.$eval(".bad", (text) => text.textContent), /version 2/);
      await ctx.axe(frame);
    });
    const popups = "allow-scripts allow-popups allow-popups-to-escape-sandbox";
    const leave = async (page, frame) => {
      const opened = new Promise((resolve) => ctx.session.once("targetcreated", resolve));
      await frame.click(".out a");
      const target = await opened;
      ctx.assert.ok(/#1;g=b200;n=64$/.test(target.url()) || target.url() === "", target.url());
      await (await target.page())?.close();
    };
    await withFrame(ctx, open, "#1;n=64;g=b200", leave, { sandbox: popups });
    await everyView(ctx, open);
  } finally {
    open.close();
  }
}
