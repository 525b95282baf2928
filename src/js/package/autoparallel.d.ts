// AutoParallel, version 1 of questions and answers. Numbers are in the unit that their name ends with; `ratio` is a
// share or a factor. Fields are only ever added.

/** Where the module comes from; nothing for `autoparallel.wasm` beside the package. */
export type Source =
  | string
  | URL
  | Request
  | Response
  | BufferSource
  | WebAssembly.Module
  | Promise<Response | BufferSource | WebAssembly.Module>;

/** Starts the module, once; to be awaited before the first call. In browsers, workers and Node. */
export function init(source?: Source): Promise<void>;
/** The same at once. */
export function init_sync(source: BufferSource | WebAssembly.Module): void;

/** Of a question about training, an answer about training; of one about serving, one about serving; of a link, either. */
export interface Ask<R, S> {
  (question: ServingQuestion): S;
  (question: LinkedQuestion): R | S;
  (question?: Question): R;
  (question: AnyQuestion): R | S;
}

/** Everything about the best plan. */
export const analyze: Ask<Analysis, ServingAnalysis>;
/** The best layout: the fastest that fits, proven to be that; or the cheapest deployment that keeps the goals. */
export const best_config: Ask<BestConfig, ServingConfig>;
/** Whether anything that the question allows fits, with the memory by part. */
export const check_memory: Ask<MemoryCheck, ServingMemoryCheck>;
/** What the whole run costs, without failures and with them; or what serving costs an hour, a month and a token. */
export const estimate_cost: Ask<CostEstimate, ServingCostEstimate>;
/** The same question for 1 to 64 models: names of the catalogue. */
export function compare_models(models: string[], question: ServingQuestion): ServingComparison;
export function compare_models(models: string[], question: LinkedQuestion): ModelComparison | ServingComparison;
export function compare_models(models: string[], question?: Question): ModelComparison;
export function compare_models(models: string[], question: AnyQuestion): ModelComparison | ServingComparison;
/** The columns of a comparison's link, in whatever state it arrives. */
export function compare_models(link: string): ModelComparison | ServingComparison;
/** The best plan in words, as the page shows it: every number as text, with its formula and its source. */
export const describe: Ask<Description, ServingDescription>;
/** The link of a question, without `#`; with the figures of its plan, where a promise tells them. */
export function encode_link(question?: AnyQuestion, promise?: LinkPromise | null): EncodedLink;
/** The question of a link, in whatever state it arrives. */
export function decode_link(link: string): DecodedLink;
/** The value of a field as a person types it: `read_field("cluster.accelerators", "16k")` is 16000. */
export function read_field(field: string, text: string): number | string | boolean | string[] | Changes;

export function models(): ModelEntry[];
/** Accelerators that train; all of them serve as well. */
export function accelerators(): AcceleratorEntry[];
/** Machines that only serve: laptops, phones, processors, cards without a network. */
export function edge_accelerators(): AcceleratorEntry[];
export function engines(): EngineEntry[];
export function stacks(): StackEntry[];
/** What `stack.your_changes` and `serving.your_engine_changes` may change. */
export function constants(): ConstantEntry[];
export function presets(): PresetEntry[];

export type ErrorCode =
  | "not_started"
  | "not_plain"
  | "unsupported_version"
  | "unknown_field"
  | "wrong_type"
  | "given_twice"
  | "bad_value"
  | "bad_link"
  | "too_many"
  | "internal";

/** One thing that is wrong. */
export interface Problem {
  code: ErrorCode;
  message: string;
  /** `cluster.accelerators`; null where it is about no field. */
  field: string | null;
  expected: string | null;
  given: string | null;
}

/** What every function throws. `problems` lists all that is wrong; the error itself is the first of them. */
export class AutoParallelError extends Error implements Problem {
  readonly code: ErrorCode;
  readonly field: string | null;
  readonly expected: string | null;
  readonly given: string | null;
  readonly problems: Problem[];
  /** All of it as a plain object: for JSON, and for `postMessage`, which keeps only the message of an error. */
  toJSON(): Problem & { name: string; problems: Problem[] };
}

// ---------------------------------------------------------------------------------------------- what is asked

