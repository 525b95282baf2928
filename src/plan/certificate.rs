//! F6: the proof that a plan is the optimum, and the rules that shaped the space.

use super::Plan;
use crate::case::Case;
use crate::layout::ContextKind;
use crate::layout::rules::{self, HEAD_SLOTS_MAX, Rule, TP_MAX};
use crate::layout::space::divisors;
use crate::search::{Stop, Tally};
use crate::stack::Technique;
use crate::units::order;
use crate::units::text::show;
use std::collections::BTreeMap;

/// Most combinations of degrees that are asked about.
const COMBINATIONS_MAX: usize = 50_000;

/// Layouts, or combinations of degrees, that one thing took out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// How it works.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Where the layouts of the space went; the counts sum to it.
#[must_use]
pub fn cuts(tally: &Tally) -> Vec<Removed> {
    let cut = |name: &str, count, reason: String| Removed { name: name.to_owned(), reason, count };
    let all = [
        cut(
            "memory bound",
            tally.memory_bound,
            "What they keep at least, states split as far as they can be and one checkpoint a \
             layer, exceeds the memory."
                .to_owned(),
        ),
        cut(
            "time bound",
            tally.time_bound,
            "The least time that their degrees allow, with work spread evenly and nothing \
             recomputed, exceeds the best found."
                .to_owned(),
        ),
        cut(
            "without sequence parallelism",
            tally.sequence_dominated,
            "The same layout with sequence parallelism is no slower and no larger.".to_owned(),
        ),
        cut(
            "solved in groups",
            tally.solved,
            format!(
                "In each group memory falls and time rises with every recomputed layer, so the \
                 first that fits is its best; {} were estimated in full.",
                show::count(tally.estimated)
            ),
        ),
        cut(
            "left alone",
            tally.skipped,
            "Left out as asked, or left when the budget ran out.".to_owned(),
        ),
    ];
    all.into_iter().filter(|cut| cut.count > 0).collect()
}

/// `complete`, or how far the bound is from the plan.
#[must_use]
pub fn stop_text(plan: &Plan) -> String {
    match plan.stop {
        Stop::Complete => "complete".to_owned(),
        Stop::Budget { bound } => {
            let gap = 1.0 - bound.get() / plan.step().get();
            let gap = show::percent(crate::units::Ratio::new(gap.max(0.0)));
            format!("stopped at its budget; no layout left is more than {gap} faster")
        }
    }
}

/// The rules that leave no layout, the most telling first: what the user fixed that cannot be, then the rules that
/// alone stand in most combinations' way, then in the simplest's.
pub(super) fn blame(case: &Case) -> Vec<Removed> {
    let mut all = fixed_conflicts(case);
    let mut refused = refused(case);
    order::sort_by_key(&mut refused, |(_, one)| {
        let Degrees { tp, cp, pp, .. } = one.example;
        (std::cmp::Reverse(one.alone), u64::from(tp) * u64::from(cp) * u64::from(pp))
    });
    for removed in refused.iter().map(|(rule, one)| one.removed(case, *rule)) {
        if !all.iter().any(|known| known.name == removed.name) {
            all.push(removed);
        }
    }
    // That other values are fixed says nothing of what is wrong with these.
    order::sort_by_key(&mut all, |removed| removed.name == Rule::Fixed.name());
    all
}

/// Combinations of tensor, context and pipeline parallelism that named rules refuse, most first.
#[must_use]
pub fn refusals(case: &Case) -> Vec<Removed> {
    let mut refused = refused(case);
    order::sort_by_key(&mut refused, |(_, one)| std::cmp::Reverse(one.count));
    refused.iter().map(|(rule, one)| one.removed(case, *rule)).collect()
}

/// Combinations that one rule refuses.
#[derive(Clone, Copy, Debug)]
struct Refused {
    /// It is the first to refuse so many.
    count: u64,
    /// It is the only one to refuse so many.
    alone: u64,
    /// One of those that it alone refuses, or else of the others.
    example: Degrees,
}

