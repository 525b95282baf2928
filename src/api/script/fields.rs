//! The fields of a question: each an input of the page, its number in the unit that its name ends with.

use super::{Plain, Wrong};
use crate::catalogue::constants::Form::Switch;
use crate::inputs::software::{Items, constants_of, items, text_of};
use crate::inputs::{Key, Value, read};
use crate::stack::Technique;
use crate::units::text::Batch;

/// One field.
pub(super) struct Field {
    pub group: &'static str,
    pub name: &'static str,
    pub key: Key,
    pub form: Form,
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// A name or word.
    Text,
    /// A number; what is typed after it to say its unit.
    Number(&'static str),
    /// True or false.
    Flag,
    /// A list of words.
    Words,
    /// Seconds, or `none`.
    Goal,
    /// Dollars, where one number stands for all.
    Alone,
    /// Names with their values.
    Named,
}

use Form::{Alone, Flag, Goal, Named, Number, Text, Words};

const fn field(group: &'static str, name: &'static str, key: Key, form: Form) -> Field {
    Field { group, name, key, form }
}

/// A bare number.
const N: Form = Number("");
const BYTES: Form = Number(" B");
const BYTES_S: Form = Number(" bytes/s");
const BITS_S: Form = Number(" bit/s");
const FLOPS_S: Form = Number(" flops");

const M: &str = "model";
const C: &str = "cluster";
const T: &str = "training";
const L: &str = "constraints";
const S: &str = "serving";
/// Told as a word rather than as a group.
pub(super) const PURPOSE: &str = "purpose";

/// All of them, in the order in which a question is written.
pub(super) const FIELDS: &[Field] = &[
    field(M, "name", Key::Model, Text),
    field(M, "config", Key::Config, Text),
    field(M, "layers", Key::Layers, N),
    field(M, "hidden_size", Key::Hidden, N),
    field(M, "attention_heads", Key::Heads, N),
    field(M, "key_value_heads", Key::KvHeads, N),
    field(M, "head_width", Key::HeadDim, N),
    field(M, "feed_forward_width", Key::FfnWidth, N),
    field(M, "vocabulary_tokens", Key::Vocab, N),
    field(M, "routed_experts", Key::Experts, N),
    field(M, "experts_per_token", Key::TopK, N),
    field(M, "expert_width", Key::ExpertWidth, N),
    field(M, "shared_experts", Key::SharedExperts, N),
    field(M, "dense_layers_first", Key::DenseLayers, N),
    field(M, "gated_feed_forward", Key::Gated, Flag),
    field(M, "tied_embeddings", Key::Tied, Flag),
    field(C, "accelerator", Key::Accelerator, Text),
    field(C, "accelerators", Key::Count, N),
    field(C, "accelerators_per_node", Key::NodeSize, N),
    field(C, "scale_up_domain_accelerators", Key::Domain, N),
    field(C, "network_bits_per_s", Key::Nic, BITS_S),
    field(C, "leaf_accelerators", Key::Leaf, N),
    field(C, "oversubscription_ratio", Key::Oversubscription, N),
    field(C, "adaptive_routing", Key::AdaptiveRouting, Flag),
    field(C, "memory_bytes", Key::Memory, BYTES),
    field(C, "memory_bytes_per_s", Key::MemoryBandwidth, BYTES_S),
    field(C, "peak_bf16_flops_per_s", Key::PeakBf16, FLOPS_S),
    field(C, "peak_fp16_flops_per_s", Key::PeakFp16, FLOPS_S),
    field(C, "peak_fp8_flops_per_s", Key::PeakFp8, FLOPS_S),
    field(C, "peak_fp4_flops_per_s", Key::PeakFp4, FLOPS_S),
    field(C, "peak_fp32_flops_per_s", Key::PeakFp32, FLOPS_S),
    field(C, "scale_up_bytes_per_s", Key::Link, BYTES_S),
    field(C, "power_watts", Key::Power, Number(" W")),
    field(C, "host_memory_bytes", Key::HostMemory, BYTES),
    field(C, "host_link_bytes_per_s", Key::HostLink, BYTES_S),
    field(T, "global_batch_sequences", Key::Batch, N),
    field(T, "global_batch_tokens", Key::Batch, Number(" tokens")),
    field(T, "sequence_tokens", Key::Sequence, N),
    field(T, "total_tokens", Key::Tokens, N),
    field(T, "precision", Key::Precision, Text),
    field(T, "optimizer", Key::Optimizer, Text),
    field(T, "moments_type", Key::Moments, Text),
    field(T, "gradients_type", Key::Gradients, Text),
    field(T, "master_weights", Key::Master, Flag),
    field(T, "expert_imbalance_ratio", Key::Imbalance, N),
    field(T, "dropout", Key::Dropout, Flag),
    field(T, "fused_attention", Key::FusedAttention, Flag),
    field(T, "causal_attention", Key::Causal, Flag),
    field(T, "adapter_rank", Key::Adapters, N),
    field("stack", "name", Key::Stack, Text),
    field("stack", "your_changes", Key::OwnStack, Named),
    field("stack", "your_name", Key::OwnStackName, Text),
    field("stack", "your_version", Key::OwnStackVersion, Text),
    field("price", "usd_per_accelerator_hour", Key::Price, Number(" $/h")),
    field(L, "memory_headroom_ratio", Key::Headroom, N),
    field(L, "tensor_parallel", Key::Tp, N),
    field(L, "context_parallel", Key::Cp, N),
    field(L, "pipeline_parallel", Key::Pp, N),
    field(L, "virtual_stages", Key::Vpp, N),
    field(L, "expert_parallel", Key::Ep, N),
    field(L, "expert_tensor_parallel", Key::Etp, N),
    field(L, "micro_batch_sequences", Key::MicroBatch, N),
    field(L, "zero_stage", Key::Zero, N),
    field(L, "zero_shard_ranks", Key::Shard, N),
    field(L, "recomputed_layers_per_chunk", Key::Recompute, N),
    field(L, "schedule", Key::Schedule, Text),
    field(L, "forbidden_techniques", Key::Forbid, Words),
    field(PURPOSE, "name", Key::Purpose, Text),
    field(S, "engine", Key::Engine, Text),
    field(S, "your_engine_changes", Key::OwnEngine, Named),
    field(S, "your_engine_name", Key::OwnEngineName, Text),
    field(S, "your_engine_version", Key::OwnEngineVersion, Text),
    field(S, "accelerators", Key::ServeOn, Words),
    field(S, "accelerators_max", Key::ServeMost, N),
    field(S, "weights_formats", Key::Weights, Words),
    field(S, "cache_formats", Key::Cache, Words),
    field(S, "prompt_tokens", Key::Prompt, N),
    field(S, "answer_tokens", Key::Answer, N),
    field(S, "answer_tokens_deviation_ratio", Key::Spread, N),
    field(S, "prompt_tokens_deviation_ratio", Key::PromptSpread, N),
    field(S, "prefix_cache_hit_ratio", Key::Cached, N),
    field(S, "requests_per_s", Key::Rate, Number("/s")),
    field(S, "requests_in_flight", Key::InFlight, N),
    field(S, "first_token_goal_seconds", Key::FirstToken, Goal),
    field(S, "per_token_goal_seconds", Key::PerToken, Goal),
    field(S, "goals_hold_for", Key::Percentile, Text),
    field(S, "per_token_goal_holds_for", Key::FurtherPercentile, Text),
    field(S, "goals_chance_ratio", Key::Sure, N),
    field(S, "guessed_tokens", Key::Guesses, N),
    field(S, "guess_acceptance_ratio", Key::Acceptance, N),
    field(S, "usd_per_accelerator_hour", Key::ServePrice, Alone),
    field(S, "prices_by_accelerator", Key::ServePrice, Words),
    field(S, "api_usd_per_million_prompt_tokens", Key::ApiInput, Number(" $")),
    field(S, "api_usd_per_million_answer_tokens", Key::ApiOutput, Number(" $")),
    field(S, "tensor_parallel", Key::ServeTp, N),
    field(S, "pipeline_parallel", Key::ServePp, N),
    field(S, "attention_data_parallel", Key::ServeDp, N),
    field(S, "expert_parallel", Key::ServeEp, N),
    field(S, "sequences_max", Key::BatchMax, N),
    field(S, "instances_min", Key::ServeLeast, N),
    field(S, "spare_instances", Key::StandBy, N),
    field(S, "accelerators_per_machine", Key::ServeNode, N),
    field(S, "network_bits_per_s", Key::ServeNic, BITS_S),
    field(S, "program_memory_bytes", Key::ServeMemory, BYTES),
];

/// Inputs without a field of their own, by their names in links, as typed texts.
pub(super) const OTHER: &str = "other";

/// Where the field of an input stands: `cluster.accelerators`.
pub(super) fn path(key: Key) -> String {
    let own = FIELDS.iter().find(|field| field.key == key);
    own.map_or_else(|| format!("{OTHER}.{}", key.link_name()), Field::path)
}

/// The field of that path.
pub(super) fn find(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path() == path)
}