/** All is optional: what is left out has the default of the page, or the catalogue's value for what was chosen. */
export interface Groups {
  version?: 1;
  /** A name of the catalogue, a Hugging Face config.json, or a shape. */
  model?: string | ModelQuestion;
  cluster?: ClusterQuestion;
  training?: TrainingQuestion;
  /** Key of the software: `megatron`; see `stacks()`. */
  stack?: string | StackQuestion;
  price?: { usd_per_accelerator_hour?: number };
  constraints?: ConstraintsQuestion;
  /** Inputs that this version has no field for, by their names in links, as a person types them. */
  other?: Record<string, string>;
}

/** About training. `link` is a plan's link to start from; the fields beside it change what it says. */
export type Question = Groups &
  (
    | { purpose?: "train"; link?: undefined; serving?: undefined }
    | { purpose: "train"; link?: string; serving?: ServiceQuestion }
  );

/** About a model in service; what is said of training is kept for links. */
export interface ServingQuestion extends Groups {
  purpose: "serve";
  link?: string;
  serving?: ServiceQuestion;
}

/** About whatever the link is about. */
export interface LinkedQuestion extends Groups {
  purpose?: undefined;
  link: string;
  serving?: undefined;
}

export type AnyQuestion = Question | ServingQuestion | LinkedQuestion;

/** Constants by their names (see `constants()`), paces of accelerators, techniques: true has it, false lacks it. */
export type Changes = Record<string, number | boolean | string>;

/** A stack of the catalogue, or one of your own: that, and what differs from it. */
export interface StackQuestion {
  /** Key of the software: see `stacks()`. */
  name?: string;
  /** `{ matmul: 0.8, zero3: false, dualpipe: true, "pace@h100-sxm/bf16": 0.93 }`. */
  your_changes?: Changes;
  your_name?: string;
  your_version?: string;
}

/** Requests, goals, machines and software of a model in service. */
export interface ServiceQuestion {
  /** See `engines()`. */
  engine?: string;
  /** What differs from that engine in one of your own: `{ step_us: 900, "pace@h200-sxm": 1.1 }`. */
  your_engine_changes?: Changes;
  your_engine_name?: string;
  your_engine_version?: string;
  /** Kinds, any one of which may serve: see `accelerators()`, `edge_accelerators()`, or `custom` for that of `cluster`. */
  accelerators?: string[];
  accelerators_max?: number;
  /** `bf16`, `fp8`, `int4-awq`, `q4_k_m` and so on; the engine's where nothing is said. */
  weights_formats?: string[];
  cache_formats?: string[];
  /** Means over requests. */
  prompt_tokens?: number;
  answer_tokens?: number;
  /** Standard deviation over mean. */
  answer_tokens_deviation_ratio?: number;
  /** The same of the prompts; 0: all of one length. */
  prompt_tokens_deviation_ratio?: number;
  /** Share of the prompts' tokens that need no work. */
  prefix_cache_hit_ratio?: number;
  /** This, or `requests_in_flight`, or neither for as much as the machines can answer. */
  requests_per_s?: number;
  requests_in_flight?: number;
  first_token_goal_seconds?: number | "none";
  per_token_goal_seconds?: number | "none";
  /** Whose first token must come in time. */
  goals_hold_for?: "mean" | "p50" | "p90" | "p95" | "p99";
  /** Whose further tokens must. */
  per_token_goal_holds_for?: "mean" | "p50" | "p90" | "p95" | "p99";
  /** Chance that is wanted that each goal (both times and the requests) is kept, 0.5 to 0.99: goals are compared with the
   * prediction made worse by how far measured runs lay off. Left out: with the prediction itself. */
  goals_chance_ratio?: number;
  /** Tokens guessed ahead by speculative decoding. */
  guessed_tokens?: number;
  guess_acceptance_ratio?: number;
  /** Of every kind; `prices_by_accelerator` for some: `["h200-sxm:3.5", "b200:5"]`, in dollars an hour. */
  usd_per_accelerator_hour?: number;
  prices_by_accelerator?: string[];
  /** Of a service that is paid by the token, to compare with. */
  api_usd_per_million_prompt_tokens?: number;
  api_usd_per_million_answer_tokens?: number;
  /** What is fixed; what is not, the search chooses. */
  tensor_parallel?: number;
  pipeline_parallel?: number;
  attention_data_parallel?: number;
  expert_parallel?: number;
  sequences_max?: number;
  /** At least; what keeps the goals where there may be fewer. */
  instances_min?: number;
  /** Instances beside those that a rate needs; 1 unless said (N+1). */
  spare_instances?: number;
  /** Of a machine that is paid for whole; else accelerators are paid for one by one. */
  accelerators_per_machine?: number;
  /** Of one accelerator, out of its machine. */
  network_bits_per_s?: number;
  /** What programs may use of one accelerator's memory, such as after `sysctl iogpu.wired_limit_mb`. */
  program_memory_bytes?: number;
}

