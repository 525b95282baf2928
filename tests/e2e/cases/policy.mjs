export const name = "the policy of the page forbids inline scripts, foreign hosts and evaluation";

export async function run(ctx) {
  const page = await ctx.open();
  const policy = await page.$eval("meta[http-equiv=Content-Security-Policy]", (meta) => meta.content);
  ctx.assert.match(policy, /default-src 'none'/);
  ctx.assert.ok(!/unsafe-inline|'unsafe-eval'/.test(policy), policy);
  const inline = await page.$$eval("script:not([src]), [style]", (found) => found.length);
  ctx.assert.equal(inline, 0, "no inline script and no style attribute");
  ctx.expectProblem(/example\.invalid|Content Security Policy/);
  const verdict = await page.evaluate(() =>
    fetch("https://example.invalid/").then(
      () => "sent",
      () => "refused",
    ),
  );
  ctx.assert.equal(verdict, "refused");
}
