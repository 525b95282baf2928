//! Instances over a day: as many as the peak needs, or scaled with the traffic.
//!
//! An autoscaler wants enough for the traffic (`ceil` of it over what one answers, and spare ones), looking `ahead` if
//! it may; it lets go of an instance only when it was not wanted for the whole of `hold` (Kubernetes: stabilisation
//! window of the HorizontalPodAutoscaler, 5 minutes unless set). An instance is paid for from the order on and ready
//! after `delay`. The k-th instance is ready in a minute when it was ordered through the whole delay before it, so what
//! is ready is the least ordered over that time: more delay never makes more ready.

use super::day::{DayCurve, MINUTES};
use crate::units::{Bytes, BytesPerSecond, PerSecond, Ratio, Seconds};

/// How instances follow the traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Fewest at any time.
    pub least: u32,
    /// Most at any time.
    pub most: u32,
    /// Beside those that the traffic needs (N+1: one).
    pub spares: u32,
    /// From the order of an instance until it answers.
    pub delay: Seconds,
    /// Traffic that comes within that time is ordered for.
    pub ahead: Seconds,
    /// An instance goes when it was not wanted for so long.
    pub hold: Seconds,
}

/// One minute of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    /// Requests a second.
    pub demand: PerSecond,
    /// Instances that these need, without spare ones.
    pub needed: u32,
    /// Instances that are wanted then: for what comes within the time ahead, spare ones included.
    pub wanted: u32,
    /// Instances that are ordered, and paid for.
    pub paid: u32,
    /// Instances that answer.
    pub ready: u32,
}

/// A day of instances.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// Requests a second that one instance answers within the goals.
    pub each: PerSecond,
    /// Spare instances that are asked for.
    pub spares: u32,
    /// The day, minute by minute.
    pub minutes: Vec<Minute>,
}

/// Instances that a rate needs: at least one.
#[must_use]
pub fn replicas(rate: PerSecond, each: PerSecond) -> u32 {
    let needed = (rate.get() / each.get()).ceil().max(1.0);
    if needed < f64::from(u32::MAX) { needed as u32 } else { u32::MAX }
}

/// Time until a new instance answers: the machine starts, reads its weights and starts the engine. 130 GB at 5 GB/s
/// take 26 s (ServerlessLLM, arXiv 2401.14351, section 1).
#[must_use]
pub fn load_time(
    machine: Seconds,
    weights: Bytes,
    bandwidth: BytesPerSecond,
    engine: Seconds,
) -> Seconds {
    machine + weights / bandwidth + engine
}

/// A day with as many instances as its peak needs, and spare ones, at any time.
#[must_use]
pub fn fixed(day: &DayCurve, each: PerSecond, spares: u32) -> Scaled {
    let all = replicas(day.peak(), each).saturating_add(spares);
    let policy = Policy {
        least: all,
        most: all,
        spares,
        delay: Seconds::ZERO,
        ahead: Seconds::ZERO,
        hold: Seconds::ZERO,
    };
    scale(day, each, &policy)
}

/// A day with instances that follow the traffic.
#[must_use]
pub fn scale(day: &DayCurve, each: PerSecond, policy: &Policy) -> Scaled {
    let demand = day.minutes();
    let needed: Vec<u32> = demand.iter().map(|rate| replicas(*rate, each)).collect();
    let most = policy.most.max(1);
    let least = policy.least.clamp(1, most);
    let wanted: Vec<u32> = over(&needed, policy.ahead, false, u32::max)
        .into_iter()
        .map(|needed| needed.saturating_add(policy.spares).clamp(least, most))
        .collect();
    let paid = over(&wanted, policy.hold, true, u32::max);
    let ready = over(&paid, policy.delay, true, u32::min);
    let minutes = (0..MINUTES).map(|at| Minute {
        demand: demand[at],
        needed: needed[at],
        wanted: wanted[at],
        paid: paid[at],
        ready: ready[at],
    });
    Scaled { each, spares: policy.spares, minutes: minutes.collect() }
}

/// For each minute, one of those within some time of it, before or after.
fn over(values: &[u32], time: Seconds, before: bool, pick: fn(u32, u32) -> u32) -> Vec<u32> {
    let n = values.len();
    let span = (time.get() / 60.0).ceil().min((n - 1) as f64) as usize;
    let window = |at: usize| {
        let first = if before { at + n - span } else { at };
        (0..=span).fold(values[at], |kept, step| pick(kept, values[(first + step) % n]))
    };
    (0..n).map(window).collect()
}

impl Scaled {
    /// Instance-hours of a day that are paid for.
    #[must_use]
    pub fn paid_hours(&self) -> Ratio {
        self.hours(|minute| minute.paid)
    }

    /// Instance-hours of a day that answer.
    #[must_use]
    pub fn ready_hours(&self) -> Ratio {
        self.hours(|minute| minute.ready)
    }

    /// The most that are paid for at one time.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.minutes.iter().map(|minute| minute.paid).max().unwrap_or(0)
    }

    /// Requests beyond what is ready takes within the goals, over all requests: they come late.
    #[must_use]
    pub fn late_share(&self) -> Ratio {
        let late = |minute: &Minute| {
            (minute.demand.get() - f64::from(minute.ready) * self.each.get()).max(0.0)
        };
        let all: f64 = self.minutes.iter().map(|minute| minute.demand.get()).sum();
        let late: f64 = self.minutes.iter().map(late).sum();
        if all > 0.0 { Ratio::new(late / all) } else { Ratio::ZERO }
    }

    /// Time of a day for which more comes than is taken within the goals.
    #[must_use]
    pub fn short_time(&self) -> Seconds {
        let short = |minute: &&Minute| {
            minute.demand.get() > f64::from(minute.ready) * self.each.get() * (1.0 + 1e-12)
        };
        Seconds::new(self.minutes.iter().filter(short).count() as f64 * 60.0)
    }

    /// Instances ordered in a day.
    #[must_use]
    pub fn orders(&self) -> u32 {
        let last = self.minutes.last().map_or(0, |minute| minute.paid);
        let mut before = last;
        let mut orders = 0u32;
        for minute in &self.minutes {
            orders = orders.saturating_add(minute.paid.saturating_sub(before));
            before = minute.paid;
        }
        orders
    }

    fn hours(&self, n: impl Fn(&Minute) -> u32) -> Ratio {
        let sum: f64 = self.minutes.iter().map(|minute| f64::from(n(minute))).sum();
        Ratio::new(sum / 60.0)
    }
}