export interface ModelQuestion {
  name?: string;
  /** A Hugging Face config.json, as an object or its text. */
  config?: object | string;
  layers?: number;
  hidden_size?: number;
  attention_heads?: number;
  key_value_heads?: number;
  head_width?: number;
  feed_forward_width?: number;
  vocabulary_tokens?: number;
  routed_experts?: number;
  experts_per_token?: number;
  expert_width?: number;
  shared_experts?: number;
  dense_layers_first?: number;
  gated_feed_forward?: boolean;
  tied_embeddings?: boolean;
}

export interface ClusterQuestion {
  /** Key of the catalogue (see `accelerators()`), or `custom`. */
  accelerator?: string;
  accelerators?: number;
  accelerators_per_node?: number;
  scale_up_domain_accelerators?: number;
  /** Of one accelerator, each way. */
  network_bits_per_s?: number;
  leaf_accelerators?: number;
  oversubscription_ratio?: number;
  adaptive_routing?: boolean;
  memory_bytes?: number;
  memory_bytes_per_s?: number;
  peak_bf16_flops_per_s?: number;
  peak_fp16_flops_per_s?: number;
  peak_fp8_flops_per_s?: number;
  peak_fp4_flops_per_s?: number;
  peak_fp32_flops_per_s?: number;
  /** Each way. */
  scale_up_bytes_per_s?: number;
  power_watts?: number;
  /** Of one accelerator. */
  host_memory_bytes?: number;
  host_link_bytes_per_s?: number;
}

export type Precision = "fp32" | "fp16" | "bf16" | "fp8" | "mxfp8" | "nvfp4";
export type Optimizer = "adamw" | "adamw8" | "adafactor" | "muon" | "sgdm" | "lion";
export type Schedule = "1f1b" | "gpipe" | "interleaved" | "bf" | "zb" | "zbv" | "dualpipe";

export interface TrainingQuestion {
  /** This or `global_batch_tokens`. */
  global_batch_sequences?: number;
  global_batch_tokens?: number;
  sequence_tokens?: number;
  total_tokens?: number;
  precision?: Precision;
  optimizer?: Optimizer;
  moments_type?: "fp32" | "bf16";
  gradients_type?: "fp32" | "bf16";
  master_weights?: boolean;
  /** Tokens at the busiest expert over the mean. */
  expert_imbalance_ratio?: number;
  dropout?: boolean;
  fused_attention?: boolean;
  causal_attention?: boolean;
  /** Rank of low-rank adapters, all else frozen. */
  adapter_rank?: number;
}

/** What is fixed; what is not, the search chooses. */
export interface ConstraintsQuestion {
  /** Share of the memory to keep free. */
  memory_headroom_ratio?: number;
  tensor_parallel?: number;
  context_parallel?: number;
  pipeline_parallel?: number;
  virtual_stages?: number;
  expert_parallel?: number;
  expert_tensor_parallel?: number;
  micro_batch_sequences?: number;
  zero_stage?: number;
  zero_shard_ranks?: number;
  recomputed_layers_per_chunk?: number;
  schedule?: Schedule;
  /** See `stacks()`. */
  forbidden_techniques?: string[];
}

// ---------------------------------------------------------------------------------------------- what is answered

/** Least and greatest of what 80 % of measured runs of this kind were, in the unit of the field's name. */
export interface Span {
  low: number;
  high: number;
}

