//! Figures and tables of sites near users, each number with where it comes from.

use super::{MONTH_HOURS, Told, label, month};
use crate::catalogue::offers;
use crate::plan::budget::{Cell, Grid, Line, derived, figure};
use crate::plan::serve::instance_text;
use crate::plan::serve::text::number;
use crate::plan::{Amount, Derivation, Figure};
use crate::search::serve::near::Taken;
use crate::units::text::{fine, show};
use crate::units::{DollarsPerHour, PerSecond, Ratio, Seconds};

const OPTIMUM: &str = "the cheapest of all ways to part areas among sites (Bellman's recursion \
    over subsets, search/serve/near)";

pub(super) fn figures(told: &Told<'_>) -> Vec<Figure> {
    let nearest = told.nearest();
    let n = nearest.taken.len() as u64;
    let machines: u64 = nearest.taken.iter().map(|taken| u64::from(taken.machines)).sum();
    let list = |of: &dyn Fn(&Taken) -> String| {
        nearest.taken.iter().map(of).collect::<Vec<_>>().join(" + ")
    };
    let parts = list(&|taken| show::dollars(month(taken.hour)));
    let total = month(nearest.hour);
    let counts = list(&|taken| fine::count(taken.machines.into()));
    vec![
        figure(
            "near_cost",
            "A month",
            Amount::Dollars(total),
            derived("sum over the sites", format!("{parts} = {}", show::dollars(total)), OPTIMUM),
        ),
        figure(
            "near_sites",
            "Sites",
            Amount::Count(n),
            derived(
                "sites that are taken",
                format!("{n} of {} that were looked at", fine::count(told.plan.sites.len() as u64)),
                OPTIMUM,
            ),
        ),
        figure(
            "near_machines",
            "Machines",
            Amount::Count(machines),
            derived(
                "sum over the sites",
                format!("{counts} = {}", fine::count(machines)),
                "spare instances of each site included",
            ),
        ),
    ]
}

pub(super) fn sites(told: &Told<'_>) -> Grid {
    let rows = told.nearest().taken.iter().map(|taken| {
        let layout = told.layout(taken).map(|own| instance_text(&own.0.instance));
        let names: Vec<&str> = taken
            .groups
            .iter()
            .filter_map(|group| told.groups.get(*group))
            .map(|own| label(&own.area))
            .collect();
        let day = told.listing(taken).map(|own| offers::source_text(&own.source).to_owned());
        Line::plain(vec![
            Cell::words(&told.site_name(taken)).with_below(told.area(taken)),
            Cell::words(&names.join(", ")),
            requests(told, taken),
            holds(told, taken).with_below(&layout.unwrap_or_default()),
            instances(told, taken),
            machines(told, taken),
            cost(told, taken, &day.unwrap_or_default()),
        ])
    });
    let columns =
        vec!["Site", "Serves", "Requests", "One holds", "Instances", "Machines", "A month"];
    Grid { caption: "Sites", columns, rows: rows.collect() }
}

fn requests(told: &Told<'_>, taken: &Taken) -> Cell {
    let rates = taken.groups.iter().filter_map(|group| told.groups.get(*group));
    let parts: Vec<String> = rates.map(|own| number(own.rate.get())).collect();
    let text = format!("{} = {} requests/s", parts.join(" + "), number(taken.rate.get()));
    let own = derived("requests a second of the areas that it serves, at the peak", text, "typed");
    Cell::of(Amount::Requests(taken.rate)).from_where(own)
}

fn holds(told: &Told<'_>, taken: &Taken) -> Cell {
    let site = told.plan.sites.get(taken.site);
    let each: Vec<String> = taken
        .groups
        .iter()
        .filter_map(|group| site?.holds.get(*group).copied().flatten())
        .map(|rate: PerSecond| number(rate.get()))
        .collect();
    let text = format!("min({}) = {} requests/s", each.join(", "), number(taken.each.get()));
    let own = derived(
        "the highest rate at which one instance keeps to what the way leaves of the goals, the \
         lowest over the areas that it serves",
        text,
        "estimate/capacity/held; Kleinrock 1975, sections 5.6 and 5.7",
    );
    Cell::of(Amount::Requests(taken.each)).from_where(own)
}

fn instances(told: &Told<'_>, taken: &Taken) -> Cell {
    let spares = told.users.asked.spares;
    let (rate, each) = (taken.rate.get(), taken.each.get());
    let text = format!(
        "{} + {} = {}; {} / {} = {} rounded up",
        fine::count(taken.replicas.saturating_sub(spares).into()),
        fine::count(spares.into()),
        fine::count(taken.replicas.into()),
        number(rate),
        number(each),
        number(rate / each.max(1e-12))
    );
    let formula = "requests / what one instance holds, rounded up + spare ones";
    let own = derived(formula, text, "N+1 at every site; type another number of spare ones");
    Cell::of(Amount::Count(taken.replicas.into())).from_where(own)
}

