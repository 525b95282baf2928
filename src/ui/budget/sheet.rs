//! One answer: sentences, figures that open, charts with their tables, and what is left out.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::Figure;
use crate::api::budget::{CellView, ChartView, MarkView, RowView, SheetView, TableView};
use crate::chart::{Course, Scene, Span, Spans, Tick, course, spans};
use crate::ui::answer::{derivation, parted};
use crate::ui::live::live;
use crate::ui::plot::plot;
use crate::ui::state::state;
use crate::ui::table::{amount, named_table, opened};
use crate::units::text::show;
use crate::units::{Day, Dollars};

/// The whole answer.
pub fn sheet(own: &Arc<SheetView>) -> AnyView {
    let says = own.says.iter().enumerate().map(|(i, text)| {
        let class = if i == 0 { "budget-verdict" } else { "budget-says" };
        view! { <p class=class>{text.clone()}</p> }
    });
    let says = says.collect_view();
    let charts = own.charts.iter().map(|chart| picture(&own.id, chart)).collect_view();
    let tables = (0..).zip(&own.tables).map(|(i, table)| table_view(&own.id, i, table));
    let tables = tables.collect_view();
    let notes = own.notes.iter().map(|text| view! { <li>{text.clone()}</li> }).collect_view();
    let link = own.link.as_ref().map(|link| {
        view! { <p><a href=format!("#{link}")>"Open this as a plan"</a></p> }
    });
    view! {
        <div class="budget-sheet" id=format!("sheet-{}", own.id)>
            {says}
            {figures(&own.id, &own.figures)}
            {link}
            {charts}
            {tables}
            <ul class="budget-notes quiet">{notes}</ul>
        </div>
    }
    .into_any()
}

/// Figures that open to their derivations below; `sheet` is where they stand.
pub fn figures(sheet: &str, all: &[Figure]) -> AnyView {
    let one = |figure: &Figure| {
        let key = format!("budget:{sheet}:{}", figure.id);
        let state = state();
        let open = state.unfolded(&key);
        let (number, unit) = parted(&figure.shown.text);
        view! {
            <div class="figure" data-figure=figure.id.clone()>
                <dt>{figure.label.clone()}</dt>
                <dd>
                    <button
                        type="button"
                        class="figure-value"
                        aria-expanded=move || open.get().to_string()
                        on:click=move |_| state.unfold(&key, !open.get_untracked())
                    >
                        {number}
                        <span class="unit">{unit}</span>
                    </button>
                </dd>
            </div>
        }
        .into_any()
    };
    if all.is_empty() {
        return ().into_any();
    }
    let below = |figure: &Figure| {
        let open = state().unfolded(&format!("budget:{sheet}:{}", figure.id));
        let (figure, id) = (figure.clone(), format!("why-budget-{sheet}-{}", figure.id));
        live(move || if open.get() { derivation(&figure, id.clone()) } else { ().into_any() })
    };
    let row: Vec<AnyView> = all.iter().map(one).collect();
    let opened: Vec<AnyView> = all.iter().map(below).collect();
    view! {
        <dl class="figures large budget-figures">{row}</dl>
        {opened}
    }
    .into_any()
}

fn table_view(sheet: &str, i: u32, table: &TableView) -> AnyView {
    let mut lines = Vec::new();
    for (row, j) in table.rows.iter().zip(0u32..) {
        let key = format!("budget:{sheet}:{i}:{j}");
        lines.push(line(row, &key));
        let figures = row.cells.iter().zip(0u32..).filter_map(|(cell, k)| {
            let figure = cell.figure.clone()?;
            Some((figure, format!("{key}:{k}")))
        });
        for (figure, key) in figures {
            lines.push(opened(figure, key, table.columns.len().to_string()));
        }
    }
    let first = table.rows.first();
    let is_number =
        |k: usize| k > 0 && first.and_then(|row| row.cells.get(k)).is_some_and(is_number);
    let columns = table.columns.iter().enumerate().map(|(k, name)| (name.clone(), is_number(k)));
    named_table(table.caption.clone(), columns.collect(), lines)
}

/// Whether a cell is set as a number.
fn is_number(cell: &CellView) -> bool {
    let begins = |c: char| c.is_ascii_digit() || "$–".contains(c);
    !cell.shown.unit.is_empty() || cell.shown.text.starts_with(begins)
}

