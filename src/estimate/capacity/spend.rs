//! A month of serving: machine-hours by what they are for, money, energy and carbon; per request and per token.

use super::scale::{Minute, Scaled};
use super::spot::SpotShare;
use crate::estimate::MONTH;
use crate::estimate::parts::parts;
use crate::serving::{Instance, Traffic};
use crate::units::{
    Dollars, DollarsPerHour, GramsPerKwh, KilogramsCo2, KilowattHours, PerSecond, Ratio, Seconds,
    Watts,
};

parts! {
    /// What machines of a month are for.
    MonthPart {
        /// Answering: what the traffic takes of instances at the rate that each holds.
        Traffic = "instances.traffic",
        /// Whole instances.
        Rounding = "instances.rounding",
        /// Instances that stand by.
        Spare = "instances.spare",
        /// Instances that start.
        Starting = "instances.starting",
        /// Instances that are kept, or ordered ahead, though the traffic of the minute needs none of them.
        Kept = "instances.kept",
        /// Places of machines that hold no instance.
        Packing = "machines.packing",
    }
}

/// Money of a month, by part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Month([Dollars; MonthPart::ALL.len()]);

/// How instances lie in machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Instances that one machine holds; none where an instance takes several.
    pub per_machine: u32,
    /// Machines of one instance.
    pub machines_each: u32,
}

/// What machines cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    /// One machine on demand.
    pub demand: DollarsPerHour,
    /// Those of the spot market, and their rate.
    pub spot: Option<(SpotShare, DollarsPerHour)>,
}

/// What a machine draws at a share of its load, over what it draws at all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerCurve {
    /// Load and power, both as shares, loads rising from nothing to all; straight in between.
    pub points: Vec<(Ratio, Ratio)>,
}

/// Power of machines, and what it emits.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// One machine at full load, where it is known.
    pub machine: Option<Watts>,
    /// Its power at less than that.
    pub curve: PowerCurve,
    /// Requests a second at which an instance is at full load.
    pub full: PerSecond,
    /// Power of the building over power of its machines, where it is known.
    pub pue: Option<Ratio>,
    /// Carbon of the grid, where it is known.
    pub carbon: Option<GramsPerKwh>,
}

/// Requests, and how an instance's time splits over them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Requests {
    /// Lengths.
    pub traffic: Traffic,
    /// Share of an instance's time in which it reads prompts, at the load that instances have on the mean.
    pub reading: Ratio,
}

/// Dollars a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenPrice {
    /// Of prompts, what a prefix cache holds included.
    pub input: Dollars,
    /// Of answers.
    pub output: Dollars,
}

/// A month of serving.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spend {
    /// Money, by part.
    pub month: Month,
    /// Machine-hours that are paid for.
    pub machine_hours: Ratio,
    /// Requests.
    pub requests: Ratio,
    /// What a million tokens cost: the split is by the time that instances read and write.
    pub tokens: TokenPrice,
    /// Share of the time that prompts bear.
    pub reading: Ratio,
    /// Energy, building included, where the power is known.
    pub energy: Option<KilowattHours>,
    /// Carbon of it, where the grid is known.
    pub carbon: Option<KilogramsCo2>,
}

impl Packing {
    /// How instances lie in machines of that size.
    #[must_use]
    pub fn new(machine_size: u32, instance: &Instance) -> Self {
        let ranks = u32::try_from(instance.ranks()).unwrap_or(u32::MAX).max(1);
        let size = machine_size.max(1);
        Self { per_machine: size / ranks, machines_each: ranks.div_ceil(size) }
    }

    /// Machines that hold so many instances: several instances in one machine, or whole machines for each.
    #[must_use]
    pub fn machines(&self, instances: u32) -> u32 {
        match self.per_machine {
            0 => self.machines_each.saturating_mul(instances),
            held => instances.div_ceil(held),
        }
    }

    /// Instances that so many machines hold.
    #[must_use]
    pub const fn instances(&self, machines: u32) -> u32 {
        match self.per_machine {
            0 => machines / self.machines_each,
            held => machines.saturating_mul(held),
        }
    }

    /// Machines of one instance where all are filled.
    #[must_use]
    pub fn each(&self) -> Ratio {
        Ratio::new(match self.per_machine {
            0 => f64::from(self.machines_each),
            held => 1.0 / f64::from(held),
        })
    }
}

impl Prices {
    /// One machine on the mean.
    #[must_use]
    pub fn rate(&self) -> DollarsPerHour {
        match &self.spot {
            Some((share, spot)) => share.rate(self.demand, *spot),
            None => self.demand,
        }
    }
}

impl PowerCurve {
    /// Power at a share of the load, over that at all of it.
    #[must_use]
    pub fn at(&self, load: Ratio) -> Ratio {
        let load = load.get().min(1.0);
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in self.points.iter().map(|(x, y)| (x.get(), y.get())) {
            if x >= load {
                let Some((x0, y0)) = before else { return Ratio::new(y) };
                let share = if x > x0 { (load - x0) / (x - x0) } else { 1.0 };
                return Ratio::new(y0 + (y - y0) * share);
            }
            before = Some((x, y));
        }
        Ratio::new(before.map_or(1.0, |(_, y)| y))
    }
}

