import { readFile } from "node:fs/promises";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { figure, fragment, planned, text } from "../lib/plan.mjs";

export const name = "a plan is taken away by keyboard: link, Markdown, frame, picture, table, data; a picture opens it";
export const limitMs = 180_000;

const PLAN = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T;c=2";
const SERVED = "1;m=Qwen/Qwen3-8B;do=serve;sr=4/s";

/** Keeps what the page puts on the clipboard, which headless browsers may refuse. */
async function listen(page, refuse = false) {
  await page.evaluate((refuse) => {
    window.copied = [];
    const writeText = async (words) => {
      if (refuse) throw new Error("refused");
      window.copied.push(words);
    };
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
  }, refuse);
}

async function press(page, way) {
  await page.focus(`[data-way="${way}"]`);
  await page.keyboard.press("Enter");
}

async function copied(page, way) {
  const before = await page.evaluate(() => window.copied.length);
  await press(page, way);
  await page.waitForFunction((n) => window.copied.length > n, {}, before);
  await page.waitForFunction(() => /Copied/.test(document.querySelector(".share [role=status]").textContent));
  return page.evaluate(() => window.copied.at(-1));
}

async function saved(page, folder, way, extension) {
  await press(page, way);
  await page.waitForFunction(
    (end) => document.querySelector(".share [role=status]").textContent.endsWith(`${end}.`),
    {},
    extension,
  );
  for (let i = 0; i < 100; i += 1) {
    const found = readdirSync(folder).find((file) => file.endsWith(`.${extension}`));
    if (found) return { name: found, bytes: await readFile(join(folder, found)) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no .${extension} was saved`);
}

async function texts(ctx, page) {
  const link = await copied(page, "Copy link");
  ctx.assert.ok(link.startsWith(`${ctx.url}#${PLAN};r=`), link);
  ctx.assert.ok(link.split("#")[1].length <= 200, link);
  const markdown = await copied(page, "Copy as Markdown");
  ctx.assert.match(markdown, /\| Layout \|/);
  ctx.assert.ok(markdown.includes(`[Open in AutoParallel](${link})`), markdown);
  const frame = await copied(page, "Copy HTML frame");
  ctx.assert.match(frame, /^<iframe src=".*embed\.html#1;m=.*sandbox="allow-scripts".*<\/iframe>$/);
  ctx.assert.ok(frame.includes(`src="${ctx.url}embed.html#`), frame);
  // On a phone the frame is as high as the plan in it.
  const [, source, high] = /src="([^"]*)".*height="(\d+)"/.exec(frame);
  for (const at of [source, source.replace(/#.*/, "#1")]) {
    const inside = await ctx.open("", { at, width: 360, height: Number(high), ready: false });
    await inside.waitForSelector(".title");
    const tall = await inside.evaluate(() => document.documentElement.scrollHeight);
    ctx.assert.ok(tall <= Number(high), `${tall} px of ${high}`);
    await inside.close();
  }
  // The link that was copied says nothing where nothing changed.
  const other = await ctx.open(`#${link.split("#")[1]}`);
  await planned(other);
  ctx.assert.equal(await fragment(other), PLAN);
  ctx.assert.doesNotMatch(await text(other, ".notices"), /./);
  await other.close();
}

/** A file without a plan changes nothing and is told. */
async function unopened(ctx) {
  const page = await ctx.open(`#${PLAN}`);
  await planned(page);
  for (const [name, bytes] of [
    ["cat.jpg", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0])],
    ["notes.txt", Buffer.from("hello world")],
  ]) {
    await drop(page, { name, bytes }, "");
    await page.waitForFunction(
      (name) => document.querySelector(".notices").textContent.includes(`${name} carries no plan`),
      {},
      name,
    );
    ctx.assert.equal(await fragment(page), PLAN, name);
  }
  await page.close();
}

/** Drops a file on the page, not on the form. */
async function drop(page, { name, bytes }, type) {
  await page.evaluate(
    (name, base64, type) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type }));
      const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector("#answer").dispatchEvent(event);
    },
    name,
    bytes.toString("base64"),
    type,
  );
}