/** The question as it was understood, defaults filled in. */
export interface Asked {
  link: string;
  model: { name: string; parameters: number; active_parameters: number };
  accelerator: string;
  accelerators: number;
  global_batch_sequences: number;
  sequence_tokens: number;
  total_tokens: number;
  precision: Precision;
  stack: string;
  stack_version: string;
  /** Name of a stack of your own, and what it is made of. */
  your_stack: string | null;
  /** Things worth knowing that do not stand in the way. */
  notes: { field: string; text: string }[];
}

export interface Layout {
  /** For people: `TP 8 · PP 16 · DP 128`. */
  text: string;
  /** Link that fixes all of it. */
  link: string;
  tensor_parallel: number;
  sequence_parallel: boolean;
  context_parallel: number;
  context_exchange: "ring" | "gather" | "ulysses" | null;
  pipeline_parallel: number;
  schedule: Schedule | null;
  virtual_stages: number;
  /** Places in the pipeline that embedding and head take, counted in layers. */
  embedding_slots: number;
  head_slots: number;
  data_parallel: number;
  expert_parallel: number;
  expert_tensor_parallel: number;
  micro_batch_sequences: number;
  micro_batches: number;
  zero_stage: number;
  zero_shard_ranks: number;
  selective_recompute: boolean;
  recomputed_layers_per_chunk: number;
  offload_optimizer: boolean;
  offload_activations: boolean;
  offload_parameters: boolean;
  /** Stages rather than replicas are neighbours on the network. */
  pipeline_inside: boolean;
}

/** A part of memory; its parts sum to it exactly. */
export interface MemoryPart {
  id: string;
  label: string;
  bytes: number;
  parts: MemoryPart[];
}

/** A part of the step; its parts sum to it exactly. */
export interface TimePart {
  id: string;
  label: string;
  seconds: number;
  parts: TimePart[];
}

export interface Stage {
  stage: number;
  layers: number;
  extras: ("embedding" | "head" | "MTP")[];
  /** Forward and backward of one micro-batch. */
  micro_batch_seconds: number;
  bytes: number;
}

/** One accelerator of the fullest stage, at its peak. */
export interface Memory {
  needed_bytes: number;
  needed_bytes_range: Span | null;
  capacity_bytes: number;
  /** Capacity less what is to stay free. */
  usable_bytes: number;
  /** Capacity less need; negative where it does not fit. */
  free_bytes: number;
  parts: MemoryPart[];
  stages: Stage[];
}

export interface Step {
  seconds: number;
  seconds_range: Span | null;
  mfu_ratio: number;
  tokens_per_s: number;
  tokens_per_s_per_accelerator: number;
  model_flops_per_s_per_accelerator: number;
}

/** The run when machines fail as foreseen: what the page shows first. */
export interface Failures {
  level: string;
  /** From the first step to the last. */
  seconds: number;
  /** By the range of step times, from good machines to young ones. */
  seconds_range: Span | null;
  /** Spare machines included. */
  cost_usd: number | null;
  cost_usd_range: Span | null;
  failures: number;
  checkpoint_interval_seconds: number;
  useful_ratio: number;
  source: string;
}

/** The whole run: steps alone, nothing fails; `with_failures` has what to reckon with. */
export interface Run {
  steps: number;
  seconds: number;
  seconds_range: Span | null;
  accelerator_hours: number;
  /** Null where no price is known. */
  usd_per_accelerator_hour: number | null;
  price_source: string;
  cost_usd: number | null;
  cost_usd_range: Span | null;
  usd_per_million_tokens: number | null;
  /** Accelerators alone, at rated power. */
  energy_kwh: number | null;
  with_failures: Failures;
}

export interface Cut {
  name: string;
  reason: string;
  layouts: number;
}

export interface Search {
  /** Layouts of the declared space. */
  layouts: number;
  /** Whether the plan is proven to be the best of them. */
  complete: boolean;
  /** Where they went; sums to `layouts`. */
  cuts: Cut[];
}

/** Why there is no plan. */
export interface NothingFits {
  because: "memory" | "rules" | "host";
  message: string;
  nearest: { layout: Layout; memory: Memory; missing_bytes: number } | null;
  /** Combinations of degrees that each rule refuses. */
  rules: Cut[];
}

