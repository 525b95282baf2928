//! The picture of a day: traffic in instances that it fills, and the instances that are wanted, paid for and ready.

use super::Told;
use crate::estimate::capacity::{MINUTES, Minute};
use crate::plan::budget::{Chart, Mark};
use crate::units::Ratio;
use crate::units::text::show;

/// Minutes between points of the traffic.
const STEP: usize = 15;

pub(super) fn chart(told: &Told<'_>) -> Chart {
    let minutes = &told.month.scaled.minutes;
    let each = told.month.held.rate.get();
    let hour = |at: usize| Ratio::new(at as f64 / 60.0);
    let traffic = (0..=MINUTES).step_by(STEP).filter_map(|at| {
        let minute = minutes.get(at % MINUTES)?;
        Some([hour(at), Ratio::ZERO, Ratio::new(minute.demand.get() / each)])
    });
    let line = |name: &str, ink: &str, of: fn(&Minute) -> u32| Mark {
        kind: "line",
        name: name.to_owned(),
        text: ink.to_owned(),
        at: steps(minutes, of),
    };
    let key = |name: &str, ink: &str| Mark {
        kind: "key",
        name: name.to_owned(),
        text: ink.to_owned(),
        at: Vec::new(),
    };
    let mut marks = vec![
        key("traffic, in instances that it fills", "ink-wash"),
        key("ready", "ink-accent"),
        line("paid for", "1", |minute| minute.paid),
        line("wanted", "2", |minute| minute.wanted),
    ];
    marks.extend((0..24).filter_map(|hour| point(told, hour)));
    Chart {
        title: "Traffic and instances over 24 hours".to_owned(),
        axes: ["Time of day", "Instances"],
        units: ["clock", "count"],
        steps: true,
        points: steps(minutes, |minute| minute.ready),
        band: traffic.flatten().collect(),
        marks,
    }
}

/// What is told at half past an hour.
fn point(told: &Told<'_>, hour: usize) -> Option<Mark> {
    let minute = told.month.scaled.minutes.get(hour * 60 + 30)?;
    let n = |n: u32| show::grouped(n.into());
    let text = format!(
        "{hour:02}:30 · {} · wanted {}, paid for {}, ready {}",
        show::frequency(minute.demand),
        n(minute.wanted),
        n(minute.paid),
        n(minute.ready)
    );
    let at = vec![Ratio::new(hour as f64 + 0.5), Ratio::new(f64::from(minute.ready))];
    Some(Mark { kind: "point", name: String::new(), text, at })
}

/// Across, up, ... wherever a number changes, and both ends of the day.
fn steps(minutes: &[Minute], of: fn(&Minute) -> u32) -> Vec<Ratio> {
    let mut all = Vec::new();
    let mut last = None;
    for (at, minute) in minutes.iter().enumerate() {
        let n = of(minute);
        if last != Some(n) {
            all.extend([Ratio::new(at as f64 / 60.0), Ratio::new(f64::from(n))]);
            last = Some(n);
        }
    }
    let end = last.map(|n| [Ratio::new(24.0), Ratio::new(f64::from(n))]);
    all.extend(end.into_iter().flatten());
    all
}
