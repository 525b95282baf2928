import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { host, page as somebody } from "../lib/host.mjs";
import { serve } from "../lib/server.mjs";

export const name = "the custom element: its parts come when it is seen, and it fits the page around it";
export const limitMs = 240_000;

const PLAN = "1;m=Qwen/Qwen3-30B-A3B;n=64;b=512;s=8192;t=1T";
const SCRIPT_BYTES_MAX = 5 * 1024;

const policy = (site) => {
  const { origin } = new URL(site.url);
  return { "content-security-policy": `default-src 'none'; script-src ${origin} 'wasm-unsafe-eval'; connect-src ${origin}` };
};

const tag = (attributes, inside = "") => `<auto-parallel ${attributes}>${inside}</auto-parallel>`;

async function withPage(ctx, site, { body, head = "", headers, ...screen }, check) {
  const script = `<script defer src="${site.url}element.js"></script>`;
  const other = await host({ "/": somebody(body, script + head) }, headers);
  try {
    const page = await ctx.open("", { at: other.url, allow: [site.url], ready: false, ...screen });
    await check(page);
    await page.close();
  } finally {
    other.close();
  }
}

/** Waits until the element shows a plan, and gives what stands in it. */
async function shown(page, selector = "auto-parallel") {
  await page.waitForFunction((it) => document.querySelector(it)?.shadowRoot?.querySelector(".title"), { timeout: 30_000 }, selector);
  return page.$eval(selector, (element) => element.shadowRoot.querySelector(".body").textContent);
}

async function lazy(ctx, site) {
  const bytes = statSync(join(ctx.dist, "element.js")).size;
  ctx.assert.ok(bytes <= SCRIPT_BYTES_MAX, `element.js has ${bytes} bytes`);
  const asked = [];
  const note = (page) => page.on("request", (request) => request.url().startsWith(site.url) && asked.push(request.url()));
  const far = '<p style="height:4000px">Much text.</p>';
  const inside = '<a href="https://example.org/plan">A plan for 64 H100</a>';
  await withPage(ctx, site, { body: far + tag(`plan="${PLAN}"`, inside), prepare: note }, async (page) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    ctx.assert.deepEqual(asked, [`${site.url}element.js`], "nothing else before it is in view");
    ctx.assert.equal(await page.$eval("auto-parallel a", (link) => link.getBoundingClientRect().height > 0), true);
    const took = await page.evaluate(async () => {
      const element = document.querySelector("auto-parallel");
      element.scrollIntoView({ behavior: "instant" });
      const start = performance.now();
      while (!element.shadowRoot.querySelector(".figure")) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return performance.now() - start;
    });
    // Told, not judged: it is the machine's load as much as the element's work.
    console.log(`  first paint of the element ${took.toFixed(0)} ms after it came into view`);
    const once = asked.filter((url) => url.endsWith(".wasm"));
    ctx.assert.equal(once.length, 1, String(asked));
    ctx.assert.match(await shown(page), /Qwen3-30B-A3B.*64.*H100/);
  });
}

/** A model in service, and its latencies by part. */
async function serves(ctx, site) {
  const plan = "1;m=Qwen/Qwen3-8B;do=serve;sr=2/s";
  const body = tag(`plan="${plan}" interactive`) + "<p></p>" + tag(`plan="${plan}" view="latency"`);
  await withPage(ctx, site, { body, headers: policy(site) }, async (page) => {
    ctx.assert.match(await shown(page), /First token.*Each further token/s);
    const other = "auto-parallel:nth-of-type(2)";
    await page.$eval(other, (element) => element.scrollIntoView());
    ctx.assert.match(await shown(page, other), /One token of every answer.*One prompt read/s);
    await page.evaluate(() => {
      const element = document.querySelector("auto-parallel");
      element.addEventListener("change", ({ detail }) => (window.changed = detail.link));
      element.shadowRoot.querySelector("#ap-serving-answer-tokens").select();
      element.shadowRoot.querySelector("#ap-serving-answer-tokens").focus();
    });
    await page.keyboard.type("1k");
    await page.waitForFunction(() => /so=(1000|1k)/.test(window.changed ?? ""));
    await ctx.axe(page);
  });
}