export interface Plan {
  layout: Layout;
  step: Step;
  step_parts: TimePart[];
  memory: Memory;
  run: Run;
  search: Search;
  /** What binds it, most important first. */
  binds: string[];
}

/** Either `plan` or `nothing` is null. */
export type Analysis = {
  version: 1;
  purpose: "train";
  asked: Asked;
  assumptions: { text: string; source: string; verified: boolean }[];
  /** What the link promised, where that is not what is found. */
  changed: Changed | null;
} & ({ plan: Plan; nothing: null } | { plan: null; nothing: NothingFits });

/** Either `nothing` is null, or `layout` and `step` are. */
export type BestConfig = {
  version: 1;
  purpose: "train";
  asked: Asked;
  search: Search;
} & ({ layout: Layout; step: Step; nothing: null } | { layout: null; step: null; nothing: NothingFits });

export interface MemoryCheck {
  version: 1;
  purpose: "train";
  asked: Asked;
  fits: boolean;
  /** The fastest that fits, else the smallest. */
  layout: Layout | null;
  memory: Memory | null;
  nothing: NothingFits | null;
}

export interface CostEstimate {
  version: 1;
  purpose: "train";
  asked: Asked;
  layout: Layout | null;
  run: Run | null;
  with_failures: Failures | null;
  nothing: NothingFits | null;
}

export interface ModelComparison {
  version: 1;
  purpose: "train";
  models: {
    asked: Asked;
    layout: Layout | null;
    step: Step | null;
    needed_bytes: number | null;
    run: Run | null;
    nothing: NothingFits | null;
  }[];
  /** Places in `models`; the cheapest with failures. */
  fastest_step: number | null;
  cheapest_run: number | null;
}

// ---------------------------------------------------------------------------------------------- of a model in service

/** The question as it was understood, defaults filled in. */
export interface ServingAsked {
  link: string;
  model: { name: string; parameters: number; active_parameters: number };
  engine: string;
  engine_version: string;
  /** Name of an engine of your own, and what it is made of. */
  your_engine: string | null;
  accelerators: string[];
  accelerators_max: number;
  prompt_tokens: number;
  answer_tokens: number;
  requests_per_s: number | null;
  requests_in_flight: number | null;
  first_token_goal_seconds: number | null;
  per_token_goal_seconds: number | null;
  goals_hold_for: "mean" | "p50" | "p90" | "p95" | "p99";
  /** Chance that is wanted that each goal is kept; null: goals are compared with the prediction itself. */
  goals_chance_ratio: number | null;
  notes: { field: string; text: string }[];
}

export interface ServingLayout {
  /** For people: `TP 4 · fp8, cache fp16 · H200 SXM`. */
  text: string;
  /** Link that fixes all of it. */
  link: string;
  accelerator: string;
  /** Of all instances. */
  accelerators: number;
  /** Copies of the engine, each with all weights. */
  instances: number;
  /** Of these, those that stand by beside what the requests need. */
  spare_instances: number;
  tensor_parallel: number;
  pipeline_parallel: number;
  attention_data_parallel: number;
  expert_parallel: number;
  /** Sequences that run together in one instance, at most. */
  sequences_max: number;
  weights_format: string;
  cache_format: string;
}

export interface Latency {
  /** TTFT, of the share of requests that was asked for. */
  first_token_seconds: number;
  first_token_seconds_range: Span | null;
  /** TPOT: each further token, on the mean. */
  per_token_seconds: number;
  per_token_seconds_range: Span | null;
  /** A whole answer, on the mean. */
  answer_seconds: number;
  /** Chance that the goal is kept, by the range of measured runs; null without a goal or a range. */
  first_token_goal_chance_ratio: number | null;
  per_token_goal_chance_ratio: number | null;
}

export interface Throughput {
  /** Tokens of answers; prompts come on top. */
  answer_tokens_per_s: number;
  answer_tokens_per_s_per_accelerator: number;
  answer_tokens_per_s_per_request: number;
  requests_per_s: number;
  /** At which all instances are full. */
  requests_per_s_max: number;
  /** Answers that are being written at once, on the mean. */
  running_requests: number;
}

