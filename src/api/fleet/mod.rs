//! Where to train, for the page: a search in slices and what it has found so far.

mod answers;
mod rows;
mod wire;

pub use wire::{FleetAnswer, FleetRow, FleetView, PriceList};

use super::WIRE_VERSION;
use super::view::shown;
use super::{Answer, Cut};
use crate::case::Case;
use crate::catalogue::offers;
use crate::inputs::{FleetInputs, Inputs};
use crate::link;
use crate::plan::Amount;
use crate::plan::fleet::{Aim, Fleet, Outages, Progress, Question, Refusal};
use crate::prices::Terms;
use crate::units::Day;

/// Months after which a price is flagged as old.
const STALE_MONTHS: u32 = 12;
/// Longest list of prices, in bytes.
pub const LIST_BYTES_MAX: u32 = 4 << 20;
/// Searches of layouts in a first slice, after which the frontier has its first points.
pub const FIRST_SLICE: u32 = 8;
/// Searches of layouts in every other slice.
pub const SLICE: u32 = 24;

/// One question about where to train, worked through in slices.
pub struct FleetSession {
    run: u32,
    today: Option<Day>,
    inputs: Inputs,
    asked: FleetInputs,
    list: PriceList,
    fleet: Fleet,
    outages: Outages,
    progress: Progress,
    /// The answers that are known.
    told: Vec<FleetAnswer>,
    /// The same question with carbon in place of money, once the first is answered.
    green: Option<(Fleet, bool)>,
}

impl FleetSession {
    /// The question of a link over a list of prices (the text of a `prices-v1.csv`), as of a day in days from
    /// 1970-01-01.
    ///
    /// # Errors
    /// [`Answer::Invalid`] where the link does not make a case.
    pub fn new(run: u32, link: &str, list: &str, today: Option<i32>) -> Result<Self, Box<Answer>> {
        let inputs = link::decode(link).inputs;
        let resolution = inputs.resolve();
        let Some(case) = resolution.case else {
            let problems = resolution.problems.iter().map(ToString::to_string).collect();
            return Err(Box::new(Answer::Invalid { run, problems }));
        };
        let today = today.map(Day::from_epoch);
        let (mut listings, problems) = offers::read_listings(list);
        let newest = offers::newest(&listings);
        let list = PriceList {
            rows: listings.len() as u32,
            newest: newest.map(|day| day.to_string()).unwrap_or_default(),
            age_days: today.zip(newest).map(|(today, newest)| today.days_since(newest)),
            problems: problems.iter().map(ToString::to_string).collect(),
        };
        let asked = inputs.fleet();
        if let Some(today) = today {
            listings = offers::aged(&listings, today, STALE_MONTHS);
        }
        listings.extend(asked.offers.iter().cloned());
        let mut question = Question::new(case, listings);
        narrow(&mut question, &asked);
        let outages = Outages { reliability: asked.reliability, spot: asked.spot };
        let fleet = Fleet::new(question, &|terms, case, least| outages.uptime(terms, case, least));
        let progress = Progress::default();
        let told = Vec::new();
        Ok(Self { run, today, inputs, asked, list, fleet, outages, progress, told, green: None })
    }

    /// Works on for a slice; true when nothing is left to do.
    pub fn advance(&mut self, searches: u32) -> bool {
        if !self.progress.done {
            self.progress = self.fleet.advance(searches);
            if self.progress.done {
                self.told = answers::by_money(self);
            }
            return false;
        }
        let (green, done) = self.green.get_or_insert_with(|| {
            let question = Question { aim: Aim::Carbon, ..self.fleet.question().clone() };
            let uptime = |terms, case: &Case, least| self.outages.uptime(terms, case, least);
            (Fleet::new(question, &uptime), false)
        });
        *done = green.advance(searches).done;
        let all = *done;
        if all {
            self.told.extend(answers::by_carbon(self));
        }
        all
    }

    /// What has been found so far.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::Fleet { run: self.run, fleet: Box::new(self.view()) }
    }

    /// The same, by itself.
    #[must_use]
    pub fn view(&self) -> FleetView {
        let Progress { pairs, left, searches, done } = self.progress;
        let points = self.fleet.frontier().iter();
        FleetView {
            version: WIRE_VERSION,
            prices: self.list.clone(),
            pairs,
            looked_at: pairs.saturating_sub(left),
            searches,
            complete: done,
            rows: points.filter_map(|point| rows::row(self, &self.fleet, point)).collect(),
            answers: self.told.clone(),
            lost: self.lost(),
            caveats: CAVEATS.map(str::to_owned).to_vec(),
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
        let tally = self.fleet.tally();
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
const CAVEATS: [&str; 2] = [
    "Failures are those of the usual fleet unless you say otherwise; how spot machines come and go \
     was measured on V100 in 2023 or told by their sellers, and differs by orders of magnitude \
     between zones.",
    "A list price is no promise of capacity.",
];

/// What the inputs ask, put into the question.
fn narrow(question: &mut Question, asked: &FleetInputs) {
    let limits = &mut question.limits;
    // The cheapest zone of a region is no promise that a whole cluster is to be had there.
    limits.terms = match asked.terms.as_slice() {
        [] => Terms::ALL.into_iter().filter(|terms| *terms != Terms::SpotLowest).collect(),
        terms => terms.to_vec(),
    };
    limits.providers.clone_from(&asked.providers);
    limits.regions.clone_from(&asked.regions);
    limits.jurisdictions.clone_from(&asked.jurisdictions);
    limits.families.clone_from(&asked.families);
    limits.machines_max = asked.machines_max;
    question.discounts.clone_from(&asked.discounts);
    if let Some(bytes) = asked.data_set {
        question.cargo.data_set = bytes;
    }
}
