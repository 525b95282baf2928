//! F4: what failures, checkpoints, slow and absent machines make of a run.
//!
//! [`renewal`] has the formulas of checkpoints and restarts, [`spares`] those of machines that stand by, [`spot`] of
//! zones that come and go; [`predict`] puts them together. The result is a fixed table of parts ([`RunTime`]) whose
//! sum is the time from the first step to the last.

mod renewal;
mod save;
mod spares;
mod spent;
mod spot;

pub use renewal::{daly, first_order, full, interval_best, young};
pub use save::SaveBasis;
pub use spares::{broken_share, more_broken_than, none_free, spares_least};
pub use spent::{OutagePart, RunTime};

use crate::reliability::{Job, Reliability, SPARES_MAX, Spares, Spot, ZONES_MAX};
use crate::units::{Dollars, DollarsPerHour, Frequency, Ratio, Seconds};
use renewal::Piece;

/// What a whole run takes when machines fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// From the first step to the last, by part.
    pub time: RunTime,
    /// The three goodputs.
    pub goodput: Goodput,
    /// Machines that stand by.
    pub spares: u32,
    /// Accelerators that are paid for, spares included.
    pub accelerators: u32,
    /// What it follows from.
    pub basis: OutageBasis,
}

/// Goodputs, kept apart (Google Cloud, "Introducing ML Productivity Goodput", 2024): their product is the share of
/// what the machines could do that became the model's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goodput {
    /// Share of the time for which the job has its machines.
    pub scheduling: Ratio,
    /// Share of that in which steps are made that count.
    pub runtime: Ratio,
    /// Model FLOPs utilisation of these steps, stragglers included.
    pub program: Ratio,
}

/// Amounts that an [`Outage`] follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutageBasis {
    /// Machines of the job.
    pub nodes: u32,
    /// Failures of any of them.
    pub failures: Frequency,
    /// Stops by people.
    pub interventions: Frequency,
    /// Losses of the spot machines while they are there.
    pub preemptions: Frequency,
    /// Stops after which work is done again.
    pub stops: Frequency,
    /// Mean time between those.
    pub mttf: Seconds,
    /// Saving and reading.
    pub save: SaveBasis,
    /// From a stop to the next step: restart and reading.
    pub restart: Seconds,
    /// Young's interval.
    pub young: Seconds,
    /// Daly's.
    pub daly: Seconds,
    /// Shortest interval that the network or storage keeps up with, at least a step.
    pub least: Seconds,
    /// The interval taken.
    pub interval: Seconds,
    /// Replicas that go on when another fails; none where a failure stops the whole job.
    pub elastic: Option<u32>,
    /// Share of machines that are broken.
    pub broken: Ratio,
    /// Chance that a failed machine finds no spare.
    pub none_free: Ratio,
    /// What stragglers make of a step.
    pub straggler: Ratio,
    /// The notice suffices to save before the machines go.
    pub saved_on_notice: bool,
    /// Zones that the job is really spread over.
    pub zones: u32,
    /// Time for which the job runs: what failures and stops by people are counted over.
    pub running: Seconds,
}

impl Outage {
    /// Share of the whole time that is useful at the speed of a short run on good machines: what time without
    /// failures is divided by.
    #[must_use]
    pub fn useful_share(&self) -> Ratio {
        share(self.time.get(OutagePart::Useful), self.time.total())
    }

    /// What the machines cost, spares included, at that price of one accelerator.
    #[must_use]
    pub fn cost(&self, rate: DollarsPerHour) -> Dollars {
        rate * self.time.paid() * f64::from(self.accelerators)
    }

    /// Share of the paid accelerator-hours, spares included, that is useful: what a price is divided by.
    #[must_use]
    pub fn paid_share(&self, job: &Job) -> Ratio {
        let useful = self.time.get(OutagePart::Useful).get() * f64::from(job.accelerators);
        Ratio::new(useful / (self.time.paid().get() * f64::from(self.accelerators)))
    }

    /// Price of one accelerator for an hour of useful steps: price / goodput, with spares paid for. No discount is
    /// taken for granted.
    #[must_use]
    pub fn effective_rate(&self, rate: DollarsPerHour, job: &Job) -> DollarsPerHour {
        DollarsPerHour::new(rate.get() / self.paid_share(job).get())
    }

