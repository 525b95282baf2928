//! What is asked of a fleet: the training, the market, and what narrows it.

use crate::case::Case;
use crate::catalogue::accelerators::LEAF_SPAN;
use crate::cluster::Fabric;
use crate::estimate::Cargo;
use crate::prices::{Charge, Currency, Flag, Listing, OnPremises, Terms};
use crate::search::fleet::Aim;
use crate::units::{Bytes, BytesPerSecond, Day, Ratio, Seconds, Tokens};

use super::uptime::Outages;
use crate::catalogue::places::WAYS_OUT;

/// Fewest accelerators of a fleet unless the user says otherwise.
pub const COUNT_MIN: u32 = 8;
/// Most accelerators of a fleet unless the user says otherwise.
pub const COUNT_MAX: u32 = 16_384;

/// One question about where to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Model, training, stack and constraints; its cluster and price are not looked at.
    pub case: Case,
    /// The market.
    pub listings: Vec<Listing>,
    /// Machines of one's own.
    pub own: Vec<Own>,
    /// How the network between machines is built, wherever they stand.
    pub fabric: Fabric,
    /// What narrows it.
    pub limits: Limits,
    /// Discount on everything of a provider, by name.
    pub discounts: Vec<(String, Ratio)>,
    /// Which hours of a commitment are charged.
    pub charge: Charge,
    /// Failures, and how spot machines come and go.
    pub outages: Outages,
    /// Data that is read and written.
    pub cargo: Cargo,
    /// How fast data leaves a place: to another provider, to another region of the same one.
    pub ways_out: [BytesPerSecond; 2],
    /// Provider and region where the data set lies; none where moving it costs nothing.
    pub home: Option<(String, String)>,
    /// What is traded against time.
    pub aim: Aim,
    /// Runs that take longer are not looked at.
    pub within: Seconds,
}

/// Machines of one's own, and the grid they stand on.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// What they take.
    pub machines: OnPremises,
    /// Power of the building over power of its machines.
    pub pue: Option<Ratio>,
    /// Carbon of the grid.
    pub grid: Option<crate::units::GramsPerKwh>,
}

/// What narrows the market; an empty list narrows nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Providers that may be used.
    pub providers: Vec<String>,
    /// Regions that may be used.
    pub regions: Vec<String>,
    /// Countries, or `EU`, in which the machines must stand.
    pub jurisdictions: Vec<String>,
    /// Accelerators or generations of them that may be used.
    pub families: Vec<String>,
    /// Ways to buy that may be used.
    pub terms: Vec<Terms>,
    /// Most machines.
    pub machines_max: Option<u32>,
    /// Machines that one offer has at most, by provider, region, accelerator or generation; an empty name is any.
    pub capacity: Vec<(String, u32)>,
    /// Fewest accelerators.
    pub count_min: u32,
    /// Most accelerators.
    pub count_max: u32,
    /// Day before which a price is too old.
    pub since: Option<Day>,
    /// Doubts that rule a price out.
    pub doubts: Vec<Flag>,
    /// The currency of prices.
    pub currency: Currency,
}

impl Limits {
    /// Most machines of an offer known by those names.
    #[must_use]
    pub fn to_be_had(&self, names: &[&str]) -> Option<u32> {
        let about = |name: &str| {
            name.is_empty() || names.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let own = self.capacity.iter().filter(|(name, _)| about(name));
        own.map(|(_, machines)| *machines).min()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            providers: Vec::new(),
            regions: Vec::new(),
            jurisdictions: Vec::new(),
            families: Vec::new(),
            terms: Vec::new(),
            machines_max: None,
            capacity: Vec::new(),
            count_min: COUNT_MIN,
            count_max: COUNT_MAX,
            since: None,
            doubts: vec![Flag::PartOnly, Flag::Outlier],
            currency: Currency::USD,
        }
    }
}

impl Question {
    /// A question about the whole market with nothing narrowed.
    #[must_use]
    pub fn new(case: Case, listings: Vec<Listing>) -> Self {
        let cargo = cargo(&case);
        Self {
            case,
            listings,
            own: Vec::new(),
            fabric: Fabric::full(LEAF_SPAN),
            limits: Limits::default(),
            discounts: Vec::new(),
            charge: Charge::WholeTerm,
            outages: Outages::usual(),
            cargo,
            ways_out: WAYS_OUT,
            home: None,
            aim: Aim::Cost,
            within: Seconds::UNBOUNDED,
        }
    }
}

/// Data of a training run, as far as the case tells: tokens in 2 bytes (4 where the vocabulary needs it), two
/// checkpoints (the last one and the one being written) of weights, master copy and moments, and the weights in 16 bits
/// as the result.
#[must_use]
pub fn cargo(case: &Case) -> Cargo {
    let each = if case.model.vocab > 1 << 16 { 4 } else { 2 };
    let params = case.model.params().total;
    let optimizer = &case.training.optimizer;
    let master = if optimizer.master { 4 } else { 0 };
    let quarters = 4 * (2 + master) + optimizer.moment_quarter_bytes();
    let tokens: Tokens = case.training.tokens;
    Cargo {
        data_set: Bytes::new(tokens.get()).times(each),
        checkpoints: Bytes::new(params).times(quarters).times(2).shared(4),
        result: Bytes::new(params).times(2),
    }
}
