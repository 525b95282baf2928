//! The table: a head for each column, the rows in their parts.

use leptos::prelude::*;

use super::{ONLY, act, line, refocus, rows, span};
use crate::api::{CompareCell, CompareColumn, CompareRow, CompareView};
use crate::inputs::Key;
use crate::ui::answer::parted;
use crate::ui::dom;
use crate::ui::form::id_of;
use crate::ui::state::State;
use crate::ui::table::plain;

/// All of it, as far as it is known.
pub fn table(state: State) -> AnyView {
    let only = state.unfolded(ONLY).get();
    let at = state.column_at();
    let Some(view) = state.comparison() else {
        return ().into_any();
    };
    let heads: Vec<AnyView> = (0..).zip(&view.columns).map(|own| head(state, own, at)).collect();
    let rows = rows(only, &view);
    let parts: Vec<AnyView> =
        rows.chunk_by(|a, b| a.section == b.section).map(|rows| part(&view, rows)).collect();
    view! {
        <table class="compare-table">
            <caption class="hidden">"Inputs, figures, layout, memory and time of each plan"</caption>
            <thead>
                <tr>
                    <td></td>
                    {heads}
                </tr>
            </thead>
            {parts}
        </table>
    }
    .into_any()
}

fn head(state: State, (i, column): (usize, &CompareColumn), at: usize) -> AnyView {
    let own = i == at;
    let title = match (column.done, column.opens) {
        (false, _) => "Searching…",
        (true, false) => "Not readable",
        (true, true) if column.title.is_empty() => "Not a question yet",
        (true, true) => &column.title,
    };
    let button = |text: &'static str, go: Box<dyn Fn()>| {
        act("text-button", text.into_any(), format!("{text} column {}", column.name), go)
    };
    let mut acts: Vec<AnyView> = Vec::new();
    if own {
        acts.push(span("compare-own", "In the inputs".to_owned()));
    } else if column.opens {
        acts.push(button("Edit", Box::new(move || edit(state, i))));
    }
    if column.opens {
        acts.push(button("Open", Box::new(move || open(state, i))));
    }
    acts.push(button("Remove", Box::new(move || remove(state, i))));
    let mut all = vec![
        span("compare-name", column.name.clone()),
        span("compare-title", title.to_owned()),
        span("compare-machines", column.machines.clone()),
    ];
    all.extend(column.problems.iter().map(|text| line("compare-problem", text.clone())));
    view! {
        <th scope="col" class="number" aria-current=own.then_some("true")>
            {all}
            <span class="compare-acts">{acts}</span>
        </th>
    }
    .into_any()
}

fn edit(state: State, at: usize) {
    state.edit_column(at);
    // Opens the inputs where they are folded.
    state.searches.update(|n| *n = n.wrapping_add(1));
    dom::later(0, || dom::focus(&id_of(Key::Model)));
}

fn open(state: State, at: usize) {
    state.edit_column(at);
    state.close_comparison();
    refocus();
}

fn remove(state: State, at: usize) {
    state.remove_column(at);
    refocus();
}

/// Rows that belong together, under their title and the names of the columns.
fn part(view: &CompareView, rows: &[&CompareRow]) -> AnyView {
    let title = rows.first().map(|row| row.section.clone()).unwrap_or_default();
    let name = |column: &CompareColumn| plain("number", column.name.clone().into_any());
    let names: Vec<AnyView> = view.columns.iter().map(name).collect();
    let rows: Vec<AnyView> = rows.iter().map(|own| row(own)).collect();
    view! {
        <tbody>
            <tr class="compare-part">
                <th scope="rowgroup">{title}</th>
                {names}
            </tr>
            {rows}
        </tbody>
    }
    .into_any()
}

fn row(row: &CompareRow) -> AnyView {
    let (class, mark, told) = match row.differs {
        true => ("differs", "\u{2260}", "differs: "),
        false => ("", "", ""),
    };
    let cells: Vec<AnyView> = row.cells.iter().map(cell).collect();
    view! {
        <tr class=class data-row=row.id.clone()>
            <th scope="row">
                <span class="compare-mark" aria-hidden="true">{mark}</span>
                <span class="hidden">{told}</span>
                {row.label.clone()}
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn cell(cell: &CompareCell) -> AnyView {
    let mut all: Vec<AnyView> = Vec::new();
    if cell.best {
        all.push(span("compare-best", "best".to_owned()));
    }
    let (number, unit) = match cell.shown.unit.is_empty() {
        true => (cell.shown.text.clone(), String::new()),
        false => parted(&cell.shown.text),
    };
    all.push(span("compare-value", number));
    all.push(span("unit", unit));
    let parts =
        [cell.ratio.as_ref().map(|own| &own.text), cell.range.as_ref().map(|own| &own.text)];
    let below: Vec<String> = parts.into_iter().flatten().cloned().collect();
    if !below.is_empty() {
        all.push(span("figure-range", below.join(" \u{b7} ")));
    }
    plain("number", all.into_any())
}