fn machines(told: &Told<'_>, taken: &Taken) -> Cell {
    let packing = told.plan.sites.get(taken.site).map(|site| site.packing);
    let n = fine::count(taken.replicas.into());
    let text = match packing {
        Some(own) if own.per_machine > 0 => {
            let each = own.per_machine;
            format!(
                "{n} / {each} = {} rounded up",
                number(f64::from(taken.replicas) / f64::from(each))
            )
        }
        Some(own) => {
            format!("{n} × {} = {}", own.machines_each, fine::count(taken.machines.into()))
        }
        None => n,
    };
    let formula = "instances / instances that one machine holds, in whole machines";
    let own = derived(formula, text, "machines are paid for whole");
    Cell::of(Amount::Count(taken.machines.into())).from_where(own)
}

fn cost(told: &Told<'_>, taken: &Taken, source: &str) -> Cell {
    let rate = told.plan.sites.get(taken.site).map_or(DollarsPerHour::ZERO, |site| site.rate);
    let total = month(taken.hour);
    let text = format!(
        "{} × {} × {MONTH_HOURS} h = {}",
        fine::count(taken.machines.into()),
        show::price(rate),
        show::dollars(total)
    );
    let formula = "machines × price of one by the hour × hours of a month";
    let source = format!("{}: {source}", told.site_name(taken));
    Cell::of(Amount::Dollars(total)).from_where(derived(formula, text, &source))
}

pub(super) fn groups(told: &Told<'_>) -> Grid {
    let rows = told.groups.iter().enumerate().map(|(number, group)| {
        let site = told.nearest().taken.iter().find(|taken| taken.groups.contains(&number));
        let within = group.jurisdiction.as_deref().unwrap_or("anywhere");
        let mut cells = vec![
            Cell::words(label(&group.area)),
            Cell::of(Amount::Requests(group.rate)).from_where(rate(told, number)),
            Cell::words(within),
        ];
        match site {
            Some(site) => {
                cells.push(Cell::words(told.area(site)).with_below(&told.site_name(site)));
                cells.extend(way(told, number, site));
            }
            None => cells.extend([Cell::words("nobody"), Cell::none(), Cell::none()]),
        }
        Line::plain(cells)
    });
    let columns = vec!["Users", "Requests", "Data stay in", "Served from", "Way and back", "Left"];
    Grid { caption: "Users", columns, rows: rows.collect() }
}

fn rate(told: &Told<'_>, group: usize) -> Derivation {
    let all: PerSecond = told.groups.iter().fold(PerSecond::ZERO, |sum, own| sum + own.rate);
    let own = told.groups.get(group).map_or(PerSecond::ZERO, |own| own.rate);
    let share = Ratio::new(own.get() / all.get().max(1e-12));
    let text = format!(
        "{} × {} requests/s = {} requests/s",
        fine::percent(share),
        number(all.get()),
        number(own.get())
    );
    derived("share of the users × requests at the peak, or as typed", text, "typed")
}

/// The way, and what it leaves of the goal.
fn way(told: &Told<'_>, group: usize, site: &Taken) -> [Cell; 2] {
    let Some((way, trip)) = told.way(group, site.site) else { return [Cell::none(), Cell::none()] };
    let access = told.users.asked.access;
    let text = format!("{} + {} = {}", fine::time(trip.time), fine::time(access), fine::time(way));
    let formula = "round trip between the areas + from users to the nearest region and back";
    let source = format!("{}, {}; the rest is typed or assumed", trip.source, trip.date);
    let cell = Cell::of(Amount::Time(way)).from_where(derived(formula, text, &source));
    let Some(goal) = told.users.own.ask.goals.first_token else {
        return [cell, Cell::words("no goal")];
    };
    let left = goal.less(way);
    [cell, Cell::of(Amount::Time(left)).from_where(remains(goal, way, left))]
}

fn remains(goal: Seconds, way: Seconds, left: Seconds) -> Derivation {
    let text = format!("{} − {} = {}", fine::time(goal), fine::time(way), fine::time(left));
    let formula = "goal for the first token − way and back: what waiting and reading may take";
    derived(formula, text, "the goal is what users see")
}

/// One site for all, those taken, one for each area.
pub(super) fn others(told: &Told<'_>) -> Grid {
    let (one, each) = told.others();
    let own = told.nearest().hour;
    let ways = [
        ("the sites above", Some(own)),
        ("one site for all", one.map(|own| own.hour)),
        ("a site for each area", Some(each)),
    ];
    let row = |(name, hour): (&str, Option<DollarsPerHour>)| {
        let cell = match hour {
            Some(hour) => {
                let text = format!(
                    "{} × {MONTH_HOURS} h = {}",
                    show::price(hour),
                    show::dollars(month(hour))
                );
                let formula = "all machines by the hour × hours of a month";
                let source = "each site the cheapest that may serve its areas";
                Cell::of(Amount::Dollars(month(hour))).from_where(derived(formula, text, source))
            }
            None => Cell::words("none may serve them all"),
        };
        Line { cells: vec![Cell::words(name), cell], marked: name == "the sites above" }
    };
    let columns = vec!["Sites", "A month"];
    Grid { caption: "Fewer sites, or more", columns, rows: ways.map(row).to_vec() }
}
