//! What was found: answers, the frontier as a chart and a table, the bill of a row, and who lost.

use leptos::prelude::*;

use super::store::{Fleet, Turn};
use crate::api::fleet::{FleetAnswer, FleetRow};
use crate::api::{Cut, FleetView};
use crate::chart::{Curve, Extent, Sample, curve};
use crate::ui::answer::{fold, notice, parts_table, told};
use crate::ui::budget::figures;
use crate::ui::live::{live, words};
use crate::ui::plot::plot;
use crate::ui::table::{Cell, line, table, table_of};
use crate::units::text::show;

/// Everything below the questions.
pub fn results(fleet: Fleet, serves: bool) -> AnyView {
    let found = if serves { super::served::found(fleet) } else { found(fleet) };
    let others = move || of(fleet, Turn::Rest, lost);
    view! {
        <div role="status">{live(move || faults(fleet))}</div>
        <p class="quiet fleet-progress">
            <span role="status">{words(move || progress(fleet))}</span>
            {live(move || stop(fleet))}
        </p>
        <div class="fleet-found" class:stale=move || fleet.behind.get()>
            {live(move || of(fleet, Turn::Answers, answers))}
            {found}
            {live(move || of(fleet, Turn::Rest, caveats))}
            {fold("fleet-lost", "Where the rest of the market went", others)}
        </div>
    }
    .into_any()
}

/// The frontier as picture and table, and the bill of a row.
fn found(fleet: Fleet) -> AnyView {
    view! {
        <h3 class="fleet-title">"Runs that nothing beats in both days and dollars"</h3>
        {picture(fleet)}
        {live(move || of(fleet, Turn::Rows, frontier))}
        {live(move || bill(fleet))}
    }
    .into_any()
}

/// A part of what was found.
pub fn of(fleet: Fleet, turn: Turn, part: fn(Fleet, &FleetView) -> AnyView) -> AnyView {
    match fleet.view(turn) {
        Some(view) => part(fleet, &view),
        None => ().into_any(),
    }
}

fn faults(fleet: Fleet) -> AnyView {
    let mut lines: Vec<String> =
        fleet.view(Turn::Rest).map(|view| view.prices.problems.clone()).unwrap_or_default();
    let fault = fleet.fault();
    if !fault.is_empty() {
        lines.insert(0, fault);
    }
    if lines.is_empty() {
        return ().into_any();
    }
    notice("notice", "Some of the price list could not be used.", lines, "")
}

fn progress(fleet: Fleet) -> String {
    let Some(view) = fleet.view(Turn::Rest) else {
        return "Searching…".to_owned();
    };
    let stopped = fleet.stopped.get();
    if fleet.behind.get() && !stopped {
        return "What is shown is not yet for the inputs as they are…".to_owned();
    }
    let (pairs, searches) = (show::grouped(view.pairs.into()), show::grouped(view.searches.into()));
    if view.complete && fleet.serves() {
        return format!(
            "Complete: {pairs} kinds of machine, {searches} layouts in all formats, each with \
             every batch and the instances that keep the goals."
        );
    }
    let what = if fleet.serves() { "kinds of machine" } else { "sizes of cluster" };
    if view.complete {
        return format!(
            "Complete: {pairs} sizes of cluster, {searches} searches for a layout, the others \
             beaten by proof or known."
        );
    }
    let looked_at = show::grouped(view.looked_at.into());
    if stopped {
        return format!("Stopped at {looked_at} of {pairs} {what}: others may be better.");
    }
    let workers = show::plural(view.workers.into(), "worker");
    format!("{looked_at} of {pairs} {what}, {} {workers}…", view.workers)
}

/// Stops the search, or goes on with it.
fn stop(fleet: Fleet) -> AnyView {
    let complete = fleet.view(Turn::Rest).is_some_and(|view| view.complete);
    let stopped = fleet.stopped.get();
    if complete && !stopped {
        return ().into_any();
    }
    let label = if stopped { "Go on" } else { "Stop" };
    let press = move |_| fleet.stop();
    view! { <button type="button" class="quiet-button" on:click=press>{label}</button> }.into_any()
}

fn answers(_: Fleet, view: &FleetView) -> AnyView {
    let rows: Vec<AnyView> = view.answers.iter().map(answer).collect();
    view! { <div class="fleet-answers">{rows}</div> }.into_any()
}

fn answer(answer: &FleetAnswer) -> AnyView {
    let mut lines = vec![("Answer", "", answer.text.clone())];
    let mut open = ().into_any();
    if let Some(row) = &answer.row {
        lines.push(("On", "", on(row)));
        lines.push(("Layout", "", row.layout.clone()));
        lines.push(("Price", "source", priced(row)));
        let link = format!("#{}", row.link);
        let what = if row.served.is_some() { "Open this deployment" } else { "Open this plan" };
        open = view! { <a class="fleet-open" href=link>{what}</a> }.into_any();
    }
    lines.push(("Beside it", "", answer.reasons.join(" ")));
    let id = format!("fleet-{}", answer.id);
    let told = told(id, answer.question.clone(), lines);
    view! { <div class="fleet-answer">{told} {open}</div> }.into_any()
}

/// How many of what, and where.
pub fn on(row: &FleetRow) -> String {
    let count = show::grouped(row.count.into());
    let place = [row.provider.as_str(), row.region.as_str(), row.country.as_str()];
    let place: Vec<&str> = place.into_iter().filter(|text| !text.is_empty()).collect();
    format!("{count} {}, {} ({})", row.accelerator, place.join(" "), row.terms)
}

