//! Pipelines played through: passes follow one another as they must, and wait as the papers say.

use autoparallel::estimate::{Memory, StageReport, in_flight_chunks};
use autoparallel::layout::{Layout, Schedule};
use autoparallel::plan::{Played, Work, play};
use autoparallel::units::Seconds;
use std::collections::BTreeMap;

fn stages(pp: u32, times: &dyn Fn(u32) -> (f64, f64, f64)) -> Vec<StageReport> {
    let stage = |stage| {
        let (forward, backward, weight) = times(stage);
        StageReport {
            stage,
            layers: 1,
            chunks: 1,
            embedding: stage == 0,
            head: stage + 1 == pp,
            memory: Memory::ZERO,
            forward: Seconds::new(forward),
            backward: Seconds::new(backward),
            weight: Seconds::new(weight),
            alone: (Seconds::ZERO, Seconds::ZERO),
        }
    };
    (0..pp).map(stage).collect()
}

fn layout(schedule: Schedule, pp: u32, vpp: u32) -> Layout {
    Layout { pp, vpp, schedule, ..Layout::SINGLE }
}

/// Schedules with numbers of stages, chunks and micro-batches that they take.
fn all() -> Vec<(Layout, u32)> {
    let mut all = Vec::new();
    for pp in [2, 3, 4, 8] {
        for rounds in [1, 2, 5] {
            let m = pp * rounds;
            for schedule in [Schedule::OneFOneB, Schedule::GPipe, Schedule::ZeroBubble] {
                all.push((layout(schedule, pp, 1), m));
            }
            for vpp in [2, 3] {
                all.push((layout(Schedule::Interleaved, pp, vpp), m));
                all.push((layout(Schedule::BreadthFirst, pp, vpp), m));
            }
            all.push((layout(Schedule::ZeroBubbleV, pp, 2), m));
            if pp % 2 == 0 {
                all.push((layout(Schedule::DualPipe, pp, 1), 2 * m));
            }
        }
    }
    all
}

/// Place of a pass along the way of its micro-batch.
fn place(layout: &Layout, stage: u32, pass: &Played, m: u32) -> u32 {
    let pp = layout.pp;
    match layout.schedule {
        Schedule::ZeroBubbleV if pass.task.chunk == 1 => 2 * pp - 1 - stage,
        Schedule::DualPipe if 2 * pass.task.micro_batch >= m => pp - 1 - stage,
        Schedule::ZeroBubbleV | Schedule::DualPipe => stage,
        _ => pass.task.chunk * pp + stage,
    }
}

#[test]
fn every_pass_runs_once_after_what_it_needs() {
    for (layout, m) in all() {
        let name = format!("{:?} {} x {}, {m}", layout.schedule, layout.pp, layout.vpp);
        let uneven = |stage: u32| (1.0 + f64::from(stage % 3) * 0.25, 2.0, 0.75);
        let played = play(&layout, &stages(layout.pp, &uneven), m);
        let mut ends: BTreeMap<(u32, u32, Work), (f64, f64)> = BTreeMap::new();
        for (stage, lane) in (0..).zip(&played) {
            for pair in lane.windows(2) {
                assert!(
                    pair[0].end <= pair[1].start,
                    "{name}: stage {stage} does two things at once"
                );
            }
            for pass in lane {
                let at = (place(&layout, stage, pass, m), pass.task.micro_batch, pass.task.work);
                let twice = ends.insert(at, (pass.start.get(), pass.end.get()));
                assert_eq!(twice, None, "{name}: {at:?} runs twice");
            }
        }
        let depth = layout.pp * layout.vpp;
        let get = |place, i, work| *ends.get(&(place, i, work)).unwrap_or_else(|| panic!("{name}"));
        for i in 0..m {
            for place in 0..depth {
                let (forward, backward) =
                    (get(place, i, Work::Forward), get(place, i, Work::Backward));
                assert!(forward.1 <= backward.0, "{name}");
                if place > 0 {
                    assert!(get(place - 1, i, Work::Forward).1 <= forward.0, "{name}");
                    assert!(backward.1 <= get(place - 1, i, Work::Backward).0, "{name}");
                }
                if let Some(weight) = ends.get(&(place, i, Work::Weight)) {
                    assert!(backward.1 <= weight.0, "{name}");
                }
            }
        }
    }
}

fn span(layout: &Layout, m: u32, times: (f64, f64, f64)) -> f64 {
    let played = play(layout, &stages(layout.pp, &|_| times), m);
    played.iter().flatten().map(|pass| pass.end.get()).fold(0.0, f64::max)
}

#[test]
fn equal_stages_wait_as_long_as_the_papers_say() {
    // arXiv 2104.04473, section 2.2: the bubble is (p - 1) / m of the ideal time, and that over v
    // when interleaved.
    let times = (1.0, 2.0, 1.0);
    for (pp, m) in [(2, 8), (4, 16), (8, 32), (16, 16)] {
        let ideal = f64::from(m) * 3.0;
        for schedule in [Schedule::OneFOneB, Schedule::GPipe] {
            let bubble = span(&layout(schedule, pp, 1), m, times) / ideal - 1.0;
            let paper = f64::from(pp - 1) / f64::from(m);
            assert!(
                (bubble - paper).abs() < 1e-9,
                "{schedule:?} {pp} {m}: {bubble} is not {paper}"
            );
        }
        for vpp in [2, 4] {
            let bubble = span(&layout(Schedule::Interleaved, pp, vpp), m, times) / ideal - 1.0;
            let paper = f64::from(pp - 1) / f64::from(m) / f64::from(vpp);
            assert!((bubble - paper).abs() < 1e-9, "{pp} x {vpp} {m}: {bubble} is not {paper}");
        }
    }
}

#[test]
fn weight_gradients_fill_waits() {
    // arXiv 2401.10241, table 2: with F = B = W, ZB-H1 waits (p - 1)(F + B - W), a third of 1F1B's
    // 3 (p - 1) F.
    for pp in [4, 8] {
        let m = 4 * pp;
        let plain = span(&layout(Schedule::OneFOneB, pp, 1), m, (1.0, 2.0, 1.0));
        let zero = span(&layout(Schedule::ZeroBubble, pp, 1), m, (1.0, 2.0, 1.0));
        let ideal = f64::from(m) * 3.0;
        assert!(zero - ideal <= 0.7 * (plain - ideal), "{pp}: {zero} against {plain}");
        assert!(zero >= ideal);
    }
}

#[test]
fn what_is_in_flight_agrees_with_the_schedule_played() {
    for (pp, vpp, m, schedule) in [
        (4, 1, 16, Schedule::OneFOneB),
        (8, 1, 4, Schedule::OneFOneB),
        (4, 1, 6, Schedule::GPipe),
        (4, 2, 16, Schedule::Interleaved),
        (8, 3, 24, Schedule::Interleaved),
        (4, 2, 8, Schedule::BreadthFirst),
    ] {
        let layout = layout(schedule, pp, vpp);
        let played = play(&layout, &stages(pp, &|_| (1.0, 2.0, 1.0)), m);
        for (stage, lane) in (0..).zip(&played) {
            let (mut alive, mut most) = (0_i64, 0);
            for pass in lane {
                alive += if pass.task.work == Work::Forward { 1 } else { -1 };
                most = most.max(alive);
            }
            let told = in_flight_chunks(schedule, pp, vpp, m, stage);
            assert_eq!(most, told as i64, "{schedule:?} {pp} x {vpp}, {m}, stage {stage}");
        }
    }
}
