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
  const answers = [];
  for (const question of [undefined, small, large, illegal, own]) {
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
  );
  const types = [...new Set(answers.map(([type]) => type.replace("[]", "")))];
  const lines = answers.map(([type, value], i) => `export const a${i}: ${type} = ${literal(value)};`);
  return `import type { ${types.join(", ")} } from "autoparallel";\n${lines.join("\n")}\n`;
}
