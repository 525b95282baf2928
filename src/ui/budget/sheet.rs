//! One answer: sentences, figures that open, charts with their tables, and what is left out.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::Figure;
use crate::api::budget::{CellView, ChartView, RowView, SheetView, TableView};
use crate::chart::{Course, Scene, Span, Spans, Tick, course, spans};
use crate::ui::answer::{derivation, parted};
use crate::ui::live::live;
use crate::ui::plot::plot;
use crate::ui::state::state;
use crate::ui::table::named_table;
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

fn figures(sheet: &str, all: &[Figure]) -> AnyView {
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
        lines.push(line(row, &table.columns, &key));
        let figures = row.cells.iter().zip(0u32..).filter_map(|(cell, k)| {
            let figure = cell.figure.clone()?;
            Some((figure, format!("{key}:{k}")))
        });
        for (figure, key) in figures {
            let open = state().unfolded(&key);
            let id = key.replace(':', "-");
            let span = table.columns.len().to_string();
            lines.push(live(move || {
                if !open.get() {
                    return ().into_any();
                }
                view! {
                    <tr class="opened">
                        <td colspan=span.clone()>{derivation(&figure, id.clone())}</td>
                    </tr>
                }
                .into_any()
            }));
        }
    }
    named_table(table.caption.clone(), table.columns.clone(), lines)
}

fn line(row: &RowView, columns: &[(String, bool)], key: &str) -> AnyView {
    let cells = row.cells.iter().zip(columns).zip(0u32..).map(|((cell, column), k)| {
        let content = content(cell, &format!("{key}:{k}"));
        if k == 0 {
            return view! { <th scope="row">{content}</th> }.into_any();
        }
        let class = if column.1 { "number" } else { "" };
        view! { <td class=class>{content}</td> }.into_any()
    });
    let cells: Vec<AnyView> = cells.collect();
    let current = row.marked.then_some("true");
    view! { <tr aria-current=current>{cells}</tr> }.into_any()
}

/// A number that opens where it says where it comes from.
fn content(cell: &CellView, key: &str) -> AnyView {
    let state = state();
    let text = cell.text.clone();
    let amount = if cell.figure.is_some() {
        let open = state.unfolded(key);
        let key = key.to_owned();
        view! {
            <button
                type="button"
                class="amount"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| state.unfold(&key, !open.get_untracked())
            >
                {text}
            </button>
        }
        .into_any()
    } else {
        text.into_any()
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
    }
    .into_any()
}

fn scene(own: &ChartView, from_zero: bool, width: f64) -> Scene {
    let [across, up] = own.units.each_ref().map(|unit| tick(unit));
    if own.points.is_empty() {
        let span = |(label, ends, text): &(String, [f64; 3], String)| Span {
            label: label.clone(),
            ends: *ends,
            text: text.clone(),
        };
        let rows: Vec<Span> = own.spans.iter().map(span).collect();
        let title = &own.axes[0];
        return spans(
            &Spans { rows: &rows, rule: own.rule, title, tick: across, from_zero },
            width,
        );
    }
    let chart = Course {
        points: &own.points,
        band: &own.band,
        levels: &own.levels,
        places: &own.places,
        titles: own.axes.each_ref().map(String::as_str),
        steps: own.steps,
    };
    course(&chart, [across, up], width, 300.0)
}

fn tick(unit: &str) -> Tick {
    match unit {
        "usd" => |value| show::dollars(Dollars::new(value)),
        "date" => |value| Day::from_epoch(value.floor() as i32).to_string(),
        "count" => |value| show::count(value as u64),
        _ => show::rounded,
    }
}
