//! A session as the page sees it.

use super::{FleetSession, FleetView, rows};
use crate::api::view::shown;
use crate::api::{Answer, Cut, WIRE_VERSION};
use crate::plan::Amount;
use crate::plan::fleet::Refusal;

/// Slices from one picture to the next: the page draws each anew, which takes as long as some searches.
const QUIET_SLICES: u32 = 4;

impl FleetSession {
    /// What has been found so far, if it is time for another look: at first, now and then, and when all is found.
    pub fn fresh(&mut self) -> Option<Answer> {
        let (stage, quiet) = self.shown;
        if stage == self.stage && quiet + 1 < QUIET_SLICES {
            self.shown.1 += 1;
            return None;
        }
        self.shown = (self.stage, 0);
        Some(self.answer())
    }

    /// What has been found so far.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::Fleet { run: self.run, fleet: Box::new(self.view()) }
    }

    /// The same, by itself.
    #[must_use]
    pub fn view(&self) -> FleetView {
        let own = &self.progress;
        let points = self.fleet.frontier().iter();
        let others = |of: fn(&super::Other) -> u32| self.others.iter().map(of).sum::<u32>();
        FleetView {
            version: WIRE_VERSION,
            prices: self.list.clone(),
            pairs: self.fleet.n_pairs(),
            looked_at: own.pairs.saturating_sub(own.left) + others(|other| other.looked_at),
            searches: own.searches + others(|other| other.searches),
            workers: self.share.1,
            complete: self.complete(),
            rows: points.filter_map(|point| rows::row(self, &self.fleet, point)).collect(),
            answers: self.told.clone(),
            lost: self.lost(),
            caveats: CAVEATS.map(str::to_owned).to_vec(),
            kinds: Vec::new(),
            sellers: Vec::new(),
        }
    }

    fn lost(&self) -> Vec<Cut> {
        let cut = |name: &str, reason: &str, n: u32| Cut {
            name: name.to_owned(),
            reason: reason.to_owned(),
            count: shown(Amount::Count(n.into())),
        };
        let refused = &self.fleet.market().refused;
        let rules = Refusal::ALL.iter().zip(refused);
        let mut all: Vec<Cut> = rules
            .filter(|(_, n)| **n > 0)
            .map(|(rule, n)| cut("offers", rule.text(), *n))
            .collect();
        let mut tally = *self.fleet.tally();
        for other in &self.others {
            tally.short += other.tally.short;
            tally.bounded += other.tally.bounded;
            tally.beaten += other.tally.beaten;
            tally.found += other.tally.found;
        }
        for (reason, n) in [
            ("more machines than any offer has", tally.short),
            ("beaten even if every layout ran at the top of its kernels", tally.bounded),
            ("searched: no layout fits, or none that is not beaten", tally.beaten),
            ("searched, with a layout", tally.found),
        ] {
            if n > 0 {
                all.push(cut("sizes of cluster", reason, n));
            }
        }
        all
    }
}

/// What the figures leave out.
const CAVEATS: [&str; 3] = [
    "Failures are those of the usual fleet unless you say otherwise; how spot machines come and go \
     was measured on V100 in 2023 or told by their sellers, and differs by orders of magnitude \
     between zones.",
    "A list price is no promise of capacity.",
    "Where you say where the data set lies, it is copied from there before the first step and the \
     weights go back after the last: both cost money and days, no machine waits, and nothing \
     overlaps. Unless a way out is typed it is 10 Gbit/s, between regions of one provider 50.",
];
