//! DualPipe played through in the order of its authors' code, against what the estimate says of it.
//!
//! Order: deepseek-ai/DualPipe, dualpipe.py @bb214e8, the eight steps of `DualPipe.step`. A rank holds the stages `r`
//! and `pp - 1 - r` and serves micro-batches from both ends.

mod support;

use autoparallel::estimate::{Book, TimePart};
use autoparallel::layout::{Layout, Schedule, ZeroStage};
use autoparallel::units::Ratio;
use std::collections::BTreeMap;
use support::{QWEN_30B, Wanted, case};

/// What a rank does next, by the end from which the micro-batch came: 0 is the rank's own.
#[derive(Clone, Copy)]
enum Do {
    Forward(usize),
    /// Backward whole, or without the weight gradients, which are put off.
    Backward(usize, bool),
    /// Forward of one and backward of the other at once.
    Both(usize, usize),
    Weight,
}

/// Seconds of a chunk that runs alone, of its weight gradients, and of two chunks at once.
#[derive(Clone, Copy)]
struct Times {
    forward: f64,
    backward: f64,
    weight: f64,
    both: f64,
}

fn order(rank: usize, pp: usize, m: usize) -> Vec<Do> {
    let half = rank.min(pp - 1 - rank);
    let after = pp / 2 - 1 - half;
    let middle = half + 1 == pp / 2;
    let mut all = vec![Do::Forward(0); 2 * after];
    for _ in 0..=half {
        all.extend([Do::Forward(0), Do::Forward(1)]);
    }
    for _ in 0..after {
        all.extend([Do::Backward(1, true), Do::Weight, Do::Forward(1)]);
    }
    for i in 0..m / 2 - pp + half + 1 {
        if i == 0 && middle {
            all.extend([Do::Forward(0), Do::Backward(1, false)]);
        } else {
            all.push(Do::Both(0, 1));
        }
        all.push(Do::Both(1, 0));
    }
    for _ in 0..after {
        all.extend([Do::Backward(1, false), Do::Both(1, 0)]);
    }
    let mut put_off = false;
    for i in 0..=half {
        put_off |= i == half.div_ceil(2) && !half.is_multiple_of(2);
        all.push(Do::Backward(1, put_off));
        put_off |= i == half.div_ceil(2) && half.is_multiple_of(2);
        all.push(Do::Backward(0, put_off));
    }
    for _ in 0..after {
        all.extend([Do::Weight, Do::Backward(0, true)]);
    }
    all.extend(vec![Do::Weight; half + 1]);
    all
}

/// Seconds until the last rank is done.
fn play(pp: usize, m: usize, times: &Times) -> f64 {
    let orders: Vec<Vec<Do>> = (0..pp).map(|rank| order(rank, pp, m)).collect();
    let mut next = vec![0; pp];
    let mut free = vec![0.0_f64; pp];
    // How many of each direction a rank has passed, and when: (backward, direction, stage) of each micro-batch.
    let mut passed = vec![[[0_usize; 2]; 2]; pp];
    let mut done: BTreeMap<(bool, usize, usize, usize), f64> = BTreeMap::new();
    loop {
        let mut moved = false;
        for rank in 0..pp {
            while let Some(one) = orders[rank].get(next[rank]) {
                let way = |end: usize| end ^ usize::from(rank >= pp / 2);
                let stage = |end: usize| if way(end) == 0 { rank } else { pp - 1 - rank };
                let at = |back: bool, end: usize| {
                    let i = passed[rank][usize::from(back)][end];
                    match (back, stage(end)) {
                        (false, 0) => Some(0.0),
                        (false, s) => done.get(&(false, way(end), s - 1, i)).copied(),
                        (true, s) if s + 1 == pp => done.get(&(false, way(end), s, i)).copied(),
                        (true, s) => done.get(&(true, way(end), s + 1, i)).copied(),
                    }
                };
                let (parts, time) = match *one {
                    Do::Forward(end) => (vec![(false, end)], times.forward),
                    Do::Backward(end, put_off) => {
                        let off = if put_off { times.weight } else { 0.0 };
                        (vec![(true, end)], times.backward - off)
                    }
                    Do::Both(end, other) => (vec![(false, end), (true, other)], times.both),
                    Do::Weight => (Vec::new(), times.weight),
                };
                let ready: Option<Vec<f64>> = parts.iter().map(|(b, end)| at(*b, *end)).collect();
                let Some(ready) = ready else { break };
                free[rank] = ready.into_iter().fold(free[rank], f64::max) + time;
                for (back, end) in parts {
                    let count = &mut passed[rank][usize::from(back)][end];
                    done.insert((back, way(end), stage(end), *count), free[rank]);
                    *count += 1;
                }
                next[rank] += 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    assert!(next.iter().zip(&orders).all(|(n, order)| *n == order.len()), "it stands still");
    free.into_iter().fold(0.0, f64::max)
}

/// The authors' own figure: with chunks that hide nothing and F = B - W, the bubble of their table 2.
#[test]
fn the_order_waits_as_its_paper_says() {
    for pp in [4, 8, 16] {
        for m in [2 * pp, 4 * pp] {
            let times = Times { forward: 1.0, backward: 2.0, weight: 1.0, both: 3.0 };
            let wanted = (pp as f64 / 2.0 - 1.0) * (3.0 + 2.0 - 3.0);
            let waits = play(pp, m, &times) - 3.0 * m as f64;
            assert!((waits - wanted).abs() < 1e-9, "{pp} x {m}: {waits} is not {wanted}");
        }
    }
}

/// Experts over several machines: chunks that run alone wait for their exchanges.
#[test]
fn the_estimate_waits_as_the_order_does() {
    for (pp, ep, exchange) in [(2_u32, 16, 0.5), (4, 8, 1.0), (4, 16, 0.2), (8, 8, 1.0)] {
        let mut case = case(&Wanted { stack: "unconstrained", ..QWEN_30B });
        // Equal stages: no tables, no further tokens.
        case.model.vocab = 1;
        case.stack.profile.link_outside = Ratio::new(exchange);
        let (dp, m) = (64 / pp, 1024 / (64 / pp));
        let (schedule, zero, shard) = (Schedule::DualPipe, ZeroStage::One, dp);
        let layout = Layout { pp, dp, ep, schedule, zero, shard, ..Layout::SINGLE };
        autoparallel::layout::rules::check(&case, &layout).expect("legal");
        let book = Book::new(&case);
        let stages = book.stages_report(&layout);
        let stage = &stages[pp as usize / 2];
        let times = Times {
            forward: (stage.forward + stage.alone.0).get(),
            backward: (stage.backward + stage.alone.1).get(),
            weight: stage.weight.get(),
            both: stage.time().get(),
        };
        assert!(times.forward + times.backward > 1.01 * times.both, "nothing in the open");
        let played = play(pp as usize, m as usize, &times);
        let bubble = book.estimate(&layout).time.get(TimePart::Bubble).get();
        let told = f64::from(m) * times.both + bubble;
        println!("{pp} stages, EP {ep}: {told:.4} s told, {played:.4} s played");
        assert!((told / played - 1.0).abs() < 0.001, "{pp} {ep}: {told} is not {played}");
    }
}
