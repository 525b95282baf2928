// What the types must allow, and what they must refuse.
import "autoparallel/element.js";
import type { AutoParallelChange } from "autoparallel/element.js";
import { analyze, AutoParallelError, best_config, check_memory, compare_models, decode_link, describe } from "autoparallel";
import { encode_link, estimate_cost, init, type Question } from "autoparallel";

export async function use(): Promise<number> {
  await init(fetch("autoparallel.wasm"));
  const question: Question = { version: 1, cluster: { accelerators: 8 }, stack: { name: "megatron" } };
  const answer = analyze(question);
  if (answer.plan === null) throw new Error(answer.nothing?.message);
  const seconds: number = answer.plan.step.seconds;
  const served = analyze({ purpose: "serve", serving: { requests_per_s: 4, per_token_goal_seconds: "none" } });
  const token: number | undefined = served.deployment?.latency.per_token_seconds;
  const either = analyze({ link: "1;do=serve" });
  const dollars = either.purpose === "serve" ? either.deployment?.cost?.usd_per_million_answer_tokens : undefined;
  const place: number | null = compare_models(["a"], question).cheapest_run;

  // What a link asks may be asked of every function.
  const { question: linked, promise } = decode_link("1;n=64;r=0.1.0-abc,5s,70GB");
  const answers = [analyze(linked), best_config(linked), check_memory(linked), estimate_cost(linked), describe(linked)];
  const rows = [compare_models(["a"], linked), compare_models("+1;n=64+1;n=128")].map(({ models }) => models.length);
  const changed: string | undefined = analyze({ link: encode_link(linked, promise).link }).changed?.message;
  const shown = document.querySelector("auto-parallel")?.link ?? document.createElement("auto-parallel").link;
  document.addEventListener("change", (event) => console.log((event as AutoParallelChange).detail.link, shown, changed));

  // @ts-expect-error a count is a number
  analyze({ cluster: { accelerators: "8" } });
  // @ts-expect-error there is no such field
  analyze({ cluster: { gpus: 8 } });
  // @ts-expect-error nor such a precision
  analyze({ training: { precision: "fp12" } });
  // @ts-expect-error what a link asks is not known beforehand
  analyze({ link: "1;n=64" }).plan;
  // @ts-expect-error whoever says how a model is served says that it is served
  analyze({ serving: { requests_per_s: 4 } });
  // @ts-expect-error a layout may be missing
  best_config().layout.tensor_parallel;
  try {
    analyze();
  } catch (error) {
    if (error instanceof AutoParallelError && error.code === "bad_value") return error.toJSON().problems.length;
    // @ts-expect-error no such code
    if (error instanceof AutoParallelError && error.code === "oops") return 0;
  }
  return seconds + answers.length + rows.length + (place ?? 0) + (token ?? 0) + (dollars ?? 0);
}