    /// Expected number of failures.
    #[must_use]
    pub fn failures(&self) -> Ratio {
        self.basis.failures * self.basis.running
    }

    /// Expected number of times that spot machines are taken away.
    #[must_use]
    pub fn preemptions(&self) -> Ratio {
        self.basis.preemptions * self.time.total().less(self.time.get(OutagePart::Away))
    }
}

/// What a run takes when machines fail as `reliability` says.
#[must_use]
pub fn predict(job: &Job, reliability: &Reliability) -> Outage {
    let spares = spares(job, reliability);
    let basis = basis(job, reliability, spares);
    let nominal = job.work;
    let work = nominal * basis.straggler.get();
    let shares = shares(&basis, reliability);
    let running = Seconds::new(work.get() / shares[0]);
    let basis = OutageBasis { running, ..basis };
    let mut time = RunTime::ZERO;
    time.set(OutagePart::Useful, nominal);
    time.set(OutagePart::Stragglers, work.less(nominal));
    time.set(OutagePart::Checkpoint, running * shares[1]);
    time.set(OutagePart::Lost, running * shares[2]);
    time.set(OutagePart::Restart, running * shares[3]);
    if basis.elastic.is_some() {
        let stalled = libm::expm1((stalls(&basis, reliability).get()).min(STALLS_MAX));
        let restarts = time.get(OutagePart::Restart) + running * stalled;
        time.set(OutagePart::Restart, restarts);
    }
    time.set(OutagePart::Waiting, waiting(&basis, reliability));
    if let Some(spot) = &reliability.spot {
        let away = spot.away.get() / spot.available.get().max(1e-9);
        time.set(OutagePart::Away, time.total() * away);
    }
    let accelerators = job.accelerators.saturating_add(spares.saturating_mul(job.node_size));
    Outage { goodput: goodput(&time, job), time, spares, accelerators, basis }
}

/// Largest argument of an exponential of stalls: a job that stalls so often never ends anyway.
const STALLS_MAX: f64 = 300.0;

fn spares(job: &Job, reliability: &Reliability) -> u32 {
    let broken = broken_share(reliability.failures, reliability.repair);
    match reliability.spares {
        Spares::Nodes(n) => n.min(SPARES_MAX),
        Spares::Enough(share) => spares_least(job.nodes(), broken, share).unwrap_or(SPARES_MAX),
    }
}

fn basis(job: &Job, reliability: &Reliability, spares: u32) -> OutageBasis {
    let nodes = job.nodes();
    let save = SaveBasis::new(job, reliability);
    let elastic = reliability.elastic.and((job.replicas > 1).then_some(job.replicas));
    let failures = reliability.failures * f64::from(nodes);
    let spot = reliability.spot.as_ref();
    let zones = spot.map_or(1, |spot| match elastic {
        Some(replicas) => spot.zones.clamp(1, ZONES_MAX).min(replicas),
        None => 1,
    });
    let saved_on_notice = spot.is_some_and(|spot| spot.notice >= save.write + job.step);
    let preemptions = spot.map_or(Frequency::ZERO, |spot| Frequency::every(spot.available));
    let whole = elastic.map_or(failures, |_| Frequency::ZERO) + reliability.interventions;
    let abrupt = zones == 1 && !saved_on_notice;
    let stops = if abrupt { whole + preemptions } else { whole };
    let mttf = stops.period();
    let least = save.lag.max(job.step);
    let best = reliability.checkpoint.interval.unwrap_or(interval_best(save.blocking, mttf));
    let broken = broken_share(reliability.failures, reliability.repair);
    OutageBasis {
        nodes,
        failures,
        interventions: reliability.interventions,
        preemptions,
        stops,
        mttf,
        save,
        restart: reliability.restart + save.read,
        young: young(save.blocking, mttf),
        daly: daly(save.blocking, mttf),
        least,
        interval: best.max(least).min(job.work.max(job.step)),
        elastic,
        broken,
        none_free: none_free(nodes, spares, broken),
        straggler: reliability.stragglers.slowdown(nodes, job.waited),
        saved_on_notice,
        zones,
        running: Seconds::ZERO,
    }
}

