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
    zone: Option<Zone>,
    /// Seconds before the end of each stay in which all is saved; none where nothing is.
    notice: Option<f64>,
}

/// Times there, of which some are short, and away.
#[derive(Clone, Copy)]
struct Zone {
    there: f64,
    short: f64,
    short_share: f64,
    away: f64,
}

impl Zone {
    fn stays(&self, chance: &mut Chance) -> f64 {
        let short = chance.uniform() < self.short_share;
        chance.exponential(if short { self.short } else { self.there })
    }
}

/// Plays a run to its end: each stop throws the work back to the last checkpoint that counts.
fn play(run: &Run, chance: &mut Chance) -> Happened {
    let mut at = Happened::default();
    let save_last = run.notice.unwrap_or(0.0);
    let stays = |chance: &mut Chance| {
        run.zone.map_or(f64::INFINITY, |zone| (zone.stays(chance) - save_last).max(0.0))
    };
    let mut leaves = stays(chance);
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
        if run.notice.is_some() && leaves <= fails {
            fresh += (stop - at.total).min(run.interval);
        } else if counts > stop {
            fresh = safe;
        }
        safe = fresh;
        at.total = stop;
        // Restarts until one is not itself interrupted.
        loop {
            if at.total >= leaves {
                let away = run.zone.map_or(0.0, |zone| chance.exponential(zone.away));
                at.away += away;
                at.checkpoint += save_last;
                at.total += away + save_last;
                leaves = at.total + stays(chance);
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
        zone: own.spot.map(|spot| Zone {
            there: spot.available.get(),
            short: 1.0,
            short_share: 0.0,
            away: spot.away.get(),
        }),
        notice: basis.saved_on_notice.then_some(basis.save.write.get()),
    }
}

fn compare(what: &str, job: &Job, own: &Reliability, within: f64) {
    compare_with(what, job, own, &run_of(job, own), within);
}

fn compare_with(what: &str, job: &Job, own: &Reliability, run: &Run, within: f64) {
    let outage = predict(job, own);
    let found = simulate(run, 300);
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

/// A zone with bursts: short times of 12 minutes on average and long ones of 4 hours, which the formula only knows by
/// their mean and median.
#[test]
fn bursts_take_what_a_simulation_takes() {
    let (job, mut own) = plain(Way::Blocking, 0.5, 600.0);
    let (short, there, short_share) = (720.0, 14_400.0, 0.79);
    let mean = short_share * short + (1.0 - short_share) * there;
    let mut chance = Chance(7);
    let zone = Zone { there, short, short_share, away: 3600.0 };
    let mut stays: Vec<f64> = (0..100_001).map(|_| zone.stays(&mut chance)).collect();
    stays.sort_by(f64::total_cmp);
    own.spot = Some(Spot {
        available: Seconds::new(mean),
        median: Some(Seconds::new(stays[50_000])),
        away: Seconds::new(zone.away),
        notice: Seconds::ZERO,
        zones: 1,
    });
    let run = Run { zone: Some(zone), ..run_of(&job, &own) };
    compare_with("bursts", &job, &own, &run, 0.02);
    // Taken for even, the same mean would look worse.
    own.spot = own.spot.map(|spot| Spot { median: None, ..spot });
    let even = predict(&job, &own).time.total().get();
    assert!(even > simulate(&run, 300).total * 1.05, "{even}");
}

/// Replicas that go on without one: each failure stalls all for a while and keeps one away for longer.
#[test]
fn elastic_replicas_take_what_a_simulation_takes() {
    for (stops, replicas) in [(4.0, 8_u32), (24.0, 32), (60.0, 100)] {
        let (mut job, mut own) = plain(Way::Asynchronous, stops / f64::from(replicas), 0.0);
        job.accelerators = replicas;
        job.replicas = replicas;
        own.checkpoint.interval = None;
        own.elastic = Some(Seconds::new(180.0));
        own.replacement = Seconds::new(1800.0);
        let outage = predict(&job, &own);
        let u = own.replacement.get() + outage.basis.restart.get();
        let (work, between) = (job.work.get(), 86_400.0 / stops);
        let mut chance = Chance(3);
        let mut total = 0.0;
        for _ in 0..20 {
            let (mut now, mut done, mut stalled) = (0.0_f64, 0.0_f64, 0.0_f64);
            let mut fails = chance.exponential(between);
            let mut back: Vec<f64> = Vec::new();
            while done < work {
                let next = back.iter().copied().fold(fails, f64::min);
                let from = now.max(stalled.min(next));
                let rate = 1.0 - back.len() as f64 / f64::from(replicas);
                let ends = from + (work - done) / rate;
                done += (ends.min(next) - from) * rate;
                now = ends.min(next);
                back.retain(|end| *end > now);
                if now >= fails {
                    stalled = now + 180.0;
                    back.push(now + u);
                    fails = now + chance.exponential(between);
                }
            }
            total += now / 20.0;
        }
        near("elastic", outage.time.total().get() / total, 1.0, 0.01);
    }
}

/// Machines that tell before they go: what was done is saved each time.
#[test]
fn notices_take_what_a_simulation_takes() {
    for (there, away) in [(1.0, 1.1), (5.0, 1.94)] {
        let (job, mut own) = plain(Way::Blocking, 2.0, 1500.0);
        let spot = Spot {
            available: Seconds::hours(there),
            median: None,
            away: Seconds::hours(away),
            notice: Seconds::hours(0.5),
            zones: 1,
        };
        own.spot = Some(spot);
        assert!(predict(&job, &own).basis.saved_on_notice);
        compare(&format!("told {there} h"), &job, &own, 0.025);
        let told = predict(&job, &own).time.total();
        own.spot = Some(Spot { notice: Seconds::ZERO, ..spot });
        assert!(predict(&job, &own).time.total() > told);
    }
}

/// Elastic replicas in several zones, each there for a while and away for a while: the others go on.
#[test]
fn several_zones_take_what_a_simulation_takes() {
    for (zones, there, away) in [(2_u32, 5.0, 1.94), (4, 8.25, 0.97)] {
        let (mut job, mut own) = plain(Way::Asynchronous, 0.0, 0.0);
        (job.accelerators, job.replicas) = (zones, zones);
        own.checkpoint.interval = None;
        own.elastic = Some(Seconds::new(180.0));
        let (available, away) = (Seconds::hours(there), Seconds::hours(away));
        own.spot = Some(Spot { available, median: None, away, notice: Seconds::ZERO, zones });
        let outage = predict(&job, &own);
        assert_eq!(outage.basis.zones, zones);
        let mut chance = Chance(11);
        let mut total = 0.0;
        for _ in 0..60 {
            total += play_zones(zones, (available.get(), away.get()), &job, &mut chance) / 60.0;
        }
        near("zones", outage.time.total().get() / total, 1.0, 0.02);
    }
}

/// Time until the work is done where each zone that is there does its share, and each that comes or goes stalls all.
fn play_zones(zones: u32, (there, away): (f64, f64), job: &Job, chance: &mut Chance) -> f64 {
    let (mut now, mut done, mut stalled) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut state: Vec<(bool, f64)> = (0..zones)
        .map(|_| match chance.uniform() * (there + away) < there {
            true => (true, chance.exponential(there)),
            false => (false, chance.exponential(away)),
        })
        .collect();
    loop {
        let next = state.iter().map(|zone| zone.1).fold(f64::INFINITY, f64::min);
        let rate = state.iter().filter(|zone| zone.0).count() as f64 / f64::from(zones);
        let from = now.max(stalled.min(next));
        let could = (next - from) * rate;
        if done + could >= job.work.get() {
            return from + (job.work.get() - done) / rate;
        }
        done += could;
        now = next;
        stalled = now + 180.0;
        for zone in state.iter_mut().filter(|zone| zone.1 <= now) {
            let mean = if zone.0 { away } else { there };
            *zone = (!zone.0, now + chance.exponential(mean));
        }
    }
}
