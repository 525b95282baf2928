import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "../lib/server.mjs";
import { figure, planned, retype, text } from "../lib/plan.mjs";

export const name = "after one visit the page opens without a network; versions follow one another and never mix";
export const limitMs = 240_000;

const PLAN = "#1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";
const digest = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/** Makes the site in a folder another version: its loader, its page and its list of files. */
function renew(folder, version) {
  const boot = readdirSync(folder).find((file) => file.startsWith("boot-"));
  const name = `boot-${String(version).repeat(16)}.js`;
  const script = `${readFileSync(join(folder, boot), "utf8")}self.version = ${version};\n`;
  const before = digest(readFileSync(join(folder, boot)));
  renameSync(join(folder, boot), join(folder, name));
  writeFileSync(join(folder, name), script);
  const edit = (file, change) => {
    const path = join(folder, file);
    const old = readFileSync(path, "utf8");
    writeFileSync(path, change(old));
    return [digest(old), digest(readFileSync(path))];
  };
  const renamed = (words) => words.replaceAll(boot, name).replaceAll(before, digest(script));
  const [old, now] = edit("index.html", renamed);
  edit("keeper.js", (words) =>
    renamed(words).replace(old, now).replace(/VERSION = "\w+"/, `VERSION = "version${version}"`),
  );
}

/** Waits until a whole copy is kept. */
async function kept(page) {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 20));
  });
}

const version = (page) => page.evaluate(() => self.version ?? 1);

/** All that the page can do, from the copy alone. */
async function whole(ctx, page) {
  await planned(page);
  await retype(page, "#in-n", "16");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /on 16/);
  ctx.assert.match(await figure(page, "days"), /\d/);
  await page.$eval("#fleet summary", (summary) => summary.click());
  await page.waitForFunction(() => /offers, the newest of/.test(document.querySelector("#fleet").textContent), {
    timeout: 60_000,
  });
  await page.$eval(".trust button", (button) => button.click());
  await page.waitForSelector(".truth-summary", { timeout: 20_000 });
}

/** The page for frames, of a training run and of a model in service, and an element in it: from the copy alone. */
async function embedded(ctx, own) {
  const served = "1;m=Qwen/Qwen3-8B;do=serve;sr=2/s";
  for (const [address, title] of [
    ["embed.html?view=time#1;n=64", /Llama-3\.1-405B.* 64/],
    [`embed.html?view=latency#${served}`, /Qwen3-8B.*vLLM/],
  ]) {
    const page = await own.open("", { kept: true, ready: false, at: own.url + address });
    await page.waitForSelector(".plan table", { timeout: 20_000 });
    ctx.assert.match(await text(page, ".title"), title);
    await page.evaluate((plan) => {
      const script = document.createElement("script");
      script.src = "element.js";
      const element = document.createElement("auto-parallel");
      element.setAttribute("plan", plan);
      document.querySelector("main").prepend(element);
      document.head.append(script);
    }, served);
    const shown = () => document.querySelector("auto-parallel").shadowRoot?.querySelector(".title");
    await page.waitForFunction(shown, { timeout: 20_000 });
    await page.close();
  }
}

async function alone(ctx, own, server) {
  const page = await own.open(PLAN, { kept: true });
  await planned(page);
  await kept(page);
  server.close();
  await page.reload({ waitUntil: "load" });
  await whole(ctx, page);
  await ctx.shot(page, "offline");
  const other = await own.open("#1;m=Qwen/Qwen3-8B;n=64", { kept: true });
  await planned(other);
  await other.close();
  await embedded(ctx, own);
  return page;
}

/** A newer list that was asked for stays: for later visits, without the server, and where the server has an older one. */
async function prices(ctx, page, folder, restart) {
  const list = join(folder, "prices-v1.csv");
  const before = readFileSync(list);
  const say = async (said) => {
    await page.$eval("#fleet-anew-note", (note) => note.previousElementSibling.click());
    await page.waitForFunction(
      (source) => new RegExp(source).test(document.querySelector("#fleet-anew-note").textContent),
      { timeout: 30_000 },
      said,
    );
  };
  const opened = async (said) => {
    await page.$eval("#fleet:not(:has(details[open])) summary", (summary) => summary.click()).catch(() => {});
    await page.waitForFunction((words) => document.querySelector("#fleet").textContent.includes(words), { timeout: 60_000 }, said);
  };
  const head = "provider,region,instance,accelerator,count,demand,as_of";
  writeFileSync(list, `${head}\nacme,x,box,h100,8,16,2098-01-01\n`);
  // What the host has changed is not taken before it is asked for.
  await page.reload({ waitUntil: "load" });
  await planned(page);
  await opened("It is the list that this version was built with");
  await say("of 2098-01-01, and is in use now");
  await opened("Newer than the list");
  await restart.stop();
  await say("The server is not reachable. The list in use stays");
  await opened("Newer than the list");
  await page.reload({ waitUntil: "load" });
  await planned(page);
  await opened("the newest of 2098-01-01");
  writeFileSync(list, before);
  await restart.start();
  await say("is older, of 20[0-9-]+; the one in use stays");
}

async function updated(ctx, page) {
  // The version before is shown whole, then the newer one is offered.
  await page.goto(page.url().split("#")[0] + PLAN);
  await page.reload({ waitUntil: "load" });
  await planned(page);
  ctx.assert.equal(await version(page), 1);
  await page.waitForSelector(".newer button", { timeout: 30_000 });
  await ctx.axe(page);
  await ctx.shot(page, "newer");
  await retype(page, "#in-n", "32");
  await planned(page);
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click(".newer button")]);
  await planned(page);
  ctx.assert.equal(await version(page), 2);
  ctx.assert.equal(await page.$(".newer"), null);
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const boots = loaded.filter((name) => /boot-/.test(name));
  ctx.assert.ok(boots.length > 0 && boots.every((name) => name.includes("2".repeat(16))), boots.join());
}

/** A host that is half way through an update: the new list of files beside an old page. */
async function torn(ctx, own, page, folder) {
  const index = readFileSync(join(folder, "index.html"));
  renew(folder, 3);
  writeFileSync(join(folder, "index.html"), index);
  own.expectProblem(/integrity|digest|Failed to fetch/i);
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update().catch(() => {});
    const late = registration.installing ?? registration.waiting;
    while (late && !["redundant", "activated"].includes(late.state)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await page.reload({ waitUntil: "load" });
  await planned(page);
  ctx.assert.equal(await version(page), 2, "what does not fit together is not taken");
  ctx.assert.ok((await page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("autoparallel ")).length)) <= 3);
}

export async function run(ctx) {
  const folder = mkdtempSync(join(tmpdir(), "autoparallel-e2e-"));
  cpSync(ctx.dist, folder, { recursive: true });
  let server = await serve(folder);
  const own = new ctx.constructor({ ...ctx, url: server.url });
  own.expectProblem(/keeper\.js|ERR_CONNECTION_REFUSED|prices-v1\.csv net::ERR_FAILED|resource: net::ERR_FAILED/);
  try {
    const page = await alone(ctx, own, server);
    const restart = {
      stop: () => server.close(),
      start: async () => (server = await serve(folder, undefined, {}, Number(new URL(own.url).port))),
    };
    await restart.start();
    await prices(ctx, page, folder, restart);
    server.close();
    renew(folder, 2);
    server = await serve(folder, undefined, {}, Number(new URL(own.url).port));
    await updated(ctx, page);
    await torn(ctx, own, page, folder);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
    ctx.problems.push(...own.unexpectedProblems());
  }
}
