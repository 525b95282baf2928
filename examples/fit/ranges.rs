//! Ranges that hold 80 % of what was measured, from errors on groups that the fit had not seen.

use crate::parameters::family;
use crate::{Judged, TODAY};
use autoparallel::fit::score::{self, LogRatio};
use autoparallel::units::Ratio;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Share of measurements that a range should hold.
pub const SHARE: f64 = 0.8;
/// Other groups that a kind of runs needs to have a range of its own.
const GROUPS_MIN: usize = 3;

/// Errors of one group, and what kind of runs it is.
struct Group {
    name: String,
    stack: String,
    generation: String,
    errors: Vec<f64>,
    memory: Vec<f64>,
}

/// All groups with a range for each kind of runs.
pub struct Ranges {
    groups: Vec<Group>,
}

/// A range: the largest usual absolute error, with where it is from.
#[derive(Clone, Debug)]
pub struct Range {
    /// Logarithm of the factor.
    pub width: f64,
    /// Groups.
    pub groups: usize,
    /// Runs.
    pub rows: usize,
    /// For people.
    pub basis: String,
}

/// Sorts the runs into groups.
pub fn ranges(judged: &[Judged]) -> Ranges {
    let mut groups: Vec<Group> = Vec::new();
    for row in judged {
        let stack = row.sample.setup.case.stack.key.clone();
        let generation = row.sample.setup.case.cluster.accelerator.generation.clone();
        let known = groups.iter_mut().find(|group| {
            (&group.name, &group.stack, &group.generation) == (&row.run.group, &stack, &generation)
        });
        match known {
            Some(group) => {
                group.errors.push(row.unseen);
                group.memory.extend(row.memory_unseen);
            }
            None => groups.push(Group {
                name: row.run.group.clone(),
                stack,
                generation,
                errors: vec![row.unseen],
                memory: row.memory_unseen.into_iter().collect(),
            }),
        }
    }
    Ranges { groups }
}

impl Ranges {
    /// The range for runs of a stack on a generation, from all groups but `without`: of the nearest kind of runs
    /// that has enough groups.
    pub fn range(&self, stack: &str, generation: &str, without: &str) -> Range {
        let others = || self.groups.iter().filter(|group| group.name != without);
        let is_stack = |group: &&Group| group.stack == stack;
        let is_family = |group: &&Group| family(&group.stack) == family(stack);
        let is_generation = |group: &&Group| group.generation == generation;
        let seen = others().any(|g| is_family(&g) && is_generation(&g));
        let kinds: [(Vec<&Group>, String); 3] = [
            (
                others().filter(|g| is_stack(g) && is_generation(g)).collect(),
                format!("runs of {stack} on {generation}"),
            ),
            (
                others().filter(|g| is_family(g) && is_generation(g)).collect(),
                format!("runs of stacks like {stack} on {generation}"),
            ),
            (
                others().filter(|g| is_family(g) || is_generation(g)).collect(),
                format!("runs of stacks like {stack}, and of others on {generation}"),
            ),
        ];
        let enough = |groups: &[&Group]| {
            let names: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            names.len() >= GROUPS_MIN
        };
        let chosen = kinds.into_iter().find(|(groups, _)| enough(groups));
        let (groups, basis) = chosen.unwrap_or_default();
        if seen { range_of(&groups, basis) } else { self.alone(without) }
    }

    /// The range of what no run is like: from groups that were alone on their kind of machine or stack.
    fn alone(&self, without: &str) -> Range {
        let alone = self.groups.iter().filter(|group| {
            let like = |other: &&Group| {
                other.name != group.name
                    && (other.stack == group.stack || other.generation == group.generation)
            };
            group.name != without && self.groups.iter().filter(like).count() < GROUPS_MIN
        });
        let groups: Vec<&Group> = alone.collect();
        range_of(&groups, "runs that were alone on their stack or hardware".to_owned())
    }

    /// The width of the range of memory for runs of a stack, from all groups but `without`: of its family of stacks if
    /// enough groups of it were measured, else that of the widest group.
    pub fn memory(&self, stack: &str, without: &str) -> f64 {
        let others = || self.groups.iter().filter(|g| g.name != without && !g.memory.is_empty());
        let kin: Vec<&Group> = others().filter(|g| family(&g.stack) == family(stack)).collect();
        let mut names: Vec<&str> = kin.iter().map(|g| g.name.as_str()).collect();
        names.dedup();
        if names.len() >= GROUPS_MIN {
            return weighted(kin.iter().map(|g| g.memory.as_slice()));
        }
        others().map(|g| weighted(std::iter::once(g.memory.as_slice()))).fold(0.0, f64::max)
    }