impl Refused {
    fn removed(&self, case: &Case, rule: Rule) -> Removed {
        let reason = reason(case, rule, self.example);
        Removed { name: rule.name().to_owned(), reason, count: self.count }
    }
}

fn refused(case: &Case) -> Vec<(Rule, Refused)> {
    let mut refused: BTreeMap<Rule, Refused> = BTreeMap::new();
    for degrees in combinations(case.cluster.count) {
        let broken = broken(case, degrees);
        let Some(first) = broken.first() else { continue };
        let new = Refused { count: 0, alone: 0, example: degrees };
        let one = refused.entry(*first).or_insert(new);
        one.count += 1;
        if broken.len() == 1 {
            if one.alone == 0 {
                one.example = degrees;
            }
            one.alone += 1;
        }
    }
    refused.into_iter().collect()
}

/// The first ways of sharing out `count` accelerators.
fn combinations(count: u32) -> Vec<Degrees> {
    let mut all = Vec::new();
    for tp in divisors(count) {
        for cp in divisors(count / tp) {
            for pp in divisors(count / tp / cp) {
                if all.len() >= COMBINATIONS_MAX {
                    return all;
                }
                all.push(Degrees { tp, cp, pp, dp: count / tp / cp / pp });
            }
        }
    }
    all
}

/// How the accelerators are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Degrees {
    tp: u32,
    cp: u32,
    pp: u32,
    dp: u32,
}

/// The rules that no layout with these degrees can keep.
fn broken(case: &Case, degrees: Degrees) -> Vec<Rule> {
    let Degrees { tp, cp, pp, dp } = degrees;
    let fixed = &case.constraints.fixed;
    let free = |wanted: Option<u32>, given| wanted.is_none_or(|wanted| wanted == given);
    if !(free(fixed.tp, tp) && free(fixed.cp, cp) && free(fixed.pp, pp)) {
        return vec![Rule::Fixed];
    }
    let tensor = if tp > TP_MAX { Err(Rule::TensorMax) } else { rules::check_tensor(case, tp) };
    let mut broken: Vec<Rule> = tensor.err().into_iter().collect();
    broken.extend(check_context(case, tp, cp).err());
    if pp > case.model.n_layers() + 1 + u32::from(HEAD_SLOTS_MAX) {
        broken.push(Rule::PipelineSlots);
    }
    if pp > 1 && !case.allowed().has(Technique::PipelineParallel) {
        broken.push(Rule::Technique(Technique::PipelineParallel));
    }
    let round = dp.checked_mul(fixed.micro_batch.unwrap_or(1));
    if round.is_none_or(|round| !case.training.global_batch.is_multiple_of(round)) {
        broken.push(Rule::Batch);
    }
    broken
}

/// Refused if every kind of context parallelism is; the rule is that of the kind that comes
/// furthest.
fn check_context(case: &Case, tp: u32, cp: u32) -> Result<(), Rule> {
    let mut last = None;
    for kind in [ContextKind::Ring, ContextKind::Gather, ContextKind::Ulysses] {
        match rules::check_context(case, tp, cp, kind) {
            Ok(()) => return Ok(()),
            Err(rule @ Rule::Technique(_)) => last = last.or(Some(rule)),
            Err(rule) if last.is_none_or(|old| matches!(old, Rule::Technique(_))) => {
                last = Some(rule);
            }
            Err(_) => {}
        }
    }
    last.map_or(Ok(()), Err)
}

