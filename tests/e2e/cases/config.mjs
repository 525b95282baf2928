import { fragment, planned, text, value } from "../lib/plan.mjs";

export const name = "a config.json is pasted, dropped or fetched on a click, and accounted for";

const CONFIG = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  bos_token_id: 1,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_attention_heads: 32,
  num_hidden_layers: 22,
  num_key_value_heads: 4,
  tie_word_embeddings: false,
  vocab_size: 32000,
};
const ADDRESS = "https://huggingface.co/TinyLlama/TinyLlama-1.1B/resolve/main/config.json";
const GATED = "https://huggingface.co/meta-llama/Secret/resolve/main/config.json";
const MISSING = "https://huggingface.co/no-one/Nothing/resolve/main/config.json";
const LARGE = "https://huggingface.co/some/large/resolve/main/config.json";
const SLOW = "https://huggingface.co/some/slow/resolve/main/config.json";
const PAGE = "https://huggingface.co/some/page/resolve/main/config.json";

async function source(page, label) {
  const [radio] = await page.$$(`xpath/.//label[.="${label}"]/input`);
  await radio.click();
}

async function paste(page, words) {
  await page.$eval(
    "#in-mc",
    (area, words) => {
      area.value = words;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    words,
  );
}

async function pasted(ctx) {
  const page = await ctx.open();
  await planned(page);
  await source(page, "config.json");
  await paste(page, JSON.stringify(CONFIG, null, 2));
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /1\.10?\sB/);
  ctx.assert.match(await text(page, ".report summary"), /fields read.*ignored/);
  await page.click(".report summary");
  ctx.assert.match(await text(page, ".report"), /num_key_value_heads/);
  ctx.assert.match(await text(page, ".report"), /bos_token_id/);
  await ctx.axe(page);

  // The link carries it.
  const again = await ctx.open(`#${await fragment(page)}`);
  await planned(again);
  ctx.assert.equal(await text(again, ".plan-title"), await text(page, ".plan-title"));

  // Larger than what any link unpacks to: what is read of it is carried, and what was pasted stays as it is.
  const module = (n) => `model.layers.${n % 22}.self_attn.${n < 22 ? "q" : "o"}_proj`;
  const left = Array.from({ length: 20_001 }, (_, n) => module(n % 44));
  const large = JSON.stringify({
    ...CONFIG,
    id2label: Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [n, `LABEL_${n}`])),
    quantization_config: { quant_method: "fp8", ignored_layers: left },
  });
  ctx.assert.ok(large.length > 600_000);
  const title = await text(page, ".plan-title");
  await paste(page, large);
  await planned(page);
  ctx.assert.equal(await text(page, ".plan-title"), title);
  ctx.assert.equal(await value(page, "#in-mc"), large);
  ctx.assert.match(await text(page, ".report"), /fp8; attention, output head in 16 bits/);
  const carried = await fragment(page);
  ctx.assert.ok(carried.length < 1000, `${carried.length} characters`);
  const larger = await ctx.open(`#${carried}`);
  await planned(larger);
  ctx.assert.equal(await text(larger, ".plan-title"), title);
  ctx.assert.match(await value(larger, "#in-mc"), /self_attn/);

  // Broken, and monstrous.
  await paste(page, '{"hidden_size": 2048,');
  await page.waitForSelector("#in-mc[aria-invalid=true]");
  ctx.assert.equal(await value(page, "#in-mc"), '{"hidden_size": 2048,');
  await paste(page, "x".repeat(10_000_000));
  await page.waitForFunction(() =>
    /1 MiB/.test(document.getElementById("in-mc-refused").textContent),
  );
  await page.close();
}

async function dropped(ctx) {
  const page = await ctx.open();
  await planned(page);
  await source(page, "config.json");
  await page.evaluate((words) => {
    const data = new DataTransfer();
    data.items.add(new File([words], "config.json", { type: "application/json" }));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(".drop").dispatchEvent(drop);
  }, JSON.stringify(CONFIG));
  await page.waitForSelector(".report");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /1\.10?\sB/);
  await page.close();
}