    /// Share of measured memory that lies within its range: over runs, and as a mean over groups.
    pub fn memory_coverage(&self) -> (f64, f64) {
        let measured = self.groups.iter().filter(|group| !group.memory.is_empty());
        share_within(measured.map(|group| {
            let width = self.memory(&group.stack, &group.name);
            (group.memory.as_slice(), width)
        }))
    }

    /// Share of measurements that lie within their ranges: over runs, and as a mean over groups.
    pub fn coverage(&self) -> (f64, f64) {
        share_within(self.groups.iter().map(|group| {
            let range = self.range(&group.stack, &group.generation, &group.name);
            (group.errors.as_slice(), range.width)
        }))
    }

    /// The table that the catalogue embeds.
    pub fn table(&self) -> String {
        let mut text =
            "stack,generation,time_low,time_high,memory_low,memory_high,groups,rows,basis,source,\
             date\n"
                .to_owned();
        let mut line = |stack: &str, generation: &str, range: &Range| {
            let [low, high] = outward(range.width);
            let [less, more] = outward(self.memory(stack, ""));
            writeln!(
                text,
                "{stack},{generation},{low:.3},{high:.3},{less:.3},{more:.3},{},{},\"{}\",\
                 docs/accuracy.md,{TODAY}",
                range.groups, range.rows, range.basis
            )
            .unwrap_or_default();
        };
        let kinds: BTreeSet<(&str, &str)> =
            self.groups.iter().map(|g| (g.stack.as_str(), g.generation.as_str())).collect();
        let generations: BTreeSet<&str> = kinds.iter().map(|(_, generation)| *generation).collect();
        let stacks: BTreeSet<&str> = kinds.iter().map(|(stack, _)| *stack).collect();
        let like = |stack: &str, generation: &str| {
            kinds.iter().any(|(s, g)| family(s) == family(stack) && *g == generation)
        };
        for stack in &stacks {
            for generation in generations.iter().filter(|generation| like(stack, generation)) {
                line(stack, generation, &self.range(stack, generation, ""));
            }
        }
        line("", "", &self.alone(""));
        text
    }
}

/// The value below which a share of all lie.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let values: Vec<LogRatio> = values.iter().map(|value| LogRatio(*value)).collect();
    score::quantile(&values, Ratio::new(share)).0
}

/// Both factors of a range, rounded so that it does not shrink.
fn outward(width: f64) -> [f64; 2] {
    [((-width).exp() * 1e3).floor() / 1e3, (width.exp() * 1e3).ceil() / 1e3]
}

/// Share of errors that lie within a width: over all, and as a mean over groups.
fn share_within<'a>(groups: impl Iterator<Item = (&'a [f64], f64)>) -> (f64, f64) {
    let (mut inside, mut all, mut mean, mut n) = (0.0, 0.0, 0.0, 0.0);
    for (errors, width) in groups {
        let within = errors.iter().filter(|error| error.abs() <= width).count() as f64;
        inside += within;
        all += errors.len() as f64;
        mean += within / errors.len() as f64;
        n += 1.0;
    }
    (inside / all, mean / n)
}

fn range_of(groups: &[&Group], basis: String) -> Range {
    let rows = groups.iter().map(|group| group.errors.len()).sum();
    let width = weighted(groups.iter().map(|group| group.errors.as_slice()));
    Range { width, groups: groups.len(), rows, basis }
}

/// The quantile of absolute errors, each group counting as the square root of its runs.
fn weighted<'a>(groups: impl Iterator<Item = &'a [f64]>) -> f64 {
    let mut weighted: Vec<(f64, f64)> = Vec::new();
    for errors in groups {
        let weight = 1.0 / (errors.len() as f64).sqrt();
        weighted.extend(errors.iter().map(|error| (error.abs(), weight)));
    }
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    for (error, weight) in &weighted {
        below += weight;
        if below >= SHARE * total {
            return *error;
        }
    }
    weighted.last().map_or(0.0, |(error, _)| *error)
}