async function interactive(ctx, site) {
  const body = tag(`plan="${PLAN}" view="card" interactive app="https://example.org/tool/"`);
  await withPage(ctx, site, { body, headers: policy(site) }, async (page) => {
    await shown(page);
    await page.evaluate(() => {
      const element = document.querySelector("auto-parallel");
      element.addEventListener("change", ({ detail }) => (window.changed = detail.link));
      element.shadowRoot.querySelector("#ap-cluster-accelerators").select();
      element.shadowRoot.querySelector("#ap-cluster-accelerators").focus();
    });
    await page.keyboard.type("4x8");
    await page.waitForFunction(() => /n=32/.test(window.changed ?? ""));
    ctx.assert.match(await shown(page), /32.*H100/);
    const out = await page.$eval("auto-parallel", (element) => element.shadowRoot.querySelector(".out a").href);
    ctx.assert.match(out, /^https:\/\/example\.org\/tool\/#1;m=.*n=32/);
    const link = await page.$eval("auto-parallel", (element) => element.link);
    ctx.assert.ok(out.endsWith(link), link);
    // The author's own change of the plan counts more than what the reader typed.
    await page.$eval("auto-parallel", (element) => element.setAttribute("plan", "1;m=meta-llama/Llama-2-7b-hf;n=8"));
    ctx.assert.match(await shown(page), /Llama-2-7b.*on 8/);
    await page.$eval("auto-parallel", (element) => {
      const place = element.parentElement;
      element.remove();
      place.append(element);
    });
    ctx.assert.match(await shown(page), /Llama-2-7b/);
  });
}

async function everyView(ctx, site) {
  const views = ["card", "memory", "time", "cost", "compact", "wide"];
  const body = views.map((view) => tag(`plan="${PLAN}" view="${view}" ${view === "wide" ? "interactive" : ""}`)).join("<p></p>");
  const style = "<style>body{margin:0}main{padding:8px}.dark{background:#111;color:#eee}</style>";
  for (const width of [200, 360, 1100]) {
    await withPage(ctx, site, { body, head: style, width }, async (page) => {
      // All come into view in turn.
      for (let i = 1; i <= views.length; i += 1) {
        const selector = `auto-parallel:nth-of-type(${i})`;
        await page.$eval(selector, (element) => element.scrollIntoView());
        await shown(page, selector);
      }
      for (const theme of ["light", "dark"]) {
        await page.evaluate((dark) => document.body.classList.toggle("dark", dark), theme === "dark");
        const all = (wanted) =>
          [...document.querySelectorAll("auto-parallel")].every(
            ({ shadowRoot }) => shadowRoot.querySelector(".plan").dataset.theme === wanted,
          );
        await page.waitForFunction(all, {}, theme);
        await ctx.axe(page);
        await ctx.shot(page, `element-${width}-${theme}`, { fullPage: true });
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      ctx.assert.ok(wide <= width, `${wide} px wide on a screen of ${width} px`);
    });
  }
}

/** The package's module answers in a worker as well. */
async function worked(ctx, site) {
  const folder = readdirSync(ctx.dist).find((name) => name.startsWith("js-"));
  const module = `${site.url}${folder}/autoparallel.js`;
  await withPage(ctx, site, { body: "<p>A worker</p>" }, async (page) => {
    const text = await page.evaluate((address) => {
      const code = `import { init, best_config } from ${JSON.stringify(address)};
        await init();
        postMessage(best_config({ cluster: { accelerators: 1024 } }).layout.text);`;
      const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    }, module);
    ctx.assert.match(text, /TP.\d+ · PP.\d+/);
  });
}

/** However the script comes, it finds what lies beside it. */
async function everyWay(ctx, site) {
  const address = `${site.url}element.js`;
  const earlier = `<script src="${site.url}boot-elements.js"></script>`;
  const ways = [
    `<script type="module" src="${address}?v=2"></script>`,
    `<script type="module">import("${address}?v=3")</script>`,
    `<script type="module">import "${address}";</script>`,
    `${earlier}<script>const own = document.createElement("script"); own.src = "${address}"; document.head.append(own)</script>`,
  ];
  ctx.expectProblem(/boot-elements|MIME type|status 404.*boot-elements|status of 404/);
  for (const way of ways) {
    const asked = site.asked.length;
    const other = await host({ "/": somebody(tag(`plan="${PLAN}"`), way) });
    try {
      const page = await ctx.open("", { at: other.url, allow: [site.url], ready: false });
      ctx.assert.match(await shown(page), /Qwen3-30B-A3B/, way);
      await page.close();
    } finally {
      other.close();
    }
    const paths = site.asked.slice(asked).filter((path) => !/boot-elements/.test(path));
    const strange = paths.filter((path) => !/\/tool\/(element\.js|js-[0-9a-f]{16}\/)/.test(path));
    ctx.assert.deepEqual(strange, [], way);
  }
}

/** What is known before anything is loaded follows the attributes; an empty plan is no plan. */
async function waiting(ctx, site) {
  const space = '<div style="height:4000px"></div>';
  const body = `${space}${tag(`plan="${PLAN}"`)}${tag('plan=""')}${tag("", "Words of the author")}`;
  await withPage(ctx, site, { body }, async (page) => {
    const text = (i) =>
      page.$eval(`auto-parallel:nth-of-type(${i})`, ({ shadowRoot }) => shadowRoot.textContent.trim());
    ctx.assert.match(await text(1), /Qwen3-30B-A3B/);
    await page.$eval("auto-parallel", (element) => element.setAttribute("plan", "1;n=8"));
    ctx.assert.equal(await text(1), "Parallel plan 1;n=8");
    await page.$eval("auto-parallel:nth-of-type(3)", (element) => element.scrollIntoView());
    ctx.assert.match(await text(2), /no plan given/);
    ctx.assert.match(await text(3), /no plan given/);
    ctx.assert.equal(await page.$eval("auto-parallel:nth-of-type(3)", (element) => element.innerText), "Words of the author");
    await page.$eval("auto-parallel:nth-of-type(2)", (element, plan) => element.setAttribute("plan", plan), PLAN);
    ctx.assert.match(await shown(page, "auto-parallel:nth-of-type(2)"), /Qwen3-30B-A3B/);
    ctx.assert.match(await text(3), /no plan given/);
  });
}

/** In another element's shadow, and put elsewhere in the page: the reader's change is told and stays. */
async function moved(ctx, site) {
  const body = `<div id="one"></div><div id="two"></div>`;
  await withPage(ctx, site, { body }, async (page) => {
    await page.evaluate((plan) => {
      const shadow = document.querySelector("#one").attachShadow({ mode: "open" });
      shadow.innerHTML = `<auto-parallel plan="${plan}" interactive></auto-parallel>`;
      window.own = shadow.firstElementChild;
      document.addEventListener("change", (event) => (window.heard = event.detail?.link));
    }, PLAN);
    await page.waitForFunction(() => window.own.shadowRoot.querySelector("#ap-cluster-accelerators"), { timeout: 30_000 });
    await page.evaluate(() => {
      const input = window.own.shadowRoot.querySelector("#ap-cluster-accelerators");
      input.value = "32";
      input.dispatchEvent(new Event("input"));
    });
    ctx.assert.match(await page.evaluate(() => window.heard ?? ""), /n=32/);
    await page.evaluate(() => window.own.remove());
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    await page.evaluate(() => document.querySelector("#two").append(window.own));
    ctx.assert.match(await shown(page, "#two auto-parallel"), /32.*H100/);
    ctx.assert.match(await page.evaluate(() => window.own.link), /n=32/);
    await page.evaluate(() => (document.body.style.background = "#000"));
    await page.waitForFunction(() => window.own.shadowRoot.querySelector(".plan").dataset.theme === "dark");
  });
}

/** A link that promised something else, one with parts that cannot be read, and a comparison. */
async function told(ctx, site) {
  const promised = "1;m=meta-llama/Llama-2-7b-hf;n=8;r=0.0.1-abc,1.5s,40GB";
  const body =
    tag(`plan="${promised}"`) + tag(`plan="1;m=meta-llama/Llama-2-7b-hf;n=8;nonsense"`) + tag('plan="+1;n=64+1;n=128"');
  await withPage(ctx, site, { body, width: 1000 }, async (page) => {
    ctx.assert.match(await shown(page), /model has changed.*model 0\.0\.1-abc: 1\.50.s.*Now, model /s);
    await page.$eval("auto-parallel:nth-of-type(2)", (element) => element.scrollIntoView());
    ctx.assert.match(await shown(page, "auto-parallel:nth-of-type(2)"), /Llama-2-7b.*could not be read: "nonsense"/s);
    await page.$eval("auto-parallel:nth-of-type(3)", (element) => element.scrollIntoView());
    ctx.assert.match(await shown(page, "auto-parallel:nth-of-type(3)"), /comparison of 2 plans/);
    await ctx.axe(page);
    await ctx.shot(page, "element-told", { fullPage: true });
  });
}

/** A fault of the module ends one drawing, not those that follow. */
async function faulty(ctx, site) {
  const folder = readdirSync(ctx.dist).find((name) => name.startsWith("js-"));
  await withPage(ctx, site, { body: tag(`plan="${PLAN}"`) }, async (page) => {
    await shown(page);
    await page.evaluate(async (address) => {
      const { memory } = await (await import(address)).default();
      new Uint8Array(memory.buffer).fill(0xff);
    }, `${site.url}${folder}/glue.js`);
    const draw = (plan) => page.$eval("auto-parallel", (element, it) => element.setAttribute("plan", it), plan);
    await draw("1;m=meta-llama/Llama-2-7b-hf;n=8");
    ctx.assert.match(await shown(page), /The calculator failed/);
    await draw("1;m=meta-llama/Llama-2-7b-hf;n=16");
    ctx.assert.match(await shown(page), /Llama-2-7b|TP|ZeRO/);
    ctx.assert.doesNotMatch(await shown(page), /failed/);
  });
}

/** Another module than the one that was built is not run. */
async function alteredModule(ctx, site) {
  ctx.expectProblem(/integrity|digest/i);
  const wasm = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const other = await host({ "/": somebody(tag(`plan="${PLAN}"`), `<script src="${site.url}element.js"></script>`) });
  try {
    const page = await ctx.open("", {
      at: other.url,
      allow: [site.url],
      ready: false,
      mock: { "*autoparallel.wasm": { contentType: "application/wasm", body: wasm } },
    });
    await page.waitForFunction(() => /could not be loaded/.test(document.querySelector("auto-parallel").shadowRoot?.textContent));
    await page.close();
  } finally {
    other.close();
  }
}

async function failing(ctx, site) {
  ctx.expectProblem(/autoparallel\.wasm|ERR_FAILED/);
  const body = tag(`plan="${PLAN}"`, "A plan for 64 H100");
  await withPage(ctx, site, { body, block: "*.wasm" }, async (page) => {
    await page.waitForFunction(() => /could not be loaded/.test(document.querySelector("auto-parallel").shadowRoot.textContent));
    ctx.assert.ok(await page.$eval("auto-parallel", (element) => element.offsetHeight > 10));
    await ctx.axe(page);
  });
  const wrong = tag('plan="9;what"') + tag('plan="1;g=nothing-such;n=64"');
  await withPage(ctx, site, { body: wrong }, async (page) => {
    await page.waitForFunction(() =>
      [...document.querySelectorAll("auto-parallel")].every(({ shadowRoot }) => shadowRoot.querySelector(".bad")),
    );
    await ctx.axe(page);
  });
}

export async function run(ctx) {
  const site = await serve(ctx.dist, "/tool/", { "access-control-allow-origin": "*" });
  try {
    await lazy(ctx, site);
    await interactive(ctx, site);
    await serves(ctx, site);
    await everyView(ctx, site);
    await everyWay(ctx, site);
    await waiting(ctx, site);
    await moved(ctx, site);
    await told(ctx, site);
    await faulty(ctx, site);
    await alteredModule(ctx, site);
    await worked(ctx, site);
    await failing(ctx, site);
  } finally {
    site.close();
  }
}