fn line(row: &RowView, key: &str) -> AnyView {
    let cells = row.cells.iter().zip(0u32..).map(|(cell, k)| {
        let content = content(cell, &format!("{key}:{k}"));
        if k == 0 {
            return view! { <th scope="row">{content}</th> }.into_any();
        }
        let class = if is_number(cell) { "number" } else { "" };
        view! { <td class=class>{content}</td> }.into_any()
    });
    let cells: Vec<AnyView> = cells.collect();
    let current = row.marked.then_some("true");
    view! { <tr aria-current=current>{cells}</tr> }.into_any()
}

/// A number that opens where it says where it comes from.
fn content(cell: &CellView, key: &str) -> AnyView {
    let text = cell.shown.text.clone();
    let amount = match cell.figure {
        Some(_) => amount(text, key),
        None => text.into_any(),
    };
    let below = (!cell.below.is_empty())
        .then(|| view! { <span class="figure-range">{cell.below.clone()}</span> }.into_any());
    view! { {amount} {below} }.into_any()
}

fn picture(sheet: &str, own: &ChartView) -> AnyView {
    let zero = sheet != "whatif";
    let (chart, title) = (own.clone(), own.title.clone());
    let scene = move |width: f64| scene(&chart, zero, width);
    let label = format!("{title}; the table holds the figures");
    view! {
        <p class="budget-chart">{title}</p>
        {plot(scene, move || label.clone())}
        {legend(own)}
    }
    .into_any()
}

/// What the lines and the shade of a picture are, where there are several.
fn legend(own: &ChartView) -> AnyView {
    let row = |mark: &MarkView| {
        let class = match mark.kind.as_str() {
            "line" => format!("swatch series-{}", mark.text),
            _ => format!("swatch {}", mark.text),
        };
        view! {
            <li>
                <span class=class></span>
                <span class="legend-name">{mark.name.clone()}</span>
            </li>
        }
    };
    let named = own.marks.iter().filter(|mark| matches!(mark.kind.as_str(), "key" | "line"));
    let rows: Vec<_> = named.map(row).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    view! { <ul class="legend">{rows}</ul> }.into_any()
}

fn scene(own: &ChartView, from_zero: bool, width: f64) -> Scene {
    let unit = |i: usize| tick(own.units.get(i).map_or("", String::as_str));
    let axis = |i: usize| own.axes.get(i).map_or("", String::as_str);
    let of = |kind: &'static str| own.marks.iter().filter(move |mark| mark.kind == kind);
    let first = |mark: &MarkView| mark.at.first().copied().unwrap_or_default();
    if own.points.is_empty() {
        let span = |mark: &MarkView| {
            let ends = <[f64; 3]>::try_from(mark.at.as_slice()).unwrap_or_default();
            Span { label: mark.name.clone(), ends, text: mark.text.clone() }
        };
        let rows: Vec<Span> = of("span").map(span).collect();
        let rule = of("rule").next().map(|mark| (first(mark), mark.name.as_str()));
        let (title, tick) = (axis(0), unit(0));
        return spans(&Spans { rows: &rows, rule, title, tick, from_zero }, width);
    }
    let named = |mark: &MarkView| (first(mark), mark.name.clone());
    let line = |mark: &'_ MarkView| (mark.text.parse().unwrap_or_default(), mark.at.clone());
    let lines: Vec<(u8, Vec<f64>)> = of("line").map(line).collect();
    let lines: Vec<(u8, &[[f64; 2]])> =
        lines.iter().map(|(series, at)| (*series, at.as_chunks().0)).collect();
    let spot = |mark: &MarkView| {
        let up = mark.at.get(1).copied().unwrap_or_default();
        (first(mark), up, mark.text.clone())
    };
    let clock = own.units.first().is_some_and(|unit| unit == "clock");
    let chart = Course {
        points: own.points.as_chunks().0,
        band: own.band.as_chunks().0,
        levels: &of("level").map(named).collect::<Vec<_>>(),
        places: &of("place").map(named).collect::<Vec<_>>(),
        titles: [axis(0), axis(1)],
        steps: own.steps,
        lines: &lines,
        spots: &of("point").map(spot).collect::<Vec<_>>(),
        x_ticks: if clock { &HOURS } else { &[] },
    };
    course(&chart, [unit(0), unit(1)], width, 300.0)
}

/// Hours that are named on an axis of a day.
const HOURS: [f64; 9] = [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0];

fn tick(unit: &str) -> Tick {
    match unit {
        "clock" => |value| format!("{:02}:00", value as u32),
        "usd" => |value| show::dollars(Dollars::new(value)),
        "date" => |value| Day::from_epoch(value.floor() as i32).to_string(),
        "count" => |value| show::count(value as u64),
        _ => show::rounded,
    }
}
