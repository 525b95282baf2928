//! Pools as they are started: their settings, and how far measured pools lay from what is said.

use super::{Deployed, cache_name, instance_text};
use crate::estimate::serve::{Answer, Sequences};
use crate::plan::budget::{Cell, Grid, Line};
use crate::plan::{Amount, Derivation};
use crate::search::deploy::{Candidate, Deployment};
use crate::search::serve::split::{Apart, SplitQuestion};
use crate::serving::Ask;
use crate::units::text::{fine, show, span};
use crate::units::{Ratio, Seconds};

/// Readers and writers as deployments of their own.
pub(super) fn pair(question: &SplitQuestion, at: Candidate, own: &Apart) -> [Deployment; 2] {
    let pools = [(own.reader, own.readers), (own.writer, own.writers)];
    let limits = question.limits(own);
    let mut limits = limits.into_iter();
    pools.map(|(instance, replicas)| Deployment {
        at: Candidate { instance, ..at },
        batch: limits.next().unwrap_or(1),
        replicas,
        full: Answer::default(),
        now: Answer { running: own.running, ..Answer::default() },
        first_token: own.first_token,
        per_token: own.per_token,
    })
}

/// What each pool is told.
pub(super) fn settings(ask: &Ask, pools: &[Deployment; 2]) -> Grid {
    let all: Vec<Deployed<'_>> = pools.iter().filter_map(|own| Deployed::new(ask, own)).collect();
    let row = |name: &str, of: &dyn Fn(&Deployed<'_>) -> Cell| {
        Line::plain(std::iter::once(Cell::words(name)).chain(all.iter().map(of)).collect())
    };
    let count = |n: u64| Cell::words(&show::grouped(n));
    let limit = |(own, reads): (&Deployed<'_>, bool)| {
        let (serving, n) = (own.serving(), own.own.batch);
        let (formula, text) = if reads {
            let (step, prompt) = (serving.rows_most().into(), own.fresh().get());
            let text = format!("{} / {}, at least 1", fine::count(step), fine::count(prompt));
            let each = "tokens of a step / tokens of a prompt, whole ones, for each attention \
                        group and stage";
            (each, text)
        } else {
            let step = serving.writing(Sequences(n.into()), own.context());
            let goal = ask.goals.per_token.map_or_else(|| "none".to_owned(), show::time);
            let text = format!("{} of a token with all of them, goal {goal}", fine::time(step));
            ("most sequences whose step keeps the goal, no more than the cache holds", text)
        };
        let told = Derivation::of(formula, text, "as the pool was sized (search/serve/split)");
        Cell::of(Amount::Count(n.into())).from_where(told)
    };
    let batch = std::iter::once(Cell::words("Sequences at once in one, at most"))
        .chain(all.iter().zip([true, false]).map(limit));
    Grid {
        caption: "How each pool is set",
        columns: vec!["Setting", "Readers", "Writers"],
        rows: vec![
            row("Instances, spare ones included", &|own| count(own.instances().into())),
            row("One instance", &|own| Cell::words(&instance_text(&own.own.at.instance))),
            row("Accelerators of one", &|own| count(own.own.at.instance.ranks())),
            Line::plain(batch.collect()),
            row("Tokens of one step, at most", &|own| count(own.serving().rows_most().into())),
            row("Weights, cache", &|own| {
                let cache = cache_name(&own.ask.engine.key, own.formats.1);
                Cell::words(&format!("{}, {cache}", own.formats.0.key()))
            }),
        ],
    }
}

/// Where 80 % of measured pools lay, of a time of this one; empty where none was measured.
pub(super) fn range(ask: &Ask, machine: usize, figure: &str, time: Seconds) -> String {
    let generation = ask.machines.get(machine).map(|own| &own.cluster.accelerator.generation);
    let found = generation.and_then(|generation| ask.engine.range_apart(figure, generation));
    found.map_or_else(String::new, |range| {
        let at = |factor: Ratio| show::time(time * factor.get());
        span::text(&at(range.factor.0), &at(range.factor.1))
    })
}

/// On how many runs those ranges rest.
pub(super) fn basis(ask: &Ask, machine: usize) -> Option<String> {
    let generation = &ask.machines.get(machine)?.cluster.accelerator.generation;
    let range = ask.engine.range_apart("tpot", generation)?;
    let on = if range.generation.is_empty() { "any hardware" } else { &range.generation };
    Some(format!(
        "80 % of {} runs of pools on {on}, of all engines, lay within these ranges of what was \
         said before they were seen (docs/accuracy_serve.md). Rates and prices have no range of \
         their own, and what is cheaper by less than these ranges may not be.",
        show::grouped(range.rows.into())
    ))
}
