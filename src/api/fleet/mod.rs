//! Where to train, for the page: a search in slices, alone or as one of several workers, and what it has found so far.

mod answers;
mod list;
mod news;
mod rows;
mod session;
mod view;
mod wire;

pub use list::{LIST_BYTES_MAX, Prices};
pub(in crate::api) use rows::describe;
pub use session::{Session, open};
pub use wire::{FleetAnswer, FleetRow, FleetView, PriceList, ServedRow};

use super::Answer;
use crate::inputs::{FleetInputs, Group, Inputs, Key};
use crate::link;
use crate::plan::fleet::{Aim, Fleet, Limits, Outages, Own, Progress, Question, choice};
use crate::prices::Terms;
use crate::units::{Day, Moment, Seconds};
use news::Other;

/// Searches of layouts, at most, after which a first frontier is shown.
const FIRST_SEARCHES_MAX: u32 = 32;
/// Searches of layouts in a slice.
pub const SLICE: u32 = 8;

/// What a session is asked, beside the list of prices.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Number of the run.
    pub run: u32,
    /// The link, without `#`.
    pub link: &'a str,
    /// Now, in local time, where it is known.
    pub now: Option<Moment>,
    /// Which of how many workers this is; the first one leads.
    pub share: (u32, u32),
}

/// What is being worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The frontier; at the very first until there is something to show.
    Begin,
    /// The same.
    Frontier,
    /// The smallest cluster.
    Smallest,
    /// Less carbon at the same speed.
    Green,
    /// Nothing more.
    Done,
}

/// One question about where to train, worked through in slices.
pub struct FleetSession {
    run: u32,
    now: Option<Moment>,
    share: (u32, u32),
    inputs: Inputs,
    asked: FleetInputs,
    /// The deadline as a moment, where it is one, and as the time that is left.
    deadline: Option<(Option<Moment>, Seconds)>,
    list: PriceList,
    fleet: Fleet,
    progress: Progress,
    stage: Stage,
    /// The answers that are known.
    told: Vec<FleetAnswer>,
    /// Dollars against carbon of runs as fast as the cheapest.
    green: Option<Fleet>,
    /// What is known of the other workers.
    others: Vec<Other>,
    /// Whether the other workers know that this one is done.
    done_told: bool,
    /// The stage that was last shown, and slices since then.
    shown: (Stage, u32),
}

impl FleetSession {
    /// The question of a link over a list of prices (the text of a `prices-v1.csv`), as of a day in days from
    /// 1970-01-01, for one worker alone.
    ///
    /// # Errors
    /// [`Answer::Invalid`] where the link does not make a case.
    pub fn new(run: u32, link: &str, list: &str, today: Option<i32>) -> Result<Self, Box<Answer>> {
        let now = today.map(|day| Moment::new(Day::from_epoch(day), Seconds::ZERO));
        Self::over(&Prices::read(list), Asked { run, link, now, share: (0, 1) })
    }

    /// The same over a list that was read before.
    ///
    /// # Errors
    /// [`Answer::Invalid`] where the link does not make a case.
    pub fn over(prices: &Prices, wanted: Asked<'_>) -> Result<Self, Box<Answer>> {
        let Asked { run, link, now, share } = wanted;
        let inputs = link::decode(link).inputs;
        let resolution = inputs.resolve();
        let Some(case) = resolution.case else {
            let problems = resolution.problems.iter().map(ToString::to_string).collect();
            return Err(Box::new(Answer::Invalid { run, problems }));
        };
        let today = now.map(Moment::day);
        let asked = inputs.fleet();
        let mut listings = prices.aged(today);
        listings.extend(asked.offers.iter().cloned());
        let mut question = Question::new(case, listings);
        narrow(&mut question, &asked, today);
        let fleet = Fleet::new(question);
        Ok(Self {
            run,
            now,
            share,
            deadline: asked.deadline.and_then(|deadline| deadline.from(now)),
            inputs,
            asked,
            list: prices.about(today),
            fleet: fleet.share(share.0, share.1),
            progress: Progress::default(),
            stage: Stage::Begin,
            told: Vec::new(),
            green: None,
            others: vec![Other::default(); share.1.saturating_sub(1) as usize],
            done_told: false,
            shown: (Stage::Begin, 0),
        })
    }

    /// Number of the run.
    #[must_use]
    pub const fn run(&self) -> u32 {
        self.run
    }