/// Why a rule refuses, with this case's numbers and one example.
fn reason(case: &Case, rule: Rule, example: Degrees) -> String {
    let n = |n: u32| show::grouped(n.into());
    let Degrees { tp, cp, pp, dp } = example;
    match rule {
        Rule::Fixed => "You fixed another value.".to_owned(),
        Rule::TensorMax => format!("Tensor parallelism beyond {TP_MAX} is not looked at."),
        Rule::TensorHeads => {
            format!("A rank must hold whole attention heads: {tp} does not divide {}.", heads(case))
        }
        Rule::TensorKvHeads => {
            format!("{tp} neither divides the key-value heads nor is a multiple of them.")
        }
        Rule::TensorWidth => format!("{tp} does not divide a feed-forward width."),
        Rule::ContextSequence => format!(
            "{} tokens cannot be cut into the even chunks that {} context-parallel ranks need.",
            n(case.training.sequence),
            n(cp)
        ),
        Rule::ContextHeads => format!("Ulysses needs {} to divide the heads.", n(tp * cp)),
        Rule::ContextMixer => {
            "Context parallelism needs softmax attention in every layer.".to_owned()
        }
        Rule::PipelineSlots => {
            format!("{} stages are more than {} layers can fill.", n(pp), n(case.model.n_layers()))
        }
        Rule::Batch if case.training.global_batch.is_multiple_of(dp) => format!(
            "{} sequences per replica do not divide by {}.",
            n(case.training.global_batch / dp),
            n(case.constraints.fixed.micro_batch.unwrap_or(1))
        ),
        Rule::Batch => format!(
            "{} replicas cannot share a batch of {} sequences evenly.",
            n(dp),
            n(case.training.global_batch)
        ),
        Rule::Technique(technique) => not_allowed(case, technique),
        other => format!("The rule \u{201c}{}\u{201d} refuses them.", other.name()),
    }
}

fn heads(case: &Case) -> String {
    let all = case.model.kinds.iter().map(|kind| kind.mixer.heads());
    let mut all: Vec<u32> = all.filter(|heads| *heads > 0).collect();
    order::sort_by(&mut all, Ord::cmp);
    all.dedup();
    let texts: Vec<String> = all.iter().map(|heads| heads.to_string()).collect();
    texts.join(" or ")
}

fn not_allowed(case: &Case, technique: Technique) -> String {
    let label = technique.label();
    if case.constraints.forbidden.has(technique) {
        return format!("You forbade it: {label}.");
    }
    match &case.stack.own {
        Some(own) => format!("Your stack ({}) cannot run it: {label}.", own.base),
        None => format!("{} cannot run it: {label}.", case.stack.told()),
    }
}

/// The first rule that a layout with only these degrees fixed breaks, if the user fixed any that
/// rule one out.
fn fixed_conflicts(case: &Case) -> Vec<Removed> {
    let fixed = &case.constraints.fixed;
    let n = case.cluster.count;
    let mut all = Vec::new();
    let mut add = |name: &str, reason: String| {
        all.push(Removed { name: name.to_owned(), reason, count: 1 });
    };
    let product =
        [fixed.tp, fixed.cp, fixed.pp].iter().flatten().map(|d| u64::from(*d)).product::<u64>();
    if product > 1 && !u64::from(n).is_multiple_of(product) {
        add(
            Rule::Ranks.name(),
            format!(
                "The degrees that you fixed multiply to {}, which does not divide {} accelerators.",
                show::grouped(product),
                show::grouped(n.into())
            ),
        );
    }
    if let Some(Err(rule)) = fixed.tp.map(|tp| rules::check_tensor(case, tp)) {
        let tp = fixed.tp.unwrap_or(1);
        add(rule.name(), reason(case, rule, Degrees { tp, cp: 1, pp: 1, dp: 1 }));
    }
    if let (Some(ep), true) = (fixed.ep, case.model.experts() > 0)
        && let Err(rule) = rules::check_expert_split(case, fixed.tp.unwrap_or(1), ep, 1)
    {
        let experts = show::grouped(case.model.experts().into());
        let reason = format!("{} does not divide {experts} experts, or the stack cannot.", ep);
        add(rule.name(), reason);
    }
    if case.model.experts() == 0 && fixed.ep.is_some_and(|ep| ep > 1) {
        add(Rule::Experts.name(), "The model has no experts to share out.".to_owned());
    }
    all
}
