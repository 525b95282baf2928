//! The best plan at other cluster sizes.

use crate::ui::live::words;
use leptos::prelude::*;

use super::fold::fold;
use crate::api::{ScalePoint, Shown};
use crate::chart::{Curve, Extent, Sample, curve};
use crate::ui::plot::plot;
use crate::ui::segments::segments;
use crate::ui::state::state;
use crate::ui::table::{Cell, current_line, line, table_of};
use crate::units::text::show;

/// What the curve may be of: name, title, amount of a point, and whether the axis is logarithmic.
struct Of {
    title: &'static str,
    pick: fn(&ScalePoint) -> &Shown,
    log: bool,
    tick: fn(f64) -> String,
    /// What perfect scaling makes of the first value at so many times its size.
    ideal: fn(f64, f64) -> f64,
}

const NAMES: [&str; 4] = ["Days", "Cost", "MFU", "Tokens/s"];
const ALL: [Of; 4] = [
    Of {
        title: "Days to finish",
        pick: |point| &point.days,
        log: true,
        tick: short,
        ideal: |first, times| first / times,
    },
    Of {
        title: "Dollars for the whole run",
        pick: |point| &point.cost,
        log: false,
        tick: |value| format!("${}", short(value)),
        ideal: |first, _| first,
    },
    Of {
        title: "Model FLOPs utilisation",
        pick: |point| &point.mfu,
        log: false,
        tick: |value| format!("{:.0}%", value * 100.0),
        ideal: |first, _| first,
    },
    Of {
        title: "Tokens a second, whole cluster",
        pick: |point| &point.tokens_per_s,
        log: true,
        tick: short,
        ideal: |first, times| first * times,
    },
];

fn of(i: u32) -> &'static Of {
    ALL.get(i as usize).unwrap_or(&ALL[0])
}

/// The curve over cluster sizes.
pub fn scaling() -> AnyView {
    let state = state();
    let shown = RwSignal::new(0u32);
    let scene = move |width: f64| {
        let points = state.points();
        let of = of(shown.get());
        let samples: Vec<Sample> = points.iter().map(|point| sample(point, of)).collect();
        let chart = Curve {
            samples: &samples,
            x: Extent { title: "Accelerators".into(), log: true },
            y: Extent { title: of.title.into(), log: of.log },
            steps: false,
            ideal: &ideal(&points, of),
            empty: "Planning other sizes…",
            x_tick: &count,
            y_tick: &of.tick,
        };
        curve(&chart, width, 280.0)
    };
    let label = move || {
        let n = state.points().len();
        let title = of(shown.get()).title;
        format!("{title} over {n} cluster sizes; the table holds the figures")
    };
    let progress = move || {
        let (done, of) = state.progress();
        if done < of { format!("{done} of {of} sizes") } else { String::new() }
    };
    let turn = move |i| shown.set(i);
    view! {
        <section class="part" id="scaling" aria-labelledby="scaling-title">
            <div class="part-head">
                <h2 id="scaling-title">"Other cluster sizes"</h2>
                {segments("What the curve shows", "scaling-of", &NAMES, shown, turn)}
            </div>
            {plot(scene, label)}
            <p class="quiet progress-note">{words(move || progress())}</p>
            {fold("scaling-table", "The sizes as a table", move || size_table(&state.points()))}
        </section>
    }
    .into_any()
}

fn sample(point: &ScalePoint, of: &Of) -> Sample {
    let n = show::grouped(point.count.into());
    let text = match &point.stuck {
        Some(why) => format!("{n}: {why}"),
        None => format!("{n}: {} · {}", (of.pick)(point).text, point.layout),
    };
    Sample {
        x: f64::from(point.count),
        y: point.stuck.is_none().then_some((of.pick)(point).value),
        text,
        current: point.current,
        aside: false,
        link: Some(point.link.clone()),
    }
}

/// What perfect scaling from the smallest size that fits would give.
fn ideal(points: &[ScalePoint], of: &Of) -> Vec<(f64, f64)> {
    let Some(first) = points.iter().find(|point| point.stuck.is_none()) else {
        return Vec::new();
    };
    let (n, value) = (f64::from(first.count), (of.pick)(first).value);
    let grown = |point: &ScalePoint| {
        let count = f64::from(point.count);
        (count, (of.ideal)(value, count / n))
    };
    points.iter().filter(|point| point.count >= first.count).map(grown).collect()
}

/// A whole number, all digits.
fn count(value: f64) -> String {
    show::grouped(value as u64)
}

/// A number for an axis: short from ten thousand on.
fn short(value: f64) -> String {
    if value >= 1e4 { show::count(value as u64) } else { show::rounded(value) }
}

fn size_table(points: &[ScalePoint]) -> AnyView {
    let columns = [
        ("Accelerators", true),
        ("Step", true),
        ("MFU", true),
        ("Tokens/s", true),
        ("Time", true),
        ("Cost", true),
        ("Layout", false),
    ];
    let row = |point: &ScalePoint| {
        let mut cells = vec![Cell::Count(show::grouped(point.count.into()), point.link.clone())];
        let shown = [&point.step, &point.mfu, &point.tokens_per_s, &point.days, &point.cost];
        let none = point.stuck.is_some();
        let text = |shown: &&Shown| {
            if none { "–".to_owned() } else { shown.text.clone() }
        };
        cells.extend(shown.iter().map(|shown| Cell::Number(text(shown))));
        let words = point.stuck.clone().unwrap_or_else(|| point.layout.clone());
        cells.push(Cell::Reason(words.into_any()));
        if point.current { current_line(cells) } else { line(cells) }
    };
    table_of("The best plan at each cluster size", &columns, points.iter().map(row).collect())
}
