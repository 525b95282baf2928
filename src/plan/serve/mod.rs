//! F6: the answer to a question about serving: the deployment, what it is made of, what else there is.
//!
//! [`find`] looks at every layout once. [`Deployed`] is what it chose, ready to be explained: [`figures`],
//! [`memory`], [`prefill`] and [`decode`] with the formula and source of every number, [`bill`] for the money,
//! [`losses`] for where the others went, [`tradeoff`] for latency against throughput, [`roofline`] for what binds.
//! Beside it: every offer of a market ([`open`]), the machines of a day ([`month`]), the places near users ([`near`]).

mod apart;
mod bill;
mod binds;
mod commit;
mod curve;
pub mod day;
mod even;
mod facts;
mod figures;
mod fits;
mod guessing;
mod hired;
mod longest;
mod losses;
mod market;
mod memory;
mod month;
mod narrowed;
mod near;
mod nested;
mod pools;
mod power;
mod range;
mod rivals;
mod roofline;
mod steps;
mod sure;
mod text;
pub mod users;

pub use crate::search::serve::fleet as market_search;
pub use bill::{Bill, BreakEven, bill, break_even};
pub use binds::binds;
pub use commit::{baseline, commit};
pub use curve::{TradePoint, trade_figures, traded, tradeoff};
pub use even::{Even, even};
pub use facts::facts;
pub use figures::{figures, goal_names, reading};
pub use fits::{Fit, fits};
pub use guessing::guessing;
pub use hired::Hired;
pub use longest::{Longest, allocated, longest, longest_text};
pub use losses::{Enough, Standing, losses, stands, suffices, unserved};
pub use market::{Market, Offer, Question, open};
pub use memory::{holds_wide, memory, ranks_each};
pub use month::{DayQuestion, MonthPlan, Stood, month};
pub use narrowed::{narrowed, narrowed_told};
pub use near::{Group, NearPlan, Stand, placed};
pub use pools::{Pools, pools, pools_alone};
pub use power::{Drawn, emissions};
pub use range::{basis, range};
pub use rivals::{Rival, rivals};
pub use roofline::{Roof, RoofPoint, roofline};
pub use steps::{decode, prefill};
pub use sure::{Goal, chances, goals, wanted};
pub use text::{cache_name, doubts, instance_text, layout_text, load_text};

use crate::estimate::serve::{Sequences, Serving};
pub use crate::search::deploy::{Candidate, Deployment, Looked, Loss, Survey, missed_by};
use crate::search::{deploy, enough};
use crate::serving::{Ask, AskedMachine, KvFormat, Service, WeightFormat};
use crate::units::text::show;
use crate::units::{PerSecond, Tokens};

/// What was looked at.
#[must_use]
pub fn find(ask: &Ask) -> Survey {
    deploy::survey(ask)
}

/// A deployment with all that its numbers follow from.
#[derive(Clone, Debug)]
pub struct Deployed<'a> {
    /// The question.
    pub ask: &'a Ask,
    /// The answer.
    pub own: Deployment,
    /// The machine that it is on.
    pub machine: &'a AskedMachine,
    /// The service, with its batch limit.
    pub service: Service,
    /// Format of weights and cache.
    pub formats: (WeightFormat, KvFormat),
}

impl<'a> Deployed<'a> {
    /// Of a deployment that a search over the same question found.
    #[must_use]
    pub fn new(ask: &'a Ask, own: &Deployment) -> Option<Self> {
        let machine = ask.machines.get(own.at.machine)?;
        let formats = *machine.formats.get(own.at.format)?;
        let service = deploy::service(ask, &own.at, Some(own.batch))?;
        Some(Self { ask, own: *own, machine, service, formats })
    }

    /// One instance, ready to be asked.
    #[must_use]
    pub fn serving(&self) -> Serving<'_> {
        Serving::new(&self.service, &self.own.at.instance)
    }

    /// Instances, those that stand by included.
    #[must_use]
    pub const fn instances(&self) -> u32 {
        self.own.replicas.saturating_add(self.ask.spares)
    }

    /// Accelerators of all instances.
    #[must_use]
    pub fn accelerators(&self) -> u64 {
        self.own.at.instance.ranks().saturating_mul(u64::from(self.instances()))
    }

    /// Accelerators that are paid for: those of whole machines, where machines are paid for whole.
    #[must_use]
    pub fn paid(&self) -> u64 {
        deploy::paid(self.ask, &self.own.at, self.own.replicas)
    }

    /// Machines that are paid for whole, and the accelerators of one.
    #[must_use]
    pub fn machines(&self) -> Option<(u64, u32)> {
        let size = self.machine.size();
        self.machine.whole.then_some((self.paid() / u64::from(size), size))
    }

    /// The accelerators that are paid for, in words: `16`, or `2 machines of 8`.
    #[must_use]
    pub fn paid_text(&self) -> String {
        match self.machines() {
            Some((n, size)) if size > 1 => {
                format!("{} {} of {size}", show::grouped(n), show::plural(n, "machine"))
            }
            _ => show::grouped(self.paid()),
        }
    }

    /// Instances in words: `3 instances`, `3 instances, one to spare`.
    #[must_use]
    pub fn instances_text(&self) -> String {
        let n = u64::from(self.instances());
        let spare = match self.ask.spares {
            0 => String::new(),
            1 => ", one to spare".to_owned(),
            more => format!(", {} to spare", show::grouped(more.into())),
        };
        format!("{} {}{spare}", show::grouped(n), show::plural(n, "instance"))
    }

    /// The most requests at random that one instance answers with the goals; nothing where that is none.
    #[must_use]
    pub fn each_held(&self) -> Option<PerSecond> {
        let of = (&self.serving(), self.own.at.machine, self.own.batch);
        enough::each(self.ask, of, (None, self.own.full.request_rate))
    }

    /// Tokens that a sequence holds on the mean while it is answered.
    #[must_use]
    pub fn context(&self) -> Tokens {
        let traffic = &self.ask.traffic;
        Tokens::new(traffic.context().get() as u64)
    }

    /// Tokens of a prompt that no prefix cache holds.
    #[must_use]
    pub fn fresh(&self) -> Tokens {
        let traffic = &self.ask.traffic;
        Tokens::new((traffic.prompt * (1.0 - traffic.cached.get()) + 0.5) as u64)
    }

    /// Sequences that decode in one instance, on the mean.
    #[must_use]
    pub const fn running(&self) -> Sequences {
        self.own.now.running
    }
}
