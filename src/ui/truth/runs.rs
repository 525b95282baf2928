//! The runs as tables: the worst misses, and all of them page by page.

use leptos::prelude::*;

use super::store::{Truth, View};
use crate::api::truth::{Order, Run, stack_name};
use crate::ui::live::{live, words};
use crate::ui::segments::segments;
use crate::ui::table::{Cell, current_line, line, table, table_of};

/// Runs on one page of the table.
const PAGE: u32 = 15;
/// Misses that are listed.
const MISSES: usize = 6;

const NAMES: [&str; 3] = ["Nearest to your case", "Worst first", "Newest first"];
const ORDERS: [Order; 3] = [Order::Nearest, Order::Worst, Order::Newest];

/// The worst misses among the chosen runs, with what was not known of them.
fn misses(truth: Truth) -> AnyView {
    let lines = truth.look(|view| {
        let worst = view.measured.ordered(view.rows, view.of(), Order::Worst, view.kind);
        let worst = worst.iter().take(MISSES).filter_map(|i| view.measured.run(*i));
        worst.map(|run| miss(view, run)).collect::<Vec<_>>()
    });
    let columns = [
        ("Run", false),
        ("Measured", true),
        ("Predicted", true),
        ("Off", true),
        ("Not stated", false),
    ];
    table("The worst misses", &columns, lines)
}

fn miss(view: &View<'_>, run: &Run) -> Vec<Cell> {
    let pair = run.pair(view.of());
    let text = |of: fn(&crate::api::truth::Pair) -> String| pair.map(of).unwrap_or_default();
    let why = if run.remarks.is_empty() {
        "Nothing was left out: the estimate itself is off.".to_owned()
    } else {
        run.remarks.clone()
    };
    vec![
        named(format!("{}, {}, {}", run.kind.model, run.machines(), run.source), run),
        Cell::Number(text(|pair| pair.measured.text())),
        Cell::Number(text(|pair| pair.said.text())),
        Cell::Loss(text(|pair| pair.off())),
        Cell::Reason(why.into_any()),
    ]
}

/// The name of a run, leading to its plan where it has one.
fn named(name: String, run: &Run) -> Cell {
    match &run.link {
        Some(link) => Cell::Link(name, link.clone()),
        None => Cell::Name(name),
    }
}

/// All chosen runs, page by page.
pub fn list(truth: Truth) -> AnyView {
    let turn = move |i| {
        truth.order.set(i);
        truth.page.set(0);
    };
    let pages = move || truth.look(|view| (view.rows.len() as u32).div_ceil(PAGE)).max(1);
    let place = move || format!("Page {} of {}", truth.page.get() + 1, pages());
    let step = |name: &'static str, by: i32| {
        let target = move || truth.page.get().checked_add_signed(by).filter(|page| *page < pages());
        let go = move |_| {
            if let Some(page) = untrack(target) {
                truth.page.set(page);
            }
        };
        view! {
            <button type="button" class="button" disabled=move || target().is_none() on:click=go>
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="part-head truth-title">
            <h3>"The runs"</h3>
            {segments("Order of the runs", "truth-order", &NAMES, truth.order, turn)}
        </div>
        {live(move || page(truth))}
        <div class="truth-pages">
            {step("Previous", -1)}
            <span class="quiet" role="status">{words(move || place())}</span>
            {step("Next", 1)}
        </div>
        <h3 class="truth-title">"Where it is most wrong"</h3>
        {live(move || misses(truth))}
    }
    .into_any()
}

fn page(truth: Truth) -> AnyView {
    let (from, order) = ((truth.page.get() * PAGE) as usize, truth.order.get() as usize);
    let order = ORDERS.get(order).copied().unwrap_or(Order::Nearest);
    let lines = truth.look(|view| {
        let sorted = match order {
            Order::Nearest => view.nearest().to_vec(),
            order => view.measured.ordered(view.rows, view.of(), order, view.kind),
        };
        sorted.iter().skip(from).take(PAGE as usize).filter_map(|i| row(view, *i)).collect()
    });
    let columns = [
        ("Model", false),
        ("Accelerators", false),
        ("Stack", false),
        ("Format", false),
        ("Measured", true),
        ("Predicted (range)", true),
        ("Off", true),
        ("Source", false),
    ];
    table_of("Measured runs and what was predicted of them", &columns, lines)
}

fn row(view: &View<'_>, i: u32) -> Option<AnyView> {
    let run = view.measured.run(i)?;
    let pair = run.pair(view.of())?;
    let off = pair.off();
    let outside = pair.is_within() == Some(false);
    let source = format!("{}, {}", run.source, run.date);
    let cells = vec![
        named(run.kind.model.clone(), run),
        Cell::Text(run.machines()),
        Cell::Text(stack_name(&run.kind.stack).to_owned()),
        Cell::Text(run.kind.precision.to_ascii_uppercase()),
        Cell::Number(pair.measured.text()),
        Cell::Number(pair.said_text()),
        if outside { Cell::Loss(off) } else { Cell::Number(off) },
        Cell::Reason(source.into_any()),
    ];
    Some(if view.is_near(i) { current_line(cells) } else { line(cells) })
}