impl Field {
    pub(super) fn path(&self) -> String {
        if self.group == PURPOSE {
            return PURPOSE.to_owned();
        }
        format!("{}.{}", self.group, self.name)
    }

    /// What a person would type for a value.
    pub(super) fn typed(&self, value: &Plain) -> Result<String, Wrong> {
        match (self.form, value) {
            (Form::Text, Plain::Text(text)) if !text.trim().is_empty() => Ok(text.clone()),
            (Form::Number(unit), Plain::Number(n)) if n.is_finite() && *n >= 0.0 => {
                Ok(format!("{n}{unit}"))
            }
            (Form::Goal, Plain::Number(n)) if n.is_finite() && *n > 0.0 => Ok(format!("{n} s")),
            (Form::Goal, Plain::Text(text)) if text == "none" => Ok(text.clone()),
            (Form::Alone, Plain::Number(n)) if n.is_finite() && *n >= 0.0 => Ok(format!("{n} $/h")),
            (Form::Flag, Plain::Flag(on)) => Ok(if *on { "on" } else { "off" }.to_owned()),
            (Form::Words, Plain::List(list)) => {
                let words = list.iter().map(|word| match word {
                    Plain::Text(word) => Some(word.as_str()),
                    _ => None,
                });
                let words: Option<Vec<&str>> = words.collect();
                words.map(|words| words.join(",")).ok_or_else(|| self.wrong(value))
            }
            (Form::Named, Plain::Object(members)) => {
                let items = members.iter().filter(|(_, value)| *value != Plain::Nothing);
                let items: Option<Items> = items.map(named).collect();
                let items = items.filter(|items| !items.is_empty());
                items.map(|items| text_of(&items)).ok_or_else(|| self.wrong(value))
            }
            _ => Err(self.wrong(value)),
        }
    }

