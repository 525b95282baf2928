//! Runs that fail, second by second, against the formulas: an oracle that is slow and plain.

use super::{JOB, near, steady};
use autoparallel::estimate::outage::{OutagePart as P, predict};
use autoparallel::reliability::{Checkpointing, Job, Reliability, Spares, Spot, Way};
use autoparallel::units::{Frequency, Seconds};

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }
}

/// What happened in a run.
#[derive(Default)]
struct Happened {
    checkpoint: f64,
    restart: f64,
    away: f64,
    total: f64,
}

/// What is simulated, in seconds.
#[derive(Clone, Copy)]
struct Run {
    work: f64,
    interval: f64,
    blocking: f64,
    lag: f64,
    restart: f64,
    between: f64,
    /// Means of the times there and away.
    zone: Option<(f64, f64)>,
}

/// Plays a run to its end: each stop throws the work back to the last checkpoint that counts.
fn play(run: &Run, chance: &mut Chance) -> Happened {
    let mut at = Happened::default();
    let mut leaves = run.zone.map_or(f64::INFINITY, |(there, _)| chance.exponential(there));
    let mut fails = chance.exponential(run.between);
    // Work that a stop cannot take, and when the newest checkpoint begins to count.
    let (mut safe, mut fresh, mut counts) = (0.0, 0.0, 0.0);
    while fresh < run.work {
        let stop = fails.min(leaves);
        let save = at.total + run.interval + run.blocking;
        if save <= stop {
            if counts <= save {
                safe = fresh;
            }
            fresh += run.interval;
            counts = save + run.lag;
            at.checkpoint += run.blocking;
            at.total = save;
            continue;
        }
        fresh = if counts <= stop { fresh } else { safe };
        safe = fresh;
        at.total = stop;
        // Restarts until one is not itself interrupted.
        loop {
            if at.total >= leaves {
                let away = run.zone.map_or(0.0, |(_, away)| chance.exponential(away));
                at.away += away;
                at.total += away;
                leaves = at.total + run.zone.map_or(0.0, |(there, _)| chance.exponential(there));
                fails = fails.max(at.total) + if fails <= at.total { 0.0 } else { away };
            }
            if at.total >= fails {
                fails = at.total + chance.exponential(run.between);
            }
            let end = (at.total + run.restart).min(fails).min(leaves);
            at.restart += end - at.total;
            let whole = end == at.total + run.restart;
            at.total = end;
            if whole {
                break;
            }
        }
        counts = at.total;
    }
    at
}

fn simulate(run: &Run, runs: u32) -> Happened {
    let mut chance = Chance(42);
    let mut sum = Happened::default();
    for _ in 0..runs {
        let one = play(run, &mut chance);
        sum.checkpoint += one.checkpoint / f64::from(runs);
        sum.restart += one.restart / f64::from(runs);
        sum.away += one.away / f64::from(runs);
        sum.total += one.total / f64::from(runs);
    }
    sum
}

/// One accelerator that never waits for a replacement and saves in a known time.
fn plain(way: Way, stops_a_day: f64, interval: f64) -> (Job, Reliability) {
    let job = Job {
        accelerators: 1,
        node_size: 1,
        work: Seconds::days(40.0),
        replicas: 1,
        holders: 1,
        ..JOB
    };
    let mut own = steady();
    own.failures = Frequency::per_day(stops_a_day);
    own.interventions = Frequency::ZERO;
    own.replacement = Seconds::ZERO;
    own.spares = Spares::Nodes(0);
    own.checkpoint = Checkpointing {
        way,
        interval: Some(Seconds::new(interval)),
        write: own.checkpoint.write * 10.0,
        read: own.checkpoint.read * 10.0,
    };
    (job, own)
}

fn run_of(job: &Job, own: &Reliability) -> Run {
    let basis = predict(job, own).basis;
    Run {
        work: job.work.get(),
        interval: basis.interval.get(),
        blocking: basis.save.blocking.get(),
        lag: basis.save.lag.get(),
        restart: basis.restart.get(),
        between: own.failures.period().get(),
        zone: own.spot.map(|spot| (spot.available.get(), spot.away.get())),
    }
}

fn compare(what: &str, job: &Job, own: &Reliability, within: f64) {
    let outage = predict(job, own);
    let found = simulate(&run_of(job, own), 300);
    let total = outage.time.total().get();
    near(&format!("{what}: total"), total / found.total, 1.0, within);
    let part = |part: P| outage.time.get(part).get();
    let close = |name: &str, said: f64, found: f64| {
        near(&format!("{what}: {name}"), (said - found) / total, 0.0, within);
    };
    close("restart", part(P::Restart), found.restart);
    close("away", part(P::Away), found.away);
    if own.spot.is_none() {
        close("checkpoint and lost", part(P::Checkpoint) + part(P::Lost), {
            found.total - found.restart - found.away - job.work.get()
        });
    }
}

#[test]
fn failures_take_what_a_simulation_takes() {
    for (stops, interval) in [(1.0, 3600.0), (6.0, 1800.0), (24.0, 1200.0)] {
        let (job, own) = plain(Way::Blocking, stops, interval);
        compare(&format!("{stops} a day"), &job, &own, 0.01);
    }
}

/// A checkpoint that is written while training goes on counts late; the formula takes the mean of what that loses.
#[test]
fn late_checkpoints_take_what_a_simulation_takes() {
    for (stops, interval) in [(2.0, 1800.0), (8.0, 900.0)] {
        let (job, own) = plain(Way::Asynchronous, stops, interval);
        compare(&format!("late, {stops} a day"), &job, &own, 0.02);
    }
}

#[test]
fn spot_zones_take_what_a_simulation_takes() {
    for (there, away) in [(1.0, 1.1), (5.0, 1.94), (8.25, 0.97)] {
        let (job, mut own) = plain(Way::Blocking, 0.5, 1500.0);
        own.spot = Some(Spot {
            available: Seconds::hours(there),
            median: None,
            away: Seconds::hours(away),
            notice: Seconds::ZERO,
            zones: 1,
        });
        compare(&format!("{there} h there, {away} h away"), &job, &own, 0.02);
    }
}
