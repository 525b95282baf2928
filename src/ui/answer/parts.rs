//! A total and its parts: a table in which every amount opens to its derivation.

use crate::ui::live::live;
use leptos::prelude::*;

use super::colours::of_part;
use super::derivation::derivation;
use crate::api::{Figure, PartView};
use crate::ui::state::state;
use crate::ui::table::table_of;

/// The whole tree as a table; the last line is the total.
pub fn parts_table(root: &PartView, caption: &'static str) -> AnyView {
    let mut lines = Vec::new();
    for (place, child) in (0u32..).zip(&root.children) {
        let (series, hatched) = of_part(&child.id, place);
        let hatched = if hatched { " hatched" } else { "" };
        collect(child, "depth-0", &format!("swatch series-{series}{hatched}"), &mut lines);
    }
    push(root, "total", "", &mut lines);
    table_of(caption, &[("Part", false), ("Amount", true), ("Share", true)], lines)
}

fn collect(part: &PartView, class: &'static str, swatch: &str, lines: &mut Vec<AnyView>) {
    push(part, class, swatch, lines);
    let below = match class {
        "depth-0" => "depth-1",
        "depth-1" => "depth-2",
        _ => "depth-3",
    };
    for child in &part.children {
        collect(child, below, "", lines);
    }
}

fn push(part: &PartView, class: &'static str, swatch: &str, lines: &mut Vec<AnyView>) {
    let state = state();
    let key = format!("why:{}", part.id);
    let open = state.unfolded(&key);
    let share = format!("{:.1}%", part.share * 100.0);
    let figure = part.figure.clone();
    let line = view! {
        <tr class=class>
            <th scope="row"><span class=swatch.to_owned()></span>{figure.label.clone()}</th>
            <td class="number">
                <button
                    type="button"
                    class="amount"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| state.unfold(&key, !open.get_untracked())
                >
                    {figure.shown.text.clone()}
                </button>
            </td>
            <td class="number quiet">{share}</td>
        </tr>
    };
    lines.push(line.into_any());
    let id = format!("why-{}", part.id);
    let line = move || {
        if open.get() { opened(&figure, &id) } else { ().into_any() }
    };
    lines.push(live(move || line()));
}

/// The line under an amount that is open.
fn opened(figure: &Figure, id: &str) -> AnyView {
    view! {
        <tr class="opened">
            <td colspan="3">{derivation(figure, id.to_owned())}</td>
        </tr>
    }
    .into_any()
}
