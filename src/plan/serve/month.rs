//! A deployment over a day and a month: what its instances hold, how they follow the traffic, what that costs and emits.

use super::Offer;
use super::power::over;
use crate::catalogue::{places, power, reliability, serving};
use crate::estimate::capacity::{
    DayCurve, Grid, Held, Packing, Policy, PowerCurve, Prices, Requests, Scaled, Spend, SpotShare,
    SpotTold, fixed, held_while, load_time, scale, spend,
};
use crate::estimate::serve::{Answer, ServeMemoryPart, Serving};
use crate::plan::fleet::{RATED_OVER, machine_power};
use crate::prices::{Listing, Terms};
use crate::search::deploy;
use crate::search::serve::fleet::{Deployment, Kind, ServeFleet, candidate};
use crate::serving::{Mode, Traffic};
use crate::units::{Bytes, BytesPerSecond, DollarsPerHour, PerSecond, Ratio, Seconds};

/// A day, and how instances may follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct DayQuestion {
    /// Requests a second.
    pub day: DayCurve,
    /// Fewest instances at any time.
    pub least: u32,
    /// Most instances at any time.
    pub most: u32,
    /// Traffic that comes within that time is ordered for.
    pub ahead: Seconds,
    /// An instance goes when it was not wanted for so long.
    pub hold: Seconds,
    /// Until a machine runs.
    pub machine: Seconds,
    /// Rate at which the weights of an instance are read.
    pub read: BytesPerSecond,
    /// Start of the engine beside its weights.
    pub engine: Seconds,
    /// Instances of the spot market; its warning is the provider's.
    pub spot: Option<SpotShare>,
}

/// A day and a month of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthPlan {
    /// What one instance answers within the goals.
    pub held: Held,
    /// Weights of one instance.
    pub weights: Bytes,
    /// From the order of an instance until it answers.
    pub delay: Seconds,
    /// As many instances as the peak needs, all day.
    pub fixed: Scaled,
    /// Instances that follow the traffic.
    pub scaled: Scaled,
    /// Money of the former, on demand.
    pub fixed_spend: Spend,
    /// Money of the latter, of the spot market in part where that is asked for.
    pub spend: Spend,
    /// What comes of the spot market.
    pub spot: Option<SpotTold>,
    /// What one machine costs.
    pub prices: Prices,
    /// How instances lie in machines.
    pub packing: Packing,
}

impl DayQuestion {
    /// A day with what is usual: one instance at least, no limit, nothing ahead.
    #[must_use]
    pub fn usual(day: DayCurve) -> Self {
        Self {
            day,
            least: 1,
            most: u32::MAX,
            ahead: Seconds::ZERO,
            hold: serving::time("hold"),
            machine: serving::time("machine"),
            read: serving::read_rate(),
            engine: serving::time("engine"),
            spot: None,
        }
    }
}

/// One instance of a deployment: what is asked of it, and the machines that hold it.
pub struct Stood<'a> {
    /// The instance.
    pub serving: &'a Serving<'a>,
    /// Lengths of requests.
    pub traffic: &'a Traffic,
    /// Whether what users see is within the goals.
    pub keeps: &'a dyn Fn(&Answer) -> bool,
    /// Instances that stand by.
    pub spares: u32,
    /// Accelerators of one machine.
    pub machine_size: u32,
}

/// The day and month of a deployment that was found on an offer; nothing where its instances cannot hold the goals at
/// any rate.
#[must_use]
pub fn month(
    search: &ServeFleet,
    (offer, listing): (&Offer, &Listing),
    at: &Deployment,
    question: &DayQuestion,
) -> Option<MonthPlan> {
    let kind = search.kinds().get(at.kind)?;
    let ask = &search.ask_of(at.kind)?;
    let service = deploy::service(ask, &candidate(at), Some(at.batch))?;
    let serving = &Serving::new(&service, &at.instance);
    let stood = Stood {
        serving,
        traffic: &ask.traffic,
        keeps: &|answer| deploy::keeps_from(ask, (serving, 0, at.batch), answer, Seconds::ZERO),
        spares: ask.spares,
        machine_size: kind.machine.size(),
    };
    let spot = question.spot.and_then(|share| {
        let mut share = share;
        share.spot.notice = reliability::notice(&listing.provider);
        Some((share, spot_rate(kind, offer, listing)?))
    });
    let prices = Prices { demand: kind.rate(), spot };
    stood.month(question, prices, &|held| grid(kind, offer, listing, held))
}

