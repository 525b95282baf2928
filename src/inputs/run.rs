//! The run: workload, stack, price and constraints.

use super::names::CUSTOM;
use super::resolve::{Parts, Reader};
use super::{Key, Value};
use crate::catalogue::accelerators::MachineRow;
use crate::catalogue::platforms;
use crate::prices::Offer;
use crate::stack::{Technique, Techniques};
use crate::units::text::{Batch, show};
use crate::units::{DollarsPerHour, Ratio, Tokens};
use crate::workload::{
    BATCH_MAX, Constraints, Fixed, Optimizer, OptimizerKind, Precision, StateType, Training,
};

/// The source of a price that the user typed.
pub(super) const TYPED: &str = "typed";
/// Beyond this many tokens a step, a batch may have been meant in tokens: DeepSeek-V3 takes 63
/// million ( arXiv 2412.19437, section 4.2).
const BATCH_TOKENS_USUAL: u64 = 1 << 28;
/// The techniques of which a fixed schedule is one.
const SCHEDULES: Techniques = Techniques::of(&[
    Technique::OneFOneB,
    Technique::GPipe,
    Technique::Interleaved,
    Technique::BreadthFirst,
    Technique::ZeroBubble,
    Technique::ZeroBubbleV,
    Technique::DualPipe,
]);

pub(super) fn training(reader: &mut Reader, machine: Option<&MachineRow>) -> Option<Training> {
    let sequence = reader.count(Key::Sequence)?;
    let global_batch = batch(reader, sequence)?;
    let tokens = match reader.value(Key::Tokens)? {
        Value::Tokens(tokens) => *tokens,
        _ => return None,
    };
    Some(Training {
        global_batch,
        sequence,
        tokens,
        precision: precision(reader, machine)?,
        optimizer: Optimizer {
            kind: word(reader, Key::Optimizer, &OptimizerKind::ALL, OptimizerKind::key)?,
            moments: state_type(reader, Key::Moments)?,
            gradients: state_type(reader, Key::Gradients)?,
            master: reader.is_on(Key::Master),
        },
        fused_attention: reader.is_on(Key::FusedAttention),
        dropout: reader.is_on(Key::Dropout),
        expert_imbalance: reader.ratio(Key::Imbalance)?,
        causal: reader.is_on(Key::Causal),
        adapter_rank: reader.count(Key::Adapters),
    })
}

pub(super) fn offer(reader: &mut Reader, machine: Option<&MachineRow>) -> Offer {
    if let Some(Value::Price(rate)) = reader.value(Key::Price) {
        return Offer { rate: *rate, source: TYPED.to_owned() };
    }
    if let Some((_, rate)) = super::budget::bought(reader) {
        return Offer { rate, source: TYPED.to_owned() };
    }
    match machine.and_then(|machine| Some((machine.price?, machine))) {
        Some((rate, machine)) => Offer { rate, source: machine.price_source.clone() },
        None => {
            reader.note(Key::Price, "no price is known for this accelerator; type one");
            Offer { rate: DollarsPerHour::ZERO, source: "no price known".to_owned() }
        }
    }
}

pub(super) fn constraints(reader: &mut Reader) -> Constraints {
    let fixed = Fixed {
        tp: reader.count(Key::Tp),
        cp: reader.count(Key::Cp),
        pp: reader.count(Key::Pp),
        vpp: reader.count(Key::Vpp),
        ep: reader.count(Key::Ep),
        etp: reader.count(Key::Etp),
        micro_batch: reader.count(Key::MicroBatch),
        zero: reader.count(Key::Zero),
        shard: reader.count(Key::Shard),
        recompute_layers: reader.count(Key::Recompute),
    };
    let mut forbidden = match reader.value(Key::Forbid) {
        Some(Value::Techniques(set)) => *set,
        _ => Techniques::NONE,
    };
    if let Some(only) = reader.name(Key::Schedule).and_then(Technique::from_key) {
        forbidden = forbidden | SCHEDULES.without(Techniques::of(&[only]));
    }
    let headroom = reader.ratio(Key::Headroom).map_or(0.0, Ratio::get);
    let headroom_thousandths = (headroom * 1000.0 + 0.5).floor() as u32;
    Constraints { fixed, forbidden, headroom_thousandths }
}