impl Month {
    /// One part.
    #[must_use]
    pub const fn get(&self, part: MonthPart) -> Dollars {
        self.0[part as u8 as usize]
    }

    /// All parts, in order.
    #[must_use]
    pub fn total(&self) -> Dollars {
        self.0.iter().copied().sum()
    }
}

impl TokenPrice {
    /// What one request costs at that price.
    #[must_use]
    pub fn request(&self, traffic: &Traffic) -> Dollars {
        (self.input * traffic.prompt + self.output * traffic.output) * 1e-6
    }
}

impl Spend {
    /// Money of the month for each of so many users.
    #[must_use]
    pub fn per_user(&self, users: Ratio) -> Dollars {
        Dollars::new(self.month.total().get() / users.get())
    }

    /// What the same requests cost at a price per token.
    #[must_use]
    pub fn bought(&self, price: &TokenPrice, traffic: &Traffic) -> Dollars {
        price.request(traffic) * self.requests.get()
    }
}

/// Requests a second at which machines of that monthly cost are as dear as a price per token: above it, they are
/// cheaper, as far as they go.
#[must_use]
pub fn break_even(month: Dollars, price: &TokenPrice, traffic: &Traffic) -> PerSecond {
    PerSecond::new(month.get() / price.request(traffic).get() / MONTH.get())
}

/// A month of 730 hours, every day of it the same.
///
/// Of what is paid for in a minute, instances that start come off first; what is ready answers the traffic, is rounded
/// up to whole instances, stands by, and the rest is kept. Prompts pay for the share of an instance's time that is
/// spent reading, answers for all else: both together pay for the month.
#[must_use]
pub fn spend(
    day: &Scaled,
    packing: &Packing,
    prices: &Prices,
    requests: &Requests,
    grid: &Grid,
) -> Spend {
    // Every minute of a day stands for so many hours of a month.
    let days = MONTH.get() / 86_400.0;
    let month_hours = days / 60.0;
    let mut minutes = [0.0; MonthPart::ALL.len()];
    let mut machines = 0.0;
    for minute in &day.minutes {
        let held = f64::from(packing.machines(minute.paid));
        machines += held;
        let split = split(day, minute);
        let filled: f64 = split.iter().sum::<f64>() * packing.each().get();
        for (sum, part) in minutes.iter_mut().zip(split) {
            *sum += part * packing.each().get();
        }
        minutes[MonthPart::Packing as u8 as usize] += (held - filled).max(0.0);
    }
    let rate = prices.rate();
    let month = Month(minutes.map(|minutes| rate * Seconds::hours(minutes * month_hours)));
    let per_second: f64 = day.minutes.iter().map(|minute| minute.demand.get()).sum();
    let n = per_second * 60.0 * days;
    let reading = requests.reading.min(Ratio::ONE).get();
    let million = |share: f64, tokens: f64| {
        let (paid, tokens) = (month.total().get() * share, n * tokens);
        if paid > 0.0 { Dollars::new(paid / tokens * 1e6) } else { Dollars::ZERO }
    };
    let tokens = TokenPrice {
        input: million(reading, requests.traffic.prompt),
        output: million(1.0 - reading, requests.traffic.output),
    };
    let energy = energy(day, packing, grid).map(|kwh| kwh * days);
    Spend {
        month,
        machine_hours: Ratio::new(machines * month_hours),
        requests: Ratio::new(n),
        tokens,
        reading: Ratio::new(reading),
        energy,
        carbon: energy.and_then(|kwh| Some(grid.carbon? * kwh)),
    }
}

/// Instances of a minute by what they are for; all together are those paid for.
fn split(day: &Scaled, minute: &Minute) -> [f64; MonthPart::ALL.len()] {
    let mut left = f64::from(minute.ready);
    let mut take = |most: f64| {
        let taken = most.max(0.0).min(left);
        left -= taken;
        taken
    };
    let traffic = minute.demand.get() / day.each.get();
    let busy = take(traffic);
    let rounding = take(f64::from(minute.needed) - traffic);
    let spare = take(f64::from(day.spares));
    let kept = take(f64::INFINITY);
    let starting = f64::from(minute.paid.saturating_sub(minute.ready));
    [busy, rounding, spare, starting, kept, 0.0]
}

/// Energy of a day: machines that answer draw by their load, those that start or stand empty as at none.
fn energy(day: &Scaled, packing: &Packing, grid: &Grid) -> Option<KilowattHours> {
    let machine = grid.machine?;
    let pue = grid.pue.unwrap_or(Ratio::ONE).max(Ratio::ONE);
    let idle = grid.curve.at(Ratio::ZERO).get();
    let mut full = 0.0;
    for minute in &day.minutes {
        let ready = f64::from(packing.machines(minute.ready));
        let paid = f64::from(packing.machines(minute.paid));
        let load = minute.demand.get() / (f64::from(minute.ready) * grid.full.get());
        full += ready * grid.curve.at(Ratio::new(load)).get() + (paid - ready) * idle;
    }
    Some(machine * (full * pue.get()) * Seconds::new(60.0))
}