    fn wrong(&self, value: &Plain) -> Wrong {
        let expected = match self.form {
            Form::Text => "a text that is not empty",
            Form::Number(_) | Form::Alone => "a finite number, not negative",
            Form::Goal => "seconds above 0, or \"none\"",
            Form::Flag => "true or false",
            Form::Words => "a list of texts",
            Form::Named => "an object of numbers by the names of constants, true or false",
        };
        let given = match value {
            Plain::Number(n) => n.to_string(),
            Plain::Text(text) => format!("\"{text}\""),
            other => other.kind().to_owned(),
        };
        Wrong::new("wrong_type", &self.path(), expected, &given)
    }

    /// The value of a typed text, where this field is the one for it.
    pub(super) fn value(&self, text: &str) -> Option<Plain> {
        let bits = self.form == BITS_S;
        Some(match (read(self.key, text).ok()?, self.form) {
            (Value::Name(text) | Value::Json(text) | Value::Words(text), Form::Text) => {
                Plain::Text(text)
            }
            (Value::Word(word), Form::Text | Form::Goal) => Plain::Text(word.to_owned()),
            (Value::Span(time), Form::Goal) => Plain::Number(time.get()),
            (Value::Frequency(rate), Form::Number(_)) => Plain::Number(rate.get()),
            (Value::Money(dollars), Form::Number(_)) => Plain::Number(dollars.get()),
            (Value::Words(words), Form::Alone) => Plain::Number(one_price(&words)?),
            (Value::Words(words), Form::Words) => {
                Plain::List(words.split(',').map(|word| Plain::Text(word.to_owned())).collect())
            }
            (Value::Words(words), Form::Named) => Plain::Object(
                items(&words).into_iter().map(|own| value_of(self.key, own)).collect(),
            ),
            (Value::Count(n), Form::Number(_)) => Plain::Number(n as f64),
            (Value::Tokens(tokens), Form::Number(_)) => Plain::Number(tokens.as_f64()),
            (Value::Batch(Batch::Sequences(n)), Form::Number("")) => Plain::Number(n as f64),
            (Value::Batch(Batch::Tokens(tokens)), Form::Number(" tokens")) => {
                Plain::Number(tokens.as_f64())
            }
            (Value::Bytes(bytes), Form::Number(_)) => Plain::Number(bytes.as_f64()),
            (Value::Bandwidth(rate), _) if bits => Plain::Number(rate.get() * 8.0),
            (Value::Bandwidth(rate), Form::Number(_)) => Plain::Number(rate.get()),
            (Value::FlopRate(rate), Form::Number(_)) => Plain::Number(rate.get()),
            (Value::Price(rate), Form::Number(_)) => Plain::Number(rate.get()),
            (Value::Power(power), Form::Number(_)) => Plain::Number(power.get()),
            (Value::Ratio(ratio), Form::Number(_)) => Plain::Number(ratio.get()),
            (Value::Switch(on), Form::Flag) => Plain::Flag(on),
            (Value::Techniques(set), Form::Words) => {
                let word = |technique: Technique| Plain::Text(technique.key().to_owned());
                Plain::List(set.iter().map(word).collect())
            }
            _ => return None,
        })
    }
}

/// One name with what a person would type for its value.
fn named((name, value): &(String, Plain)) -> Option<(String, String)> {
    let text = match value {
        Plain::Number(n) => n.to_string(),
        Plain::Flag(on) => if *on { "on" } else { "off" }.to_owned(),
        Plain::Text(text) => text.clone(),
        _ => return None,
    };
    Some((name.clone(), text))
}

/// The same back: techniques and switches are true or false, a pace with that of attention is a text.
fn value_of(key: Key, (name, text): (String, String)) -> (String, Plain) {
    let switch = constants_of(key).iter().any(|own| own.field == name && own.form == Switch);
    let value = match text.as_str() {
        "on" => Plain::Flag(true),
        "off" => Plain::Flag(false),
        text if switch => Plain::Flag(text == "1"),
        text => text.parse().map_or_else(|_| Plain::Text(text.to_owned()), Plain::Number),
    };
    (name, value)
}

/// The price that stands alone, without the accelerator that it is of.
fn one_price(words: &str) -> Option<f64> {
    match read(Key::Price, words).ok()? {
        Value::Price(rate) => Some(rate.get()),
        _ => None,
    }
}