/// Shares of the running time: steps, checkpoints, lost work, restarts.
fn shares(basis: &OutageBasis, reliability: &Reliability) -> [f64; 4] {
    let piece = Piece {
        interval: basis.interval,
        blocking: basis.save.blocking,
        restart: basis.restart,
        lag: basis.save.lag,
    };
    let Some(spot) = reliability.spot.as_ref().filter(|_| basis.zones == 1) else {
        return piece.spent(basis.mttf).shares();
    };
    let mut shares = [0.0; 4];
    for phase in spot::phases(spot).iter().filter(|phase| phase.share > 0.0) {
        let own = if basis.saved_on_notice {
            saved(&piece.spent(basis.mttf).shares(), basis, phase.mean)
        } else {
            let others = (basis.stops.get() - basis.preemptions.get()).max(0.0);
            piece.spent(Seconds::new(1.0 / (others + 1.0 / phase.mean))).shares()
        };
        for (sum, own) in shares.iter_mut().zip(own) {
            *sum += phase.share * own;
        }
    }
    shares
}

/// The shares where the machines go after a notice: each time they are there begins with a restart and ends with a
/// checkpoint, and nothing is lost.
///
/// The pauses for other checkpoints fill less than their usual share, as the last piece of work needs none:
/// `(1 - e^(-d / A)) e^(-t / A) / (1 - e^(-(t + d) / A))` of what is left.
fn saved(shares: &[f64; 4], basis: &OutageBasis, mean: f64) -> [f64; 4] {
    let (restart, write) = (basis.restart.get(), basis.save.write.get());
    let left = libm::exp(-(restart + write) / mean);
    let taken = (1.0 - left) / (restart + write).max(f64::MIN_POSITIVE);
    let (t, d) = (basis.interval.get() / mean, basis.save.blocking.get() / mean);
    let pieces = -libm::expm1(-(t + d));
    let paused = if pieces > 0.0 { -libm::expm1(-d) * libm::exp(-t) / pieces } else { 0.0 };
    let steps = (shares[0] + shares[1]) * left;
    [
        steps * (1.0 - paused),
        steps * paused + taken * write,
        shares[2] * left,
        shares[3] * left + taken * restart,
    ]
}

/// Stalls of elastic replicas: the share of the time that they would take if none overlapped.
fn stalls(basis: &OutageBasis, reliability: &Reliability) -> Ratio {
    let stall = reliability.elastic.unwrap_or_default();
    let zones = match &reliability.spot {
        Some(spot) if basis.zones > 1 => moves(spot) * f64::from(basis.zones),
        _ => Frequency::ZERO,
    };
    (basis.failures + zones) * stall
}

/// How often one zone comes or goes.
fn moves(spot: &Spot) -> Frequency {
    Frequency::every(spot.available + spot.away) * 2.0
}

/// Time for which machines wait for one to stand in.
fn waiting(basis: &OutageBasis, reliability: &Reliability) -> Seconds {
    let stand_in = reliability.replacement * basis.none_free.get();
    match basis.elastic {
        None => basis.running * (basis.failures * stand_in).get(),
        // One replica waits, and starts again.
        Some(replicas) => {
            let missing = basis.failures * (stand_in + basis.restart);
            basis.running * (missing.get() / f64::from(replicas))
        }
    }
}

fn goodput(time: &RunTime, job: &Job) -> Goodput {
    let useful = time.get(OutagePart::Useful);
    let steps = useful + time.get(OutagePart::Stragglers);
    let idle = time.get(OutagePart::Waiting) + time.get(OutagePart::Away);
    let total = time.total();
    let held = total.less(idle);
    Goodput {
        scheduling: share(held, total),
        runtime: share(steps, held).min(Ratio::ONE),
        program: Ratio::new(job.mfu.get() * share(useful, steps).get()),
    }
}

fn share(part: Seconds, whole: Seconds) -> Ratio {
    if whole > Seconds::ZERO { Ratio::new(part.get() / whole.get()) } else { Ratio::ONE }
}
