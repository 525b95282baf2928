//! From a run to the case and the layout that it ran.

use super::run::{Degrees, Run};
use super::software::{self, Habits};
use super::{architecture, machine, recompute};
use crate::case::Case;
use crate::catalogue::stacks;
use crate::estimate::Book;
use crate::layout::{ContextKind, Layout, Schedule, ZeroStage};
use crate::prices::Offer;
use crate::search::{Budget, Goal, search};
use crate::stack::Stack;
use crate::units::{DollarsPerHour, Ratio, Tokens};
use crate::workload::{Constraints, Precision, Training};

/// Rank of adapters where the source gives none: MLPerf's LoRA task (its rules) and most recipes.
const ADAPTER_RANK: u32 = 16;

/// Layouts that are estimated at most where none is stated.
const CANDIDATES: u64 = 20_000;

/// A run that can be estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The question.
    pub case: Case,
    /// The layout that it ran.
    pub layout: Layout,
    /// What the source did not state, and what was taken instead.
    pub remarks: Vec<String>,
}

/// The case and layout of a run, on the profile of the software that it names.
///
/// # Errors
/// Why the run cannot be estimated, for people.
pub fn setup(run: &Run) -> Result<Setup, String> {
    let mut remarks = Vec::new();
    let habits = software::habits(run, &mut remarks)?;
    let stack = stacks::find(habits.stack).ok_or("its stack has no profile")?;
    with_stack(run, habits, stack.clone(), remarks)
}

/// The same with the stack's constants as stated, before any fit.
///
/// # Errors
/// Why the run cannot be estimated, for people.
pub fn setup_stated(run: &Run) -> Result<Setup, String> {
    let mut remarks = Vec::new();
    let habits = software::habits(run, &mut remarks)?;
    let stack = stacks::stated(habits.stack).ok_or("its stack has no profile")?;
    with_stack(run, habits, stack, remarks)
}

fn with_stack(
    run: &Run,
    habits: Habits,
    stack: Stack,
    mut remarks: Vec<String>,
) -> Result<Setup, String> {
    check_known(run)?;
    let model = architecture::model(run, &mut remarks)?;
    let mut cluster = machine::cluster(run, &mut remarks)?;
    let training = training(run, &habits, &mut remarks)?;
    if peak_missing(&cluster.accelerator.peak, training.precision) {
        // Older accelerators train in the format they have.
        let peak = &mut cluster.accelerator.peak;
        let wide = peak.bf16.or(peak.fp16);
        (peak.bf16, peak.fp16) = (peak.bf16.or(wide), peak.fp16.or(wide));
    }
    let constraints = Constraints { headroom_thousandths: 0, ..Constraints::default() };
    let offer = Offer { rate: DollarsPerHour::ZERO, source: String::new() };
    let case = Case::new(model, cluster, training, constraints, stack, offer)
        .map_err(|error| format!("the parts do not fit together: {error:?}"))?;
    if states_nothing(&run.degrees) && case.cluster.count > 1 {
        let layout = best(&case).ok_or("no layout is stated, and none was found")?;
        remarks.push("no layout stated: the fastest that the stack can run".to_owned());
        return Ok(Setup { case, layout, remarks });
    }
    let layout = layout(run, &habits, &case, &mut remarks)?;
    let layout = recompute::with(run, &case, &layout, &mut remarks);
    Ok(Setup { case, layout, remarks })
}

/// Whether a source tells nothing of how its model was split.
fn states_nothing(degrees: &Degrees) -> bool {
    let Degrees { tp, pp, dp, cp, ep, .. } = *degrees;
    [tp, dp, cp, ep].iter().all(Option::is_none) && pp.is_none_or(|pp| pp == 1)
}

/// The layout that whoever publishes a run would have looked for.
fn best(case: &Case) -> Option<Layout> {
    let book = Book::new(case);
    let mut goal = Goal::fastest(&book);
    goal.budget = Budget { candidates: CANDIDATES, ..Budget::DEFAULT };
    search(&book, &goal).best.map(|best| best.layout)
}

