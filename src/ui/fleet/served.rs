//! What was found for a model in service: the frontier as a chart and a table, the best of each accelerator and of
//! each seller.

use leptos::prelude::*;

use super::results::{bill, bill_button, of, on, price, seller};
use super::store::{Fleet, Turn};
use crate::api::FleetView;
use crate::api::fleet::{FleetRow, ServedRow};
use crate::chart::{Dot, Ink, Plane, Stamp, Stroke, plane};
use crate::ui::answer::fold;
use crate::ui::live::live;
use crate::ui::plot::plot;
use crate::ui::segments::segments;
use crate::ui::table::{Cell, Column, line, table_of};
use crate::units::text::show;
use crate::units::{Dollars, Seconds};

const HEIGHT: f64 = 320.0;
const AXES: [&str; 3] = ["Further token", "First token", "Tokens/s"];
const TITLES: [&str; 3] =
    ["Time of each further token", "Time to the first token", "Tokens/s of one accelerator"];
const COLUMNS: [Column; 7] = [
    ("Number", true),
    ("Machine, seller", false),
    ("Layout, formats", false),
    ("Token, first", true),
    ("1M tokens, month", true),
    ("Each, carbon", true),
    ("Price of each", true),
];

/// The frontier as picture and table, the bill of a row, accelerators and sellers.
pub fn found(fleet: Fleet) -> AnyView {
    let axis = RwSignal::new(0u32);
    view! {
        <h3 class="fleet-title">"Deployments that nothing beats in both time and dollars"</h3>
        {segments("Dollars against", "fleet-axis", &AXES, axis, move |i| axis.set(i))}
        {picture(fleet, axis)}
        {live(move || of(fleet, Turn::Picture, legend))}
        {live(move || of(fleet, Turn::Rows, frontier))}
        {live(move || bill(fleet))}
        {fold("fleet-kinds", "The best of each accelerator, and why it lost", move || {
            of(fleet, Turn::Rest, |_, view| others(&view.kinds, "The best of each accelerator"))
        })}
        {fold("fleet-sellers", "The best of each seller", move || {
            of(fleet, Turn::Rest, |_, view| others(&view.sellers, "The best of each seller"))
        })}
    }
    .into_any()
}

fn picture(fleet: Fleet, axis: RwSignal<u32>) -> AnyView {
    let scene = move |width: f64| {
        let (view, axis) = (fleet.view(Turn::Picture), axis.get());
        let rows = view.as_deref().map_or(&[][..], |view| &view.rows);
        let names = names(rows);
        let dots: Vec<Dot> = rows.iter().filter_map(|row| dot(row, &names, axis)).collect();
        let goal = fleet.goals().get(axis as usize).copied().flatten();
        let name = goal.map(|goal| format!("within {}", show::time(goal))).unwrap_or_default();
        let strokes = if axis < 2 { vec![least(&dots)] } else { Vec::new() };
        let time = |value: f64| show::time(Seconds::new(value));
        let x_tick: &dyn Fn(f64) -> String = if axis < 2 { &time } else { &show::rounded };
        let chart = Plane {
            dots: &dots,
            strokes: &strokes,
            goal: goal.map(|goal| (goal.get(), name.as_str())),
            titles: (TITLES[axis as usize % 3], "Dollars a million answer tokens"),
            empty: "Looking for offers…",
            x_tick,
            y_tick: &|value| show::million(Dollars::new(value)),
        };
        plane(&chart, width, HEIGHT)
    };
    let label = move || {
        let n = fleet.view(Turn::Picture).map_or(0, |view| view.rows.len());
        let title = TITLES[axis.get() as usize % 3];
        format!("Dollars against {title}, {n} deployments; the table holds the figures")
    };
    plot(scene, label)
}

/// Names of accelerators in the order of rows.
fn names(rows: &[FleetRow]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for row in rows {
        if !all.contains(&row.accelerator.as_str()) {
            all.push(&row.accelerator);
        }
    }
    all
}

