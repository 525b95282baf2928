import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const name = "the policy of the page forbids inline scripts, foreign hosts and evaluation";

/** A file that is not what was built is not run. */
async function altered(ctx) {
  for (const [file, type] of [
    ["boot", "js"],
    ["app", "js"],
    ["app", "wasm"],
  ]) {
    ctx.expectProblem(/integrity|ERR_|Failed|digest/i);
    const name = readdirSync(ctx.dist).find((own) => own.startsWith(`${file}-`) && own.endsWith(`.${type}`));
    const body = Buffer.concat([readFileSync(join(ctx.dist, name)), Buffer.from(type === "js" ? "\n" : "")]);
    if (type === "wasm") body[body.length - 1] ^= 1;
    const contentType = type === "js" ? "text/javascript" : "application/wasm";
    const mock = { [`*/${name}`]: { body, contentType } };
    const page = await ctx.open("#1;n=8", { ready: false, mock });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    ctx.assert.equal(await page.$("#app"), null, `${name} was altered, and is not run`);
    await page.close();
  }
}

export async function run(ctx) {
  await altered(ctx);
  const before = ctx.asked.length;

  // Browsers say where a digest is of no use.
  const said = [];
  const listen = (page) => page.on("console", (message) => said.push(message.text()));
  const page = await ctx.open("", { prepare: listen });
  await page.waitForSelector("[data-worker=ready]", { timeout: 20_000 });
  ctx.assert.deepEqual(said.filter((words) => /integrity|preload/i.test(words)), []);
  const asked = ctx.asked.slice(before);
  ctx.assert.equal(new Set(asked).size, asked.length, `each file is asked for once: ${asked.join(" ")}`);
  const policy = await page.$eval("meta[http-equiv=Content-Security-Policy]", (meta) => meta.content);
  ctx.assert.match(policy, /default-src 'none'/);
  ctx.assert.ok(!/unsafe-inline|'unsafe-eval'/.test(policy), policy);
  const inline = await page.$$eval("script:not([src]), [style]", (found) => found.map((own) => own.type));
  ctx.assert.deepEqual(inline, ["importmap"], "no inline script but the digests, and no style attribute");
  const digests = await page.$$eval("[src], link[href]", (all) => all.map((own) => own.integrity));
  ctx.assert.equal(digests.filter((own) => own.startsWith("sha384-")).length, 3, digests.join());
  const module = await page.$eval("script[data-integrity]", (script) => script.dataset.integrity);
  ctx.assert.match(module, /^sha384-/, "the request that takes the module demands its digest");
  ctx.expectProblem(/example\.invalid|Content Security Policy/);
  const verdict = await page.evaluate(() =>
    fetch("https://example.invalid/").then(
      () => "sent",
      () => "refused",
    ),
  );
  ctx.assert.equal(verdict, "refused");
}