    /// Takes in the layouts that an earlier session found, where they are for the same training.
    pub fn learn(&mut self, earlier: &Self) {
        if training(&self.inputs) == training(&earlier.inputs)
            && self.asked.fabric == earlier.asked.fabric
        {
            self.fleet.learn(&earlier.fleet);
        }
    }

    /// Works on for a slice; true when nothing is left to do, for now where other workers are still searching.
    pub fn advance(&mut self, searches: u32) -> bool {
        match self.stage {
            Stage::Begin => {
                self.progress = self.fleet.advance_first(FIRST_SEARCHES_MAX);
                self.stage = Stage::Frontier;
                false
            }
            Stage::Frontier => self.advance_frontier(searches),
            Stage::Smallest => {
                let left = self.left();
                let smallest = choice::smallest(&mut self.fleet, left);
                let answer = answers::smallest(self, smallest.as_ref());
                self.told.push(answer);
                self.stage = Stage::Green;
                false
            }
            Stage::Green => {
                if self.advance_green(searches) {
                    self.told.extend(answers::by_carbon(self));
                    self.stage = Stage::Done;
                }
                self.stage == Stage::Done
            }
            Stage::Done => true,
        }
    }

    fn advance_frontier(&mut self, searches: u32) -> bool {
        if !self.progress.done {
            self.progress = self.fleet.advance(searches);
        }
        if !self.progress.done {
            return false;
        }
        if !self.leads() || !self.others.iter().all(|other| other.done) {
            return true;
        }
        self.stage = Stage::Smallest;
        self.told = answers::by_money(self);
        false
    }

    /// Of the runs that are as fast as the cheapest.
    fn advance_green(&mut self, searches: u32) -> bool {
        let Some(chosen) = choice::cheapest_by(&self.fleet, self.left()) else {
            return true;
        };
        let within = chosen.time;
        let green = self.green.get_or_insert_with(|| self.fleet.aimed(Aim::Green, within));
        let done = green.advance(searches).done;
        if done {
            self.fleet.learn(green);
        }
        done
    }

    /// Whether this worker puts the answers together.
    #[must_use]
    pub const fn leads(&self) -> bool {
        self.share.0 == 0
    }

    /// The time that is left to finish.
    fn left(&self) -> Seconds {
        self.deadline.map_or(Seconds::UNBOUNDED, |(_, left)| left)
    }

    /// Whether all workers have looked at all.
    const fn complete(&self) -> bool {
        matches!(self.stage, Stage::Smallest | Stage::Green | Stage::Done)
    }
}

/// All that layouts depend on beside the machines and the network between them.
fn training(inputs: &Inputs) -> Inputs {
    let mut inputs = inputs.clone();
    let other = |key: &&Key| {
        matches!(key.group(), Group::Cluster | Group::Fleet | Group::Budget) || **key == Key::Price
    };
    Key::ALL.iter().filter(other).for_each(|key| inputs.clear(*key));
    inputs
}

/// What of the market may be used.
pub(in crate::api) fn narrow_market(limits: &mut Limits, asked: &FleetInputs, today: Option<Day>) {
    limits.since = asked.since(today);
    limits.terms.clone_from(&asked.terms);
    limits.providers.clone_from(&asked.providers);
    limits.regions.clone_from(&asked.regions);
    limits.jurisdictions.clone_from(&asked.jurisdictions);
    limits.families.clone_from(&asked.families);
    limits.machines_max = asked.machines_max;
    limits.capacity = asked.capacity.iter().map(|own| (own.name.clone(), own.machines)).collect();
}

/// What the inputs ask, put into the question.
fn narrow(question: &mut Question, asked: &FleetInputs, today: Option<Day>) {
    narrow_market(&mut question.limits, asked, today);
    // The cheapest zone of a region is no promise that a whole cluster is to be had there.
    if asked.terms.is_empty() {
        let others = Terms::ALL.into_iter().filter(|terms| *terms != Terms::SpotLowest);
        question.limits.terms = others.collect();
    }
    question.discounts.clone_from(&asked.discounts);
    question.charge = asked.charge;
    question.outages = Outages { reliability: asked.reliability, spot: asked.spot };
    question.ways_out = asked.ways_out;
    question.home.clone_from(&asked.home);
    question.fabric = asked.fabric;
    let own = |machines: &crate::prices::OnPremises| Own {
        machines: machines.clone(),
        pue: asked.pue,
        grid: None,
    };
    question.own = asked.own.iter().map(own).collect();
    if let Some(bytes) = asked.data_set {
        question.cargo.data_set = bytes;
    }
}