/// What is worth knowing beside the values.
pub(super) fn remark(reader: &mut Reader, parts: Parts<'_>) {
    if let Some(training) = parts.training {
        remark_sizes(reader, training);
    }
    if let (Some(model), Some(training)) = (parts.model, parts.training)
        && let Some(longest) = model.max_positions.filter(|longest| *longest < training.sequence)
    {
        let longest = show::grouped(longest.into());
        reader.note(Key::Sequence, format!("the model's authors state {longest} positions"));
    }
    let Some(machine) = parts.machine else {
        return;
    };
    let generation = &machine.accelerator.generation;
    let strange =
        parts.stack.and_then(|stack| platforms::caution(&stack.key, &machine.label, generation));
    if let Some(text) = strange {
        reader.note(Key::Stack, text);
    }
    if !machine.accelerator.unverified.is_empty() {
        let fields = machine.accelerator.unverified.join(", ");
        reader.note(Key::Accelerator, format!("no primary source confirms: {fields}"));
    }
    if machine.status == "announced" {
        reader.note(Key::Accelerator, "announced, not yet delivered");
    }
    if !machine.kernels_measured {
        let from = &machine.kernels;
        reader.note(
            Key::Accelerator,
            format!("its kernels were not measured; their efficiencies are assumed ({from})"),
        );
    }
}

/// Thousands that may have been meant as binary ones, and sequences as tokens.
fn remark_sizes(reader: &mut Reader, training: &Training) {
    let sequence = training.sequence;
    let typed = reader.given(Key::Sequence);
    if typed.trim_end_matches("tokens").trim_end().ends_with(['k', 'K'])
        && sequence.is_multiple_of(1000)
    {
        let thousands = u64::from(sequence / 1000);
        let (own, binary) = (show::grouped(thousands * 1000), show::grouped(thousands * 1024));
        reader.note(Key::Sequence, format!("{own}; {thousands}Ki is {binary}"));
    }
    let in_sequences = matches!(reader.value(Key::Batch), Some(Value::Batch(Batch::Sequences(_))));
    let tokens = training.step_tokens();
    if in_sequences && tokens.get() > BATCH_TOKENS_USUAL {
        let typed = show::count(training.global_batch.into());
        let text = format!("{} a step; did you mean {typed} tokens?", show::tokens(tokens));
        reader.note(Key::Batch, text);
    }
}

/// Sequences in one step; a batch in tokens is rounded to whole sequences.
fn batch(reader: &mut Reader, sequence: u32) -> Option<u32> {
    let Value::Batch(batch) = reader.value(Key::Batch)?.clone() else {
        return None;
    };
    let sequences = match batch {
        Batch::Sequences(n) => n,
        Batch::Tokens(tokens) => whole_sequences(reader, tokens, sequence),
    };
    let fits = u32::try_from(sequences).ok().filter(|n| (1..=BATCH_MAX).contains(n));
    if fits.is_none() {
        let most = show::grouped(BATCH_MAX.into());
        let hint = format!("it comes to {} sequences", show::grouped(sequences));
        reader.problem(Key::Batch, &format!("1 to {most} sequences"), hint);
    }
    fits
}

fn whole_sequences(reader: &mut Reader, tokens: Tokens, sequence: u32) -> u64 {
    let sequence = u64::from(sequence.max(1));
    let n = (tokens.get().saturating_add(sequence / 2)) / sequence;
    if n.saturating_mul(sequence) != tokens.get() {
        let text = format!(
            "{} is no whole number of sequences; {} are taken. The power of two above it is {}",
            show::tokens(tokens),
            show::grouped(n),
            show::grouped(n.max(1).checked_next_power_of_two().unwrap_or(n)),
        );
        reader.note(Key::Batch, text);
    }
    n
}

/// What was typed; else the first of bf16, fp16 and fp32 that the accelerator has.
fn precision(reader: &Reader, machine: Option<&MachineRow>) -> Option<Precision> {
    if reader.is_typed(Key::Precision) {
        return word(reader, Key::Precision, &Precision::ALL, Precision::key);
    }
    let peak = &machine?.accelerator.peak;
    if machine?.key == CUSTOM {
        return Some(Precision::Bf16);
    }
    Some(match (peak.bf16, peak.fp16) {
        (None, Some(_)) => Precision::Fp16,
        (None, None) => Precision::Fp32,
        _ => Precision::Bf16,
    })
}

fn state_type(reader: &Reader, key: Key) -> Option<StateType> {
    word(reader, key, &[StateType::Fp32, StateType::Bf16], StateType::key)
}

fn word<T: Copy>(reader: &Reader, key: Key, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
    let text = reader.name(key)?;
    all.iter().copied().find(|item| name(*item) == text)
}