/// Refuses what no estimate here speaks of.
fn check_known(run: &Run) -> Result<(), String> {
    let framework = run.framework.to_ascii_lowercase();
    let reason = if run.precision.contains("nf4") {
        "frozen weights of 4 bits (NF4) are not modelled"
    } else if framework.contains("litgpt") && run.count.is_some_and(|count| count > 1) {
        // Each accelerator reads all weights before FSDP splits them: what its tables show with two and four.
        "LitGPT's peak on several accelerators is that of loading the weights"
    } else if framework.contains("torchtune") && run.global_batch.is_none() {
        "optimizer, offload and recompute of the recipe are not stated"
    } else {
        return Ok(());
    };
    Err(reason.to_owned())
}

fn peak_missing(peak: &crate::cluster::Peak, precision: Precision) -> bool {
    match precision {
        Precision::Bf16 => peak.bf16.is_none(),
        Precision::Fp16 => peak.fp16.is_none(),
        _ => false,
    }
}

fn training(run: &Run, habits: &Habits, remarks: &mut Vec<String>) -> Result<Training, String> {
    let global_batch = global_batch(run, remarks).ok_or("the global batch is not stated")?;
    let sequence = run.sequence.or_else(|| longest_example(&run.notes));
    let sequence = sequence.ok_or("the sequence length is not stated")?;
    let adapters = matches!(run.task.as_str(), "lora" | "adapter" | "qlora");
    Ok(Training {
        global_batch,
        sequence,
        tokens: Tokens::new(u64::from(global_batch) * u64::from(sequence)),
        precision: software::precision(run, remarks),
        optimizer: software::optimizer(run, habits),
        fused_attention: habits.fused,
        dropout: habits.dropout,
        expert_imbalance: Ratio::ONE,
        causal: habits.causal,
        adapter_rank: adapters.then_some(ADAPTER_RANK),
    })
}

fn layout(
    run: &Run,
    habits: &Habits,
    case: &Case,
    remarks: &mut Vec<String>,
) -> Result<Layout, String> {
    let degrees = &run.degrees;
    let count = case.cluster.count;
    let one = |degree: Option<u32>| degree.unwrap_or(1);
    let (mut tp, pp, cp) = (one(degrees.tp), one(degrees.pp), one(degrees.cp));
    let stated = degrees.dp.map(|dp| u64::from(tp * pp * cp) * u64::from(dp));
    let cores = stated == Some(2 * u64::from(count)) && tp.is_multiple_of(2);
    if cores && run.accelerator.starts_with("Trainium") {
        remarks.push("degrees count cores, two to an accelerator".to_owned());
        tp /= 2;
    }
    let inner = tp.saturating_mul(pp).saturating_mul(cp);
    if inner == 0 || !count.is_multiple_of(inner) {
        return Err(format!("TP {tp} x PP {pp} x CP {cp} does not divide {count} accelerators"));
    }
    let dp = count / inner;
    if degrees.dp.is_some_and(|stated| stated != dp) {
        remarks.push(format!("data parallel {dp}, as the other degrees leave"));
    }
    let vpp = one(degrees.vpp);
    let schedule = if vpp > 1 && pp > 1 { Schedule::Interleaved } else { Schedule::OneFOneB };
    let ep = one(degrees.ep).min(tp * cp * dp);
    let replicas = dp * cp;
    let zero = zero(run, habits, remarks);
    let layout = Layout {
        tp,
        sp: tp > 1 && sequence_parallel(run, habits),
        cp,
        cp_kind: if case.model.n_layers() > 0 { ContextKind::Ring } else { ContextKind::Gather },
        pp,
        schedule,
        vpp: if pp > 1 { vpp } else { 1 },
        dp,
        ep,
        etp: expert_tensor(run, tp, ep, tp * cp * dp),
        micro_batch: micro_batch(run, case.training.global_batch, dp, remarks)?,
        zero,
        shard: if zero == ZeroStage::Zero { 1 } else { shard(&run.zero, replicas) },
        ..Layout::SINGLE
    };
    Ok(layout)
}