/// What one of them costs, and who says so.
pub fn priced(row: &FleetRow) -> String {
    let age = row.age_days.map(|days| format!(", {days} days old")).unwrap_or_default();
    let flags = if row.flags.is_empty() {
        String::new()
    } else {
        format!(" Doubts: {}.", row.flags.join("; "))
    };
    let (rate, instance) = (&row.rate.text, &row.instance);
    format!("{rate}/h each, {instance}, {}{age}. {}.{flags}", row.as_of, row.source)
}

fn picture(fleet: Fleet) -> AnyView {
    let scene = move |width: f64| {
        let view = fleet.view(Turn::Picture);
        let samples: Vec<Sample> =
            view.iter().flat_map(|view| view.rows.iter().map(sample)).collect();
        let chart = Curve {
            samples: &samples,
            x: Extent { title: "Days".into(), log: true },
            y: Extent { title: "Dollars".into(), log: true },
            steps: true,
            ideal: &[],
            empty: "Looking for offers…",
            x_tick: &show::rounded,
            y_tick: &|value| show::dollars(crate::units::Dollars::new(value)),
        };
        curve(&chart, width, 280.0)
    };
    let label = move || {
        let n = fleet.view(Turn::Picture).map_or(0, |view| view.rows.len());
        format!("Dollars against days, {n} runs that nothing beats; the table holds the figures")
    };
    plot(scene, label)
}

fn sample(row: &FleetRow) -> Sample {
    Sample {
        x: row.days.value,
        y: Some(row.cost.value),
        text: format!("{} · {} · {}", row.cost.text, row.days.text, on(row)),
        current: false,
        aside: false,
        link: Some(row.link.clone()),
    }
}

fn frontier(fleet: Fleet, view: &FleetView) -> AnyView {
    let columns = [
        ("Accelerators", true),
        ("Machine", false),
        ("Time", true),
        ("Cost", true),
        ("Goodput", true),
        ("Carbon", true),
        ("Price of each", true),
        ("Bill", false),
    ];
    let lines = view.rows.iter().zip(0..).map(|(row, i)| line_of(fleet, row, i)).collect();
    table_of("Runs that nothing beats in both days and dollars", &columns, lines)
}

fn line_of(fleet: Fleet, row: &FleetRow, i: u32) -> AnyView {
    let ranged = |text: &str, range: &Option<crate::api::Range>| {
        let range = range.as_ref().map(|range| range.text.clone()).unwrap_or_default();
        Cell::Ranged(text.to_owned(), range)
    };
    let carbon = row.carbon.as_ref().map_or("–".to_owned(), |own| own.shown.text.clone());
    line(vec![
        Cell::Count(show::grouped(row.count.into()), row.link.clone()),
        Cell::Lines(row.accelerator.clone(), seller(row)),
        ranged(&row.days.text, &row.days_range),
        ranged(&row.cost.text, &row.cost_range),
        Cell::Number(row.goodput.text.clone()),
        Cell::Quiet(carbon),
        price(row),
        Cell::Reason(bill_button(fleet, i, "Open".to_owned())),
    ])
}

/// Who sells it and how it is bought.
pub fn seller(row: &FleetRow) -> String {
    let place = [row.provider.as_str(), row.region.as_str()].join(" ");
    format!("{}, {}", place.trim(), row.terms)
}

/// The price of one accelerator, its day and how doubtful it is.
pub fn price(row: &FleetRow) -> Cell {
    let doubts = match row.flags.len() {
        0 => String::new(),
        1 => ", 1 doubt".to_owned(),
        n => format!(", {n} doubts"),
    };
    // Of old ones the age; the bill has the day.
    let day = match row.age_days.unwrap_or(0) / 30 {
        0..3 => row.as_of.clone(),
        months => format!("{months} months old"),
    };
    Cell::Ranged(format!("{}/h", row.rate.text), format!("{day}{doubts}"))
}

/// Shows the bill of that row.
pub fn bill_button(fleet: Fleet, i: u32, text: String) -> AnyView {
    view! {
        <button
            type="button"
            class="amount"
            aria-pressed=move || (fleet.row.get() == Some(i)).to_string()
            on:click=move |_| fleet.row.set(Some(i))
        >
            {text}
        </button>
    }
    .into_any()
}

/// The bill of the row that was chosen, else of the first answer.
pub fn bill(fleet: Fleet) -> AnyView {
    let chosen = fleet.row.get();
    let Some(view) = fleet.view(Turn::Rest) else {
        return ().into_any();
    };
    if !view.complete {
        return ().into_any();
    }
    let answer = view.answers.first().and_then(|answer| answer.row.as_ref());
    let own = chosen.and_then(|i| view.rows.get(i as usize));
    let Some(row) = own.or(answer).or(view.rows.last()) else {
        return ().into_any();
    };
    view! {
        <h3 class="fleet-title">{format!("The bill: {}", on(row))}</h3>
        <p class="quiet">{priced(row)}</p>
        {parts_table(&row.bill, "Cost by part")}
        {row.served.as_ref().map(|own| figures("fleet", &own.power))}
    }
    .into_any()
}

fn lost(_: Fleet, view: &FleetView) -> AnyView {
    let row = |cut: &Cut| {
        let name = format!("{}: {}", cut.name, cut.reason);
        vec![Cell::Name(name), Cell::Number(cut.count.text.clone())]
    };
    let columns = [("What was left out, and why", false), ("How many", true)];
    let lines = view.lost.iter().map(row).collect();
    table("Offers and sizes that lost", &columns, lines)
}

fn caveats(_: Fleet, view: &FleetView) -> AnyView {
    let text = view.caveats.join(" ");
    view! { <p class="quiet fleet-caveats">{text}</p> }.into_any()
}