fn dot(row: &FleetRow, names: &[&str], axis: u32) -> Option<Dot> {
    let own = row.served.as_ref()?;
    let x = [&own.per_token, &own.first_token, &own.each].get(axis as usize)?.value;
    let series = names.iter().position(|name| *name == row.accelerator).unwrap_or(0);
    let times = format!("{} first, {} further", own.first_token.text, own.per_token.text);
    Some(Dot {
        at: (x, own.price.value),
        series: (series % 8) as u8,
        stamp: if own.keeps { Stamp::Filled } else { Stamp::Ring },
        text: format!("{} · {times} · {}", own.price.text, on(row)),
        link: Some(row.link.clone()),
        ..Dot::default()
    })
}

/// The line through those that nothing beats, cheapest first.
fn least(dots: &[Dot]) -> Stroke {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for dot in dots {
        if points.last().is_none_or(|last| dot.at.0 < last.0) {
            points.push(dot.at);
        }
    }
    Stroke { points, ink: Ink::Muted, dashed: true }
}

fn legend(_: Fleet, view: &FleetView) -> AnyView {
    let row = |(series, name): (usize, &str)| {
        view! {
            <li>
                <span class=format!("swatch series-{}", series % 8)></span>
                <span class="legend-name">{name.to_owned()}</span>
            </li>
        }
    };
    let rows = names(&view.rows).into_iter().enumerate().map(row).collect_view();
    view! { <ul class="legend">{rows}</ul> }.into_any()
}

fn frontier(fleet: Fleet, view: &FleetView) -> AnyView {
    let columns: Vec<Column> = COLUMNS.into_iter().chain([("Bill", false)]).collect();
    let line = |(row, i): (&FleetRow, u32)| {
        // Where the bill is there, each number leads to it: its derivation stands there.
        let opens = |text: &str, below: &str| {
            let below = view! { <span class="figure-range">{below.to_owned()}</span> };
            let text = bill_button(fleet, i, text.to_owned());
            Cell::Made(view! { {text} {below} }.into_any())
        };
        let last = Cell::Reason(bill_button(fleet, i, "Open".to_owned()));
        match view.complete {
            true => line_of(row, &opens, last),
            false => line_of(row, &ranged, last),
        }
    };
    let lines = view.rows.iter().zip(0..).map(line).collect();
    table_of("Deployments that nothing beats in both time and dollars", &columns, lines)
}

fn others(rows: &[FleetRow], caption: &'static str) -> AnyView {
    let columns: Vec<Column> = COLUMNS.into_iter().chain([("Against the best", false)]).collect();
    let lost = |row: &FleetRow| {
        let text = row.served.as_ref().map_or("", |own| &own.lost);
        Cell::Text(if text.is_empty() { "the best".to_owned() } else { text.to_owned() })
    };
    table_of(caption, &columns, rows.iter().map(|row| line_of(row, &ranged, lost(row))).collect())
}

fn ranged(text: &str, below: &str) -> Cell {
    Cell::Ranged(text.to_owned(), below.to_owned())
}

fn line_of(row: &FleetRow, number: &dyn Fn(&str, &str) -> Cell, last: Cell) -> AnyView {
    let none = ServedRow::default();
    let own = row.served.as_ref().unwrap_or(&none);
    let count = show::grouped(row.count.into());
    let first =
        if row.link.is_empty() { Cell::Name(count) } else { Cell::Count(count, row.link.clone()) };
    let carbon = row.carbon.as_ref().map_or("\u{2013}".to_owned(), |own| own.shown.text.clone());
    let (layout, formats) = row.layout.split_once(", ").unwrap_or_default();
    line(vec![
        first,
        Cell::Lines(row.accelerator.clone(), seller(row)),
        Cell::Lines(layout.to_owned(), formats.to_owned()),
        number(&own.per_token.text, &own.first_token.text),
        number(&own.price.text, &row.cost.text),
        number(&own.each.text, &carbon),
        price(row),
        last,
    ])
}