impl Stood<'_> {
    /// Its day and month at those prices of a machine; nothing where it cannot hold the goals at any rate.
    #[must_use]
    pub fn month(
        &self,
        question: &DayQuestion,
        prices: Prices,
        grid: &dyn Fn(&Held) -> Grid,
    ) -> Option<MonthPlan> {
        let held = held_while(self.serving, self.traffic, self.keeps)?;
        let instance = self.serving.instance();
        let each = self.serving.memory().get(ServeMemoryPart::Weights).as_f64();
        let weights = Bytes::from_f64(each * instance.ranks() as f64);
        let delay = load_time(question.machine, weights, question.read, question.engine);
        let policy = Policy {
            least: question.least,
            most: question.most,
            spares: self.spares,
            delay,
            ahead: question.ahead,
            hold: question.hold,
        };
        let all_day = fixed(&question.day, held.rate, self.spares);
        let scaled = scale(&question.day, held.rate, &policy);
        let packing = Packing::new(self.machine_size, &instance);
        let on_demand = Prices { spot: None, ..prices };
        let requests =
            |day: &Scaled| Requests { traffic: *self.traffic, reading: self.reading(day, &held) };
        let grid = grid(&held);
        Some(MonthPlan {
            fixed_spend: spend(&all_day, &packing, &on_demand, &requests(&all_day), &grid),
            spend: spend(&scaled, &packing, &prices, &requests(&scaled), &grid),
            spot: prices.spot.map(|(share, _)| share.told(held.answer.whole, delay)),
            held,
            weights,
            delay,
            fixed: all_day,
            scaled,
            prices,
            packing,
        })
    }
}

impl Stood<'_> {
    /// Share of an instance's time that goes to reading prompts, at the load that those which are ready have on the mean,
    /// spare ones aside: what the deployment's own bill says of a rate, where a day is flat.
    fn reading(&self, day: &Scaled, held: &Held) -> Ratio {
        let work = |ready: u32| f64::from(ready.saturating_sub(self.spares).max(1));
        let instances: f64 = day.minutes.iter().map(|minute| work(minute.ready)).sum();
        let demand: f64 = day.minutes.iter().map(|minute| minute.demand.get()).sum();
        let rate = PerSecond::new(demand / instances.max(1.0)).min(held.rate);
        if rate <= PerSecond::ZERO {
            return Ratio::ZERO;
        }
        let mode = Mode::Open { rate, requests: None };
        self.serving.answer(self.traffic, mode).reading_share(self.traffic)
    }
}

/// The rate of one machine of the same row on the spot market, with the same discount.
fn spot_rate(kind: &Kind, offer: &Offer, listing: &Listing) -> Option<DollarsPerHour> {
    let paid = listing.rate(offer.terms)?;
    let spot = listing.rate(Terms::Spot)?;
    Some(DollarsPerHour::new(spot.get() * kind.rate().get() / paid.get()))
}

/// Power of the kind's machines where they stand: at full load as much as training draws.
fn grid(kind: &Kind, offer: &Offer, listing: &Listing, held: &Held) -> Grid {
    let place = places::find(&listing.provider, &listing.region);
    let accelerator = &offer.row.accelerator;
    let over = over(&offer.row.key, &accelerator.generation).0.get() / RATED_OVER.get();
    let full = held.rate.get() / held.utilisation.max(Ratio::new(1e-9)).get();
    Grid {
        machine: accelerator.power.map(|power| machine_power(power, kind.machine.size()) * over),
        curve: PowerCurve { points: power::curve() },
        full: PerSecond::new(full),
        pue: place.as_ref().and_then(|place| place.pue),
        carbon: place.as_ref().and_then(|place| place.carbon),
    }
}