async function files(ctx, page, folder) {
  const svg = await saved(page, folder, "Save picture (SVG)", "svg");
  const drawing = svg.bytes.toString();
  ctx.assert.equal(svg.name, "autoparallel-llama-2-7b-hf.svg");
  const days = (await figure(page, "run_days")).replace(/\s/g, " ");
  ctx.assert.ok(drawing.includes(days), `${days} stands in the picture`);
  ctx.assert.equal((drawing.match(/fill="rgb\(/g) ?? []).length > 20, true, "in the colours of the page");
  const png = await saved(page, folder, "Save picture (PNG)", "png");
  ctx.assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
  ctx.assert.deepEqual([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)], [2400, 1260]);
  ctx.assert.ok(png.bytes.includes(`AutoParallel\0${PLAN};r=`), "it carries the plan");
  const csv = (await saved(page, folder, "Save table (CSV)", "csv")).bytes.toString();
  ctx.assert.match(csv, /^kind,id,label,value,unit,text,low,high,source\r\n/);
  ctx.assert.match(csv, /\r\nfigure,days,/);
  const json = JSON.parse((await saved(page, folder, "Save data (JSON)", "json")).bytes.toString());
  ctx.assert.equal(json.version, 1);
  ctx.assert.ok(json.link.startsWith(PLAN) && json.figures.length > 5);
  ctx.assert.equal(json.memory.children.length > 3, true);

  for (const [file, type] of [
    [png, "image/png"],
    [svg, "image/svg+xml"],
  ]) {
    const other = await ctx.open("#1;n=64;m=Qwen/Qwen3-8B");
    await planned(other);
    await drop(other, file, type);
    await other.waitForFunction((plan) => location.hash === `#${plan}`, {}, PLAN);
    await planned(other);
    ctx.assert.equal(await figure(other, "run_days"), await figure(page, "run_days"));
    // A step that can be undone.
    await other.goBack();
    await other.waitForFunction(() => document.querySelector("#in-n").value === "64");
    await other.close();
  }
  // What was saved for others opens it as well.
  const other = await ctx.open("#1;n=64;m=Qwen/Qwen3-8B");
  await planned(other);
  for (const [name, text] of [
    ["plan.csv", csv],
    ["plan.json", JSON.stringify(json)],
  ]) {
    await drop(other, { name, bytes: Buffer.from(text) }, "");
    await other.waitForFunction((plan) => location.hash === `#${plan}`, {}, PLAN);
    await planned(other);
    await other.goBack();
    await other.waitForFunction(() => document.querySelector("#in-n").value === "64");
  }
  await other.close();
  return { png, svg };
}

async function shown(ctx, { png, svg }, start) {
  for (const { name, bytes } of [png, svg]) {
    const type = name.endsWith("png") ? "image/png" : "image/svg+xml";
    const page = await ctx.session.newPage();
    await page.setViewport({ width: 1200, height: 630 });
    await page.goto(`data:${type};base64,${bytes.toString("base64")}`);
    await ctx.shot(page, `${start}-${name.split(".").at(-1)}`);
    await page.close();
  }
}

async function refused(ctx) {
  const page = await ctx.open(`#${PLAN}`, { width: 390, height: 800, dark: true });
  await planned(page);
  await listen(page, true);
  await page.click(".share summary");
  await press(page, "Copy link");
  await page.waitForSelector("#share-by-hand");
  ctx.assert.ok((await page.$eval("#share-by-hand", (area) => area.value)).includes(`#${PLAN}`));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  ctx.assert.ok(wide <= 390, `${wide} px wide`);
  await ctx.axe(page);
  await ctx.shot(page, "share-390-dark");
  await page.close();
}

/** Every column promises its own figures; a promise that is not kept is told of its column. */
async function compared(ctx) {
  const page = await ctx.open(`#+${PLAN}+${SERVED}`);
  await compareDone(page);
  await listen(page);
  await page.focus(".share summary");
  await page.keyboard.press("Enter");
  const link = await copied(page, "Copy link");
  const [, first, second] = link.split("#")[1].split("+");
  ctx.assert.match(first, /;r=[\w.-]+,[\d.]+s,\d+MB$/);
  ctx.assert.ok(first.startsWith(PLAN) && second.startsWith(SERVED), link);
  ctx.assert.match(second, /;r=[\w.-]+,[\d.]+s,[\d.]+s,\d+$/);
  const markdown = await copied(page, "Copy as Markdown");
  ctx.assert.ok(markdown.includes(link), markdown);
  const off = await page.$$eval("[data-way]:disabled", (all) => all.map((own) => own.dataset.way));
  ctx.assert.equal(off.length, 5, off.join());
  ctx.assert.match(await text(page, '[data-way="Copy HTML frame"]'), /not of several side by side/);
  await page.close();

  const kept = await ctx.open(`#${link.split("#")[1]}`);
  await compareDone(kept);
  ctx.assert.equal(await fragment(kept), `+${PLAN}+${SERVED}`);
  ctx.assert.doesNotMatch(await text(kept, ".notices"), /./);
  await kept.close();
  const old = `+${PLAN};r=0.0.9-abcdef,1s,1GB+${SERVED};r=0.0.9-abcdef,1s,1s,64`;
  const broken = await ctx.open(`#${old}`);
  await compareDone(broken);
  await broken.waitForFunction(() => /Column B/.test(document.querySelector(".notices").textContent));
  const told = await text(broken, ".notices");
  ctx.assert.match(told, /Column A: The model has changed.*0\.0\.9-abcdef.*1.s a step.*Column B:.*64 accelerators/s);
  await ctx.axe(broken);
  await ctx.shot(broken, "share-columns-broken");
  await broken.close();
}

/** What is not open says why; a link that is copied at once after a change waits for its figures. */
async function hindered(ctx) {
  const page = await ctx.open("#1;n=8");
  await page.waitForSelector(".stuck", { timeout: 60_000 });
  await listen(page);
  await page.click(".share summary");
  const off = await page.$$eval("[data-way]:disabled", (all) => all.map((own) => own.textContent));
  ctx.assert.equal(off.length, 6, off.join());
  ctx.assert.ok(off.every((words) => /there is no plan to take away/.test(words)), off.join());
  await ctx.axe(page);
  await copied(page, "Copy link");
  await page.close();

  const other = await ctx.open(`#${PLAN}`);
  await planned(other);
  await listen(other);
  await other.evaluate(() => {
    const input = document.querySelector("#in-n");
    input.value = "16";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Copy link").click();
  });
  await other.waitForFunction(() => window.copied.length > 0);
  const link = await other.evaluate(() => window.copied[0]);
  ctx.assert.match(link, /n=16.*;r=[\w.-]+,/);
  // A list of prices of one's own is in no link, which is said.
  await other.$eval("#fleet summary", (summary) => summary.click());
  const chooser = await other.waitForSelector("#fleet-file");
  await chooser.evaluate((input) => {
    const list = "provider,region,instance,accelerator,count,demand,as_of\nacme,x,box,h100,8,16,2026-01-01";
    const data = new DataTransfer();
    data.items.add(new File([list], "own.csv", { type: "text/csv" }));
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await other.waitForFunction(() => /1 offers, the newest of 2026-01-01/.test(document.querySelector("#fleet").textContent));
  await other.click(".share summary");
  await press(other, "Copy link");
  await other.waitForFunction(() =>
    /without the price list of your own/.test(document.querySelector(".share [role=status]").textContent),
  );
  await other.close();
}

async function compareDone(page) {
  await page.waitForSelector(".compare-table");
  await planned(page);
}

/** A model in service is taken away in all the same ways, and opens again. */
async function served(ctx, folder) {
  const page = await ctx.open(`#${SERVED}`);
  await downloads(ctx, page, folder);
  await planned(page);
  await listen(page);
  await page.focus(".share summary");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".share[open]");
  const off = await page.$$eval("[data-way]:disabled", (all) => all.map((own) => own.dataset.way));
  ctx.assert.deepEqual(off, []);
  const link = await copied(page, "Copy link");
  ctx.assert.match(link, /#1;m=Qwen\/Qwen3-8B;do=serve;sr=4\/s;r=[\w.-]+,[\d.]+s,[\d.]+s,\d+$/);
  ctx.assert.ok(link.split("#")[1].length <= 200, link);
  const markdown = await copied(page, "Copy as Markdown");
  ctx.assert.match(markdown, /\| Requests \| 4 requests\/s \|/);
  ctx.assert.ok(markdown.includes(link), markdown);
  ctx.assert.match(await copied(page, "Copy HTML frame"), /embed\.html#1;m=Qwen\/Qwen3-8B;do=serve/);
  const svg = await saved(page, folder, "Save picture (SVG)", "svg");
  const price = (await figure(page, "output_price")).replace(/\s/g, " ");
  ctx.assert.ok(svg.bytes.toString().includes(price), `${price} stands in the picture`);
  const png = await saved(page, folder, "Save picture (PNG)", "png");
  ctx.assert.ok(png.bytes.includes(`AutoParallel\0${SERVED};r=`), "it carries the plan");
  const csv = (await saved(page, folder, "Save table (CSV)", "csv")).bytes.toString();
  ctx.assert.match(csv, /\r\nfigure,ttft,/);
  const json = JSON.parse((await saved(page, folder, "Save data (JSON)", "json")).bytes.toString());
  ctx.assert.ok(json.link.startsWith(SERVED) && json.decode.children.length > 3);
  const other = await ctx.open("#1;n=64;m=Qwen/Qwen3-8B");
  await planned(other);
  await drop(other, png, "image/png");
  await other.waitForFunction((plan) => location.hash === `#${plan}`, {}, SERVED);
  await planned(other);
  ctx.assert.equal(await figure(other, "tpot"), await figure(page, "tpot"));
  await other.close();
  await page.close();
  await shown(ctx, { png, svg }, "card-serve");
  const old = await ctx.open(`#${SERVED};r=0.0.9-abcdef,1s,1s,64`);
  await planned(old);
  await old.waitForFunction(() => /model has changed/.test(document.querySelector(".notices").textContent));
  ctx.assert.match(await text(old, ".notices"), /to the first token.*each further one.*accelerators/s);
  await old.close();
}

async function downloads(ctx, page, folder) {
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: folder,
    browserContextId: ctx.session.id,
  });
}

export async function run(ctx) {
  const folder = mkdtempSync(join(tmpdir(), "autoparallel-e2e-"));
  try {
    const page = await ctx.open(`#${PLAN}`);
    await downloads(ctx, page, folder);
    await planned(page);
    await listen(page);
    await page.focus(".share summary");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".share[open]");
    await ctx.axe(page);
    await ctx.shot(page, "share");
    await texts(ctx, page);
    const pictures = await files(ctx, page, folder);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".share:not([open])");
    ctx.assert.equal(await page.evaluate(() => document.activeElement.textContent), "Share");
    await page.close();
    await shown(ctx, pictures, "card");
    await unopened(ctx);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const other = mkdtempSync(join(tmpdir(), "autoparallel-e2e-"));
  try {
    await served(ctx, other);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
  await refused(ctx);
  await hindered(ctx);
  await compared(ctx);
}