/** One accelerator, as the engine fills it. */
export interface ServingMemory {
  used_bytes: number;
  capacity_bytes: number;
  free_bytes: number;
  /** Tokens that the cache of one instance holds. */
  cache_tokens: number;
  parts: MemoryPart[];
}

export interface ServingCost {
  usd_per_accelerator_hour: number;
  price_source: string;
  usd_per_hour: number;
  /** Of 730 hours. */
  usd_per_month: number;
  usd_per_million_prompt_tokens: number;
  usd_per_million_answer_tokens: number;
  /** None where the machines wait for requests. */
  usd_per_million_answer_tokens_range: Span | null;
  /** Share of the demand from which on it is cheaper than paying by the token; above 1: never. */
  break_even_ratio: number | null;
}

export interface ServingSearch {
  /** Pairs of a layout and a limit of the batch. */
  looked_at: number;
  cuts: Cut[];
}

/** Why nothing serves. */
export interface NothingServes {
  because: "memory" | "latency" | "accelerators" | "rules";
  message: string;
}

export interface Deployment {
  layout: ServingLayout;
  latency: Latency;
  throughput: Throughput;
  memory: ServingMemory;
  /** One token of every running answer. */
  decode_parts: TimePart[];
  /** One prompt read alone. */
  prefill_parts: TimePart[];
  /** Null where no price is known. */
  cost: ServingCost | null;
  search: ServingSearch;
  /** What binds it, most important first. */
  binds: string[];
  /** Starts one instance; null for engines whose command is not known here. */
  command: string | null;
}

/** Either `deployment` or `nothing` is null. */
export type ServingAnalysis = {
  version: 1;
  purpose: "serve";
  asked: ServingAsked;
  assumptions: { text: string; source: string; verified: boolean }[];
  /** What the link promised, where that is not what is found. */
  changed: Changed | null;
} & ({ deployment: Deployment; nothing: null } | { deployment: null; nothing: NothingServes });

/** Either `nothing` is null, or the layout and what it gives are. */
export type ServingConfig = {
  version: 1;
  purpose: "serve";
  asked: ServingAsked;
  search: ServingSearch;
} & (
  | { layout: ServingLayout; latency: Latency; throughput: Throughput; nothing: null }
  | { layout: null; latency: null; throughput: null; nothing: NothingServes }
);

export interface ServingMemoryCheck {
  version: 1;
  purpose: "serve";
  asked: ServingAsked;
  /** Whether any layout holds the model and one request, whatever the goals. */
  fits: boolean;
  /** Of the deployment, where one keeps the goals. */
  layout: ServingLayout | null;
  memory: ServingMemory | null;
  /** Every format of the weights on each kind of accelerator, one request at a time. */
  formats: {
    accelerator: string;
    weights_format: string;
    /** Of the smallest instance that holds a request; null where none does. */
    accelerators: number | null;
    /** On one of them. */
    weights_bytes: number;
    cache_tokens: number;
    answer_tokens_per_s: number;
    first_token_seconds: number;
  }[];
  nothing: NothingServes | null;
}

export interface ServingCostEstimate {
  version: 1;
  purpose: "serve";
  asked: ServingAsked;
  layout: ServingLayout | null;
  cost: ServingCost | null;
  nothing: NothingServes | null;
}

export interface ServingComparison {
  version: 1;
  purpose: "serve";
  models: {
    asked: ServingAsked;
    layout: ServingLayout | null;
    latency: Latency | null;
    throughput: Throughput | null;
    used_bytes: number | null;
    cost: ServingCost | null;
    nothing: NothingServes | null;
  }[];
  /** Places in `models`: of the shortest time of a further token, and of the least dollars a token of an answer. */
  fastest_token: number | null;
  cheapest_token: number | null;
}

export interface EncodedLink {
  version: 1;
  link: string;
  /** Fields that are too long for a link. */
  left_out: string[];
}

/** What a plan came to where its link was made, and the version of the model that found it. */
export type LinkPromise =
  | { model_version: string; step_seconds: number; memory_bytes: number }
  | { model_version: string; first_token_seconds: number; per_token_seconds: number; accelerators: number };