/** A file dropped beside the form, and a text pasted into the search of models. */
async function elsewhere(ctx) {
  const page = await ctx.open();
  await planned(page);
  await page.evaluate((words) => {
    const data = new DataTransfer();
    data.items.add(new File([words], "config.json", { type: "application/json" }));
    const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector("#answer").dispatchEvent(drop);
  }, JSON.stringify(CONFIG));
  await page.waitForSelector(".report");
  await page.goBack();
  await page.waitForSelector("#in-m");
  await page.click("#in-m", { count: 3 });
  await page.keyboard.sendCharacter(JSON.stringify({ ...CONFIG, num_hidden_layers: 11 }));
  await page.keyboard.press("Enter");
  await page.waitForSelector(".report");
  await planned(page);
  ctx.assert.match(await value(page, "#in-mc"), /"num_hidden_layers":11/);
  await page.close();
}

async function fetched(ctx) {
  ctx.expectProblem(/40[14]/);
  ctx.expectProblem(/ERR_FAILED/);
  const mock = {
    [ADDRESS]: { body: JSON.stringify(CONFIG) },
    [GATED]: { status: 401, body: "Access to this repository is restricted" },
    [MISSING]: { status: 404, body: "Entry not found" },
    // Nothing says beforehand how long it is.
    [LARGE]: { body: `{${" ".repeat(3 << 20)}}` },
    [SLOW]: { hold: true },
    [PAGE]: { body: "<!doctype html><title>no</title>", contentType: "text/html" },
  };
  const page = await ctx.open("", { mock });
  await planned(page);
  const asked = [];
  page.on("request", (request) => {
    if (request.url().startsWith("https://huggingface.co")) asked.push(request.url());
  });
  await source(page, "Hub");
  const say = async (id) => {
    await page.click("#in-hub", { count: 3 });
    await page.type("#in-hub", id);
  };
  const note = () => text(page, "#in-hub-note");
  const press = async (pattern) => {
    await page.click("#in-hub ~ button");
    await page.waitForFunction(
      (source) => new RegExp(source).test(document.getElementById("in-hub-note")?.textContent),
      {},
      pattern.source,
    );
  };

  await say("not an id");
  ctx.assert.match(await note(), /Expected an id/);
  await say("meta-llama/Secret");
  ctx.assert.match(await note(), new RegExp(GATED.replaceAll(".", "\\.")));
  ctx.assert.equal(asked.length, 0, "nothing is fetched before the click");
  await press(/gated or private/);
  await say("no-one/Nothing");
  await press(/no config\.json/);
  await say("some/page");
  await press(/not a config\.json/);

  await say("some/large");
  await press(/larger than 1 MiB/);
  await say("some/slow");
  await press(/did not answer within 10 s/);

  await say("https://huggingface.co/TinyLlama/TinyLlama-1.1B/tree/main");
  ctx.assert.match(await note(), /TinyLlama-1\.1B\/resolve\/main\/config\.json/);
  await page.click("#in-hub ~ button");
  await page.waitForSelector("#in-mc");
  await planned(page);
  ctx.assert.match(await text(page, ".plan-title"), /1\.10?\sB/);
  ctx.assert.deepEqual(asked, [GATED, MISSING, PAGE, LARGE, SLOW, ADDRESS]);
  await page.close();
}

async function unreachable(ctx) {
  ctx.expectProblem(/huggingface|ERR_FAILED/);
  const page = await ctx.open("", { block: "*huggingface*" });
  await planned(page);
  await source(page, "Hub");
  await page.type("#in-hub", "Qwen/Qwen3-8B");
  await page.click("#in-hub ~ button");
  await page.waitForFunction(() =>
    /could not be reached/.test(document.getElementById("in-hub-note").textContent),
  );
  await page.close();
}

export async function run(ctx) {
  await pasted(ctx);
  await dropped(ctx);
  await elsewhere(ctx);
  await fetched(ctx);
  await unreachable(ctx);
}
export const limitMs = 120_000;
