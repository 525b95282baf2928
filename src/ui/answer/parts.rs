//! A total and its parts: a table in which every amount opens to its derivation.

use leptos::prelude::*;

use super::colours::of_part;
use super::derivation::Derivation;
use crate::api::{Figure, PartView};
use crate::ui::state::state;

/// One line of the table.
struct Row {
    depth: u32,
    part: PartView,
    swatch: Option<(u8, bool)>,
}

/// The whole tree as a table; the last line is the total.
#[component]
pub fn PartsTable(root: PartView, #[prop(into)] caption: String) -> AnyView {
    let mut rows = Vec::new();
    for (place, child) in (0u32..).zip(&root.children) {
        collect(child, 0, Some(of_part(&child.id, place)), &mut rows);
    }
    let body: Vec<AnyView> = rows.into_iter().map(line).collect();
    view! {
        <div class="table-frame">
            <table>
                <caption class="hidden">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Part"</th>
                        <th scope="col" class="number">"Amount"</th>
                        <th scope="col" class="number">"Share"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
                <tbody class="total">{line(Row { depth: 0, part: root, swatch: None })}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn collect(part: &PartView, depth: u32, swatch: Option<(u8, bool)>, rows: &mut Vec<Row>) {
    rows.push(Row {
        depth,
        part: part.clone(),
        swatch,
    });
    for child in &part.children {
        collect(child, depth + 1, None, rows);
    }
}

fn line(row: Row) -> AnyView {
    let Row {
        depth,
        part,
        swatch,
    } = row;
    let swatch = swatch.map(|(series, hatched)| {
        view! { <span class=format!("swatch series-{series}") class:hatched=hatched></span> }
    });
    let name = part.figure.label.clone();
    let share = format!("{:.1} %", part.share * 100.0);
    let class = format!("depth-{}", depth.min(4));
    view! {
        <tr>
            <th scope="row" class=class>{swatch}{name}</th>
            <td class="number"><Amount figure=part.figure.clone() id=part.id.clone()/></td>
            <td class="number quiet">{share}</td>
        </tr>
        <Opened figure=part.figure id=part.id columns=3/>
    }
    .into_any()
}

/// A number that opens to its derivation.
#[component]
pub fn Amount(figure: Figure, id: String) -> AnyView {
    let state = state();
    let key = format!("why:{id}");
    let open = {
        let key = key.clone();
        move || state.unfolded.with(|all| all.contains(&key))
    };
    let turn = move |_| {
        state.unfolded.update(|all| {
            if !all.remove(&key) {
                all.insert(key.clone());
            }
        });
    };
    view! {
        <button type="button" class="amount" aria-expanded=move || open().to_string() on:click=turn>
            {figure.shown.text}
        </button>
    }
    .into_any()
}

/// The line under an amount that is open.
#[component]
fn Opened(figure: Figure, id: String, columns: u32) -> AnyView {
    let state = state();
    let key = format!("why:{id}");
    let open = Memo::new(move |_| state.unfolded.with(|all| all.contains(&key)));
    let body = move || {
        open.get().then(|| {
            view! {
                <tr class="opened">
                    <td colspan=columns.to_string()>
                        <Derivation figure=figure.clone() id=format!("why-{id}")/>
                    </td>
                </tr>
            }
        })
    };
    view! { {body} }.into_any()
}
