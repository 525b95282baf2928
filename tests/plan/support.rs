//! Asking for answers.

use autoparallel::api::{Answer, PlanView, StuckView, answer};
use autoparallel::case::Case;
use autoparallel::link;

/// A config.json of a model that the catalogue does not have.
pub const UNKNOWN_MODEL: &str = r#"{"model_type":"llama","architectures":["LlamaForCausalLM"],
"hidden_size":3072,"intermediate_size":9216,"num_hidden_layers":36,"num_attention_heads":24,
"num_key_value_heads":8,"head_dim":128,"vocab_size":100352,"tie_word_embeddings":false,
"max_position_embeddings":16384,"rms_norm_eps":1e-6,"hidden_act":"silu","torch_dtype":"bfloat16"}"#;

/// The real inputs that the planner must answer; the last one carries [`UNKNOWN_MODEL`].
pub const REAL: [(&str, &str); 5] = [
    ("llama-405b", "1"),
    ("deepseek-v3", "1;m=deepseek-ai/DeepSeek-V3;g=h800;n=2048;b=15360;s=4096;t=14.8T;p=fp8"),
    ("qwen3-30b", "1;m=Qwen/Qwen3-30B-A3B;n=64;b=1024;s=4096;t=1T"),
    ("llama-7b", "1;m=meta-llama/Llama-2-7b-hf;g=a100-40g;n=8;b=256;s=4096;t=100B;k=torchtitan"),
    ("pasted", PASTED),
];

/// Stands for the link of [`UNKNOWN_MODEL`] on 32 H100.
pub const PASTED: &str = "1z";

/// Everything that is answered to a link.
pub fn ask(link: &str) -> Vec<Answer> {
    let link = resolved(link);
    let mut all = Vec::new();
    answer(1, &link, &|| 0.0, &mut || true, &mut |answer| {
        all.push(answer);
    });
    all
}

/// The first answer alone.
pub fn plan_of(link: &str) -> Option<PlanView> {
    let link = resolved(link);
    let mut plan = None;
    answer(1, &link, &|| 0.0, &mut || false, &mut |answer| {
        if let Answer::Plan { plan: found, .. } = answer {
            plan = Some(*found);
        }
    });
    plan
}

/// The last word on a question without a plan.
pub fn stuck_of(link: &str) -> Option<StuckView> {
    let last = |answer| match answer {
        Answer::Stuck { stuck, .. } => Some(stuck),
        _ => None,
    };
    ask(link).into_iter().filter_map(last).next_back()
}

/// The case of a link.
pub fn case_of(link: &str) -> Case {
    let resolution = link::decode(&resolved(link)).inputs.resolve();
    resolution.case.unwrap_or_else(|| panic!("{link}: {:?}", resolution.problems))
}

/// A link; the short name of the pasted model stands for its whole link.
pub fn resolved(link: &str) -> String {
    use autoparallel::inputs::{Inputs, Key};
    if link != PASTED {
        return link.to_owned();
    }
    let inputs = Inputs::default()
        .with(Key::Model, "config")
        .with(Key::Config, UNKNOWN_MODEL)
        .with(Key::Count, "32")
        .with(Key::Batch, "512")
        .with(Key::Sequence, "8192")
        .with(Key::Tokens, "2T");
    link::encode(&inputs)
}
