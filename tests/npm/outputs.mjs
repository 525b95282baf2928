// Answers as TypeScript literals of their declared types: the compiler refuses a member too many, too few or of
// another type.

/** Rows of a list that are checked: those of one list are alike. */
const ROWS = 6;

/** A value as a literal, long lists cut, and without what the types leave open. */
function literal(value) {
  const cut = (name, inner) => {
    if (["timeline", "certificate"].includes(name)) return undefined;
    return Array.isArray(inner) ? inner.slice(0, ROWS) : inner;
  };
  return JSON.stringify(value, cut);
}

export async function outputs({ init, ...api }) {
  await init();
  const small = { model: "Qwen/Qwen3-30B-A3B", cluster: { accelerators: 64 }, training: { total_tokens: 1e12 } };
  const large = { model: "meta-llama/Llama-3.1-405B", cluster: { accelerators: 8 } };
  const illegal = { cluster: { accelerators: 64 }, constraints: { tensor_parallel: 7 } };
  const unpriced = { cluster: { accelerator: "custom", accelerators: 64, memory_bytes: 8e10, memory_bytes_per_s: 3e12 } };
  const custom = {
    ...unpriced.cluster,
    peak_bf16_flops_per_s: 1e15,
    scale_up_bytes_per_s: 4.5e11,
    network_bits_per_s: 4e11,
    accelerators_per_node: 8,
  };
  const own = { cluster: custom, model: "meta-llama/Llama-2-7b-hf" };
  const changes = { matmul: 0.8, zero3: false, stops_early: true, "pace@h100-sxm/bf16": "0.9:0.8" };
  const fork = { stack: { name: "megatron", your_changes: changes, your_name: "fork" }, cluster: { accelerators: 64 } };
  const answers = [];
  for (const question of [undefined, small, large, illegal, own, fork]) {
    answers.push(
      ["Question", question ?? {}],
      ["Analysis", api.analyze(question)],
      ["BestConfig", api.best_config(question)],
      ["MemoryCheck", api.check_memory(question)],
      ["CostEstimate", api.estimate_cost(question)],
      ["Description", api.describe(question)],
      ["DecodedLink", api.decode_link(api.encode_link(question).link)],
      ["EncodedLink", api.encode_link(question)],
    );
  }
  answers.push(
    ["ModelComparison", api.compare_models(["Qwen/Qwen3-30B-A3B", "meta-llama/Llama-3.1-405B"], { cluster: { accelerators: 16 } })],
    ["ModelEntry[]", api.models()],
    ["AcceleratorEntry[]", api.accelerators()],
    ["StackEntry[]", api.stacks()],
    ["PresetEntry[]", api.presets()],
    ["ConstantEntry[]", [api.constants()[0], api.constants().at(-1)]],
  );
  const llama = { purpose: "serve", model: "meta-llama/Llama-3.3-70B-Instruct" };
  const asked = { ...llama, serving: { requests_per_s: 10, api_usd_per_million_answer_tokens: 0.9 } };
  const quick = { ...llama, serving: { per_token_goal_seconds: 0.001 } };
  const full = { ...llama, serving: { accelerators: ["rtx-4090"], accelerators_max: 1 } };
  const edge = { ...llama, model: "mistralai/Mistral-7B-Instruct-v0.3" };
  edge.serving = { engine: "llamacpp", accelerators: ["m4-max"], accelerators_max: 1, requests_in_flight: 1 };
  edge.serving.first_token_goal_seconds = edge.serving.per_token_goal_seconds = "none";
  const forked = { ...llama, serving: { your_engine_changes: { step_us: 900, graphs: false, "pace@h200-sxm": 1.1 } } };
  for (const question of [llama, asked, quick, full, edge, forked]) {
    answers.push(
      ["ServingQuestion", question],
      ["ServingAnalysis", api.analyze(question)],
      ["ServingConfig", api.best_config(question)],
      ["ServingMemoryCheck", api.check_memory(question)],
      ["ServingCostEstimate", api.estimate_cost(question)],
      ["ServingDescription", api.describe(question)],
      ["DecodedLink", api.decode_link(api.encode_link(question).link)],
    );
  }
  answers.push(
    ["ServingComparison", api.compare_models(["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-R1"], { purpose: "serve" })],
    ["EngineEntry[]", api.engines()],
    ["AcceleratorEntry[]", api.edge_accelerators()],
  );
  const types = [...new Set(answers.map(([type]) => type.replace("[]", "")))];
  const lines = answers.map(([type, value], i) => `export const a${i}: ${type} = ${literal(value)};`);
  return `import type { ${types.join(", ")} } from "autoparallel";\n${lines.join("\n")}\n`;
}
