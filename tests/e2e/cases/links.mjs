import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { planned, retype, text } from "../lib/plan.mjs";

export const name = "every link of the corpus opens in the browser; a promise that is not kept is told";
export const limitMs = 240_000;

const CORPUS = resolve(dirname(fileURLToPath(import.meta.url)), "../../links");

/** The fields of the files of a folder, each with its name. */
function corpus(folder) {
  const files = readdirSync(join(CORPUS, folder)).sort();
  return files.map((file) => {
    const lines = readFileSync(join(CORPUS, folder, file), "utf8").split("\n");
    const all = (field) =>
      lines.filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2));
    return { file, link: all("link")[0], canonical: all("canonical")[0], problems: all("problem") };
  });
}

/** Opens a link as the browser does, and tells what the address and the page then say. */
async function visit(page, link) {
  // What is opened is put into its own words at once; a mark in between tells that it was.
  await page.evaluate((link) => {
    history.replaceState(null, "", "#opening");
    location.hash = link;
  }, link);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 30)));
  return page.evaluate(() => ({
    address: location.hash.slice(1),
    notices: document.querySelector(".notices")?.textContent ?? "",
  }));
}

async function plans(ctx, page) {
  const all = corpus("v1");
  ctx.assert.ok(all.length >= 55, `${all.length} links`);
  for (const { file, link, canonical, problems } of all) {
    const { address, notices } = await visit(page, link);
    // What says nothing at all stays in the address until something changes.
    const kept = /stays in the address/.test(notices);
    ctx.assert.equal(kept, canonical === "1" && problems.length > 0 && !/^1;/.test(link), `${file}: ${notices}`);
    if (canonical && !kept) ctx.assert.equal(decodeURIComponent(address), canonical, file);
    for (const problem of problems) ctx.assert.ok(notices.includes(problem), `${file}: ${notices}`);
    if (problems.length === 0) ctx.assert.doesNotMatch(notices, /could not be read/, file);
  }
}

async function comparisons(ctx, page) {
  for (const { file, link, canonical } of corpus("columns")) {
    const { address } = await visit(page, link);
    ctx.assert.equal(decodeURIComponent(address), canonical, file);
  }
}

const PLAN = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T";

async function promises(ctx) {
  const page = await ctx.open(`#${PLAN};r=0.0.9-abcdef,1.5s,20GB`);
  await planned(page);
  await page.waitForFunction(() => /has changed/.test(document.querySelector(".notices").textContent));
  const said = await text(page, ".notices");
  ctx.assert.match(said, /Then, model 0\.0\.9-abcdef: 1\.50?\ss a step, 18\.6\sGiB/);
  ctx.assert.match(said, /Now, model \d+\.\d+\.\d+-[0-9a-f]{6}: .* a step \(\+[\d.]+%\), .* \(\+[\d.]+%\)/);
  ctx.assert.equal(await page.evaluate(() => location.hash), `#${PLAN}`, "the address is canonical");
  await ctx.axe(page);
  await ctx.shot(page, "promise");
  // It was about that plan alone.
  await retype(page, "#in-n", "16");
  await planned(page);
  ctx.assert.doesNotMatch(await text(page, ".notices"), /has changed/);
  await page.close();
}

export async function run(ctx) {
  const page = await ctx.open("#1;m=meta-llama/Llama-2-7b-hf;n=8;b=64");
  await planned(page);
  await plans(ctx, page);
  await comparisons(ctx, page);
  await page.close();
  await promises(ctx);
}