/// Expert tensor parallel: as stated, else as the release has it, where it divides.
fn expert_tensor(run: &Run, tp: u32, ep: u32, ranks: u32) -> u32 {
    let wanted = run.degrees.etp.unwrap_or_else(|| software::expert_tensor(run, tp));
    let divides = |etp: &u32| ranks.is_multiple_of(etp.saturating_mul(ep).max(1));
    (1..=wanted).rev().find(divides).unwrap_or(1)
}

/// Sequences in a step: as stated; else as few as keep a pipeline full, which is what memory depends on.
fn global_batch(run: &Run, remarks: &mut Vec<String>) -> Option<u32> {
    let degrees = &run.degrees;
    let least = || {
        let batch = degrees.micro_batch?.checked_mul(degrees.dp?)?.checked_mul(degrees.pp?)?;
        remarks.push(format!("global batch not stated: {batch}, one micro-batch for each stage"));
        Some(batch)
    };
    run.global_batch.or_else(least)
}

/// Tokens of fine-tuning data that is not packed: `longest example 1304 tokens`.
fn longest_example(notes: &str) -> Option<u32> {
    let (_, after) = notes.split_once("longest example ")?;
    after.split(' ').next()?.parse().ok()
}

fn sequence_parallel(run: &Run, habits: &Habits) -> bool {
    match run.sequence_parallel.as_str() {
        "y" => true,
        "n" => false,
        _ => habits.sequence_parallel,
    }
}

/// The stated micro-batch, or the largest below it that divides a replica's share.
fn micro_batch(
    run: &Run,
    global_batch: u32,
    dp: u32,
    remarks: &mut Vec<String>,
) -> Result<u32, String> {
    if !global_batch.is_multiple_of(dp) {
        return Err(format!("a global batch of {global_batch} does not divide over {dp} replicas"));
    }
    let share = global_batch / dp;
    let stated = run.degrees.micro_batch.unwrap_or_else(|| {
        remarks.push("micro-batch not stated: 1".to_owned());
        1
    });
    let fits = (1..=stated.min(share)).rev().find(|size| share.is_multiple_of(*size));
    let size = fits.unwrap_or(1);
    if size != stated {
        remarks.push(format!("micro-batch {size}: {stated} does not divide {share}"));
    }
    Ok(size)
}

/// The stage that words such as `3 (FSDP2)`, `distributed optimizer` or `FSDP group 8` name.
fn zero(run: &Run, habits: &Habits, remarks: &mut Vec<String>) -> ZeroStage {
    let words = run.zero.to_ascii_lowercase();
    let stage = match words.as_bytes().first() {
        Some(b'0') => 0,
        Some(b'1') => 1,
        Some(b'2') => 2,
        Some(b'3') => 3,
        _ if words.contains("distributed optimizer") => 1,
        _ if words.contains("fsdp") => 3,
        _ => {
            remarks.push(format!("ZeRO stage not stated: {}, the stack's default", habits.zero));
            habits.zero
        }
    };
    ZeroStage::ALL[stage.min(3) as usize]
}

/// The ranks that states are split over: `shard group 8`, `group 64`, `FSDP 128`; else all.
fn shard(words: &str, replicas: u32) -> u32 {
    let last = words.trim_end_matches(')').rsplit(' ').next().unwrap_or("");
    let named = words.contains("group") || words.starts_with("FSDP ");
    let size = last.parse::<u32>().ok().filter(|size| named && *size > 0);
    match size {
        Some(size) if replicas.is_multiple_of(size) => size,
        _ => replicas,
    }
}
