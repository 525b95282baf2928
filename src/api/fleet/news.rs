//! What workers that share a search tell one another.

use super::{FleetFact, FleetNews, FleetSession};
use crate::api::Answer;
use crate::plan::fleet::{Fact, FleetTally};
use crate::units::Seconds;

/// What another worker last said of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Other {
    pub(super) looked_at: u32,
    pub(super) searches: u32,
    pub(super) tally: FleetTally,
    pub(super) done: bool,
}

impl FleetSession {
    /// What was found since this was last called, for the other workers; nothing where this one works alone.
    pub fn news(&mut self) -> Option<Answer> {
        let facts = self.fleet.news();
        let news = !facts.is_empty() || self.progress.done != self.done_told;
        if self.share.1 <= 1 || !news {
            return None;
        }
        self.done_told = self.progress.done;
        let tally = self.fleet.tally();
        let fact = |fact: Fact| FleetFact {
            kind: fact.kind,
            size: fact.size,
            step_s: fact.best.as_ref().map(|(step, _)| step.get()),
            layout: fact.best.map(|(_, layout)| layout).unwrap_or_default(),
            slower_s: fact.slower.get(),
        };
        let news = FleetNews {
            worker: self.share.0,
            facts: facts.into_iter().map(fact).collect(),
            looked_at: self.progress.pairs.saturating_sub(self.progress.left),
            searches: self.progress.searches,
            tally: vec![tally.short, tally.bounded, tally.beaten, tally.found],
            done: self.progress.done,
        };
        Some(Answer::FleetNews { run: self.run, news })
    }

    /// Takes in what another worker on the same question found.
    pub fn hear(&mut self, news: &FleetNews) {
        for fact in &news.facts {
            let best = fact.step_s.map(|step| (Seconds::new(step), fact.layout.clone()));
            let slower = Seconds::new(fact.slower_s);
            self.fleet.hear(Fact { kind: fact.kind, size: fact.size, best, slower });
        }
        let Some(other) = self.others.get_mut((news.worker as usize).wrapping_sub(1)) else {
            return;
        };
        let n = |i: usize| news.tally.get(i).copied().unwrap_or(0);
        *other = Other {
            looked_at: news.looked_at,
            searches: news.searches,
            tally: FleetTally { pairs: 0, short: n(0), bounded: n(1), beaten: n(2), found: n(3) },
            done: news.done,
        };
    }
}