/** A link promised other figures than are found now. */
export interface Changed {
  /** In words: both figures, both versions. */
  message: string;
  then: LinkPromise;
  /** Null where nothing fits any more. */
  now: LinkPromise | null;
}

export interface DecodedLink {
  version: 1;
  question: Question | ServingQuestion;
  /** The same link in its shortest spelling. */
  link: string;
  /** The figures that its plan had where it was made. */
  promise: LinkPromise | null;
  problems: string[];
}

// ---------------------------------------------------------------------------------------------- in words

export interface Shown {
  value: number;
  unit: string;
  text: string;
}

export interface Figure {
  id: string;
  label: string;
  shown: Shown;
  formula: string;
  substituted: string;
  source: string;
  range: { low: number; high: number; text: string } | null;
  /** Numbers that it follows from and that are told nowhere else. */
  parts?: Figure[];
}

export interface PartInWords {
  id: string;
  figure: Figure;
  share: number;
  children: PartInWords[];
}

export interface Description {
  version: 1;
  purpose: "train";
  asked: Asked;
  plan: PlanInWords | null;
  stuck: { headline: string; [more: string]: unknown } | null;
  /** What the link promised, where that is not what is found. */
  changed: Changed | null;
}

export interface ServingDescription {
  version: 1;
  purpose: "serve";
  asked: ServingAsked;
  serve: DeploymentInWords | null;
  stuck: { headline: string; [more: string]: unknown } | null;
  /** What the link promised, where that is not what is found. */
  changed: Changed | null;
}

export interface DeploymentInWords {
  version: number;
  title: string;
  summary: string;
  degrees: { key: string; label: string; value: string; help: string; fixed: boolean; main: boolean }[];
  figures: Figure[];
  goals: { label: string; reached: Shown; goal: Shown; chance: string; figure?: Figure }[];
  /** The chance that is wanted of each goal: `90%`; empty: goals are compared with the prediction itself. */
  sure: string;
  memory: PartInWords;
  memory_capacity: Shown;
  memory_free: Shown;
  /** One token of every answer, and one prompt read. */
  decode: PartInWords;
  prefill: PartInWords;
  binds: string[];
  pinned_link: string;
  markdown: string;
  /** What else the page shows. */
  [more: string]: unknown;
}

export interface PlanInWords {
  version: number;
  title: string;
  summary: string;
  degrees: { key: string; label: string; value: string; help: string; fixed: boolean; main: boolean }[];
  figures: Figure[];
  memory: PartInWords;
  memory_capacity: Shown;
  memory_headroom: Shown;
  memory_doubt: string | null;
  time: PartInWords;
  binds: string[];
  pinned_link: string;
  /** The plan as Markdown, to be pasted elsewhere. */
  markdown: string;
  /** What else the page shows. */
  [more: string]: unknown;
}

// ---------------------------------------------------------------------------------------------- the catalogue

export interface ModelEntry {
  name: string;
  aliases: string[];
  family: string;
  layers: number;
  parameters: number;
  active_parameters: number;
  routed_experts: number;
  positions_max: number | null;
  sources: string[];
  as_of: string;
}

export interface AcceleratorEntry {
  accelerator: string;
  label: string;
  aliases: string[];
  status: string;
  memory_bytes: number;
  memory_bytes_per_s: number;
  accelerators_per_node: number;
  scale_up_domain_accelerators: number;
  scale_up_bytes_per_s: number;
  network_bits_per_s: number;
  power_watts: number | null;
  usd_per_accelerator_hour: number | null;
  verified: boolean;
  source: string;
  date: string;
}

export interface EngineEntry {
  name: string;
  label: string;
  version: string;
  date: string;
  /** Keys of the accelerators that it runs on. */
  accelerators: string[];
  source: string;
}

export interface StackEntry {
  name: string;
  label: string;
  version: string;
  date: string;
  techniques: string[];
  source: string;
}

export interface ConstantEntry {
  of: "stack" | "engine";
  name: string;
  label: string;
  /** Empty for shares and factors. */
  unit: string;
  kind: "number" | "integer" | "boolean";
  min: number;
  max: number;
}

export interface PresetEntry {
  name: string;
  title: string;
  machines: string;
  story: string;
  link: string;
  source: string;
}
