//! Latency against throughput with the goal drawn in, and prefill and decode under the roof.

use std::sync::Arc;

use leptos::prelude::*;

use crate::api::{LatencyView, RoofPointView, RoofView, ServeStudyView, ServeView, TradeView};
use crate::chart::{Dot, Ink, Plane, Stamp, Stroke, plane};
use crate::ui::answer::fold;
use crate::ui::live::live;
use crate::ui::plot::plot;
use crate::ui::segments::segments;
use crate::ui::state::{State, state};
use crate::ui::table::{Cell, compact_table, opening, table};
use crate::units::Seconds;
use crate::units::text::show;

const HEIGHT: f64 = 320.0;

/// Latencies as the page calls them, in the order of what is told of both.
const LATENCIES: [&str; 2] = ["Further token (TPOT)", "First token (TTFT)"];

/// What is drawn: the trade against one latency.
struct Drawn {
    study: Arc<ServeStudyView>,
    latency: usize,
}

impl Drawn {
    fn now(state: State) -> Option<Self> {
        let latency = usize::from(state.latency.get() == 1);
        Some(Self { study: state.serve_study()?, latency })
    }

    /// The latency, and the other.
    fn pair(&self) -> [&LatencyView; 2] {
        let [further, first] = &self.study.latencies;
        if self.latency == 0 { [further, first] } else { [first, further] }
    }

    fn line(&self) -> &[TradeView] {
        &self.study.lines[self.latency]
    }

    /// The line, and the answer on top of it.
    fn points(&self) -> impl Iterator<Item = &TradeView> {
        self.line().iter().filter(|own| !own.chosen).chain([&self.study.own])
    }

    fn at(&self, own: &TradeView) -> (f64, f64) {
        let time = if self.latency == 0 { &own.per_token } else { &own.first_token };
        (time.value, own.rate.value)
    }

    fn dot(&self, own: &TradeView) -> Dot {
        let [further, first] = own.misses;
        let (misses, other) = if self.latency == 0 { (further, first) } else { (first, further) };
        let stamp = if misses { Stamp::Ring } else { Stamp::Filled };
        Dot {
            at: self.at(own),
            series: (own.machine % 8) as u8,
            stamp: if other { Stamp::Cross } else { stamp },
            current: own.chosen,
            text: format!(
                "{} a token{}, {} to the first{} · {} · {}",
                own.per_token.text,
                missed(further),
                own.first_token.text,
                missed(first),
                own.rate.text,
                own.layout
            ),
            name: String::new(),
            link: Some(own.link.clone()),
        }
    }

    /// One line a kind of machine.
    fn strokes(&self) -> Vec<Stroke> {
        let line = |machine: u32| {
            let own = self.line().iter().filter(|own| own.machine == machine);
            let points = own.map(|own| self.at(own)).collect();
            Stroke { points, ink: Ink::Series((machine % 8) as u8), dashed: false }
        };
        (0..self.study.machines.len() as u32).map(line).collect()
    }
}

/// After a time that is longer than its goal.
fn missed(misses: bool) -> &'static str {
    if misses { " (misses goal)" } else { "" }
}

/// Tokens a second of one accelerator against a latency.
pub fn tradeoff() -> AnyView {
    let state = state();
    let scene = move |width: f64| {
        let drawn = Drawn::now(state);
        let drawn = drawn.as_ref();
        let dots = |drawn: &Drawn| drawn.points().map(|own| drawn.dot(own)).collect();
        let dots: Vec<Dot> = drawn.map(dots).unwrap_or_default();
        let strokes = drawn.map(Drawn::strokes).unwrap_or_default();
        let own = drawn.map(|drawn| drawn.pair()[0]);
        let goal = own.and_then(|own| own.goal.as_ref());
        let name = goal.map(|goal| format!("within {}", goal.text)).unwrap_or_default();
        let chart = Plane {
            dots: &dots,
            strokes: &strokes,
            goal: goal.map(|goal| (goal.value, name.as_str())),
            titles: (own.map_or("", |own| &own.name), "Tokens/s of one accelerator"),
            empty: "Looking for the trade…",
            x_tick: &|value| show::time(Seconds::new(value)),
            y_tick: &show::rounded,
        };
        plane(&chart, width, HEIGHT)
    };
    let label = move || match Drawn::now(state) {
        Some(drawn) => format!(
            "Throughput against {}, {} deployments; the table holds the figures",
            drawn.pair()[0].name,
            drawn.points().count()
        ),
        None => String::new(),
    };
    let body = move || Drawn::now(state).map_or_else(|| ().into_any(), |drawn| trade_table(&drawn));
    let turn = move |i| state.latency.set(i);
    view! {
        <section class="part" id="tradeoff" aria-labelledby="tradeoff-title">
            <div class="part-head">
                <h2 id="tradeoff-title">"Latency against throughput"</h2>
                {segments("Latency across", "tradeoff-of", &LATENCIES, state.latency, turn)}
            </div>
            {plot(scene, label)}
            {live(move || Drawn::now(state).map_or_else(|| ().into_any(), |drawn| legend(&drawn)))}
            {fold("tradeoff-table", "The trade as a table", body)}
        </section>
    }
    .into_any()
}

fn legend(drawn: &Drawn) -> AnyView {
    let [own, other] = drawn.pair();
    let machines = drawn.study.machines.iter().enumerate();
    let machines = machines.map(|(i, name)| (format!("swatch series-{}", i % 8), "", name.clone()));
    let named = |latency: usize| if latency == 0 { "TPOT" } else { "TTFT" };
    let (short, rest) = (named(drawn.latency), named(1 - drawn.latency));
    let stamps = [
        (own.goal.is_some() || other.goal.is_some(), "\u{25cf}", "keeps all goals".to_owned()),
        (own.goal.is_some(), "\u{25cb}", format!("misses {short} alone")),
        (other.goal.is_some(), "\u{00d7}", format!("misses {rest}")),
    ];
    let stamps = stamps.into_iter().filter(|stamp| stamp.0);
    let stamps = stamps.map(|(_, sign, name)| (String::new(), sign, name));
    let row = |(class, sign, name): (String, &'static str, String)| {
        view! {
            <li>
                <span class=class aria-hidden="true">{sign}</span>
                <span class="legend-name">{name}</span>
            </li>
        }
    };
    let rows = machines.chain(stamps).map(row).collect_view();
    let sure = match drawn.study.sure.as_str() {
        "" => String::new(),
        sure => format!("Goals count as missed with the room that a chance of {sure} asks for."),
    };
    view! {
        <ul class="legend">{rows}</ul>
        <p class="quiet">{boxed(own, other, rest)} {sure}</p>
    }
    .into_any()
}

/// What the box means, and what it does not.
fn boxed(own: &LatencyView, other: &LatencyView, rest: &str) -> String {
    let within = |own: &LatencyView| {
        own.goal.as_ref().map(|goal| format!("{} within {}", own.name, goal.text))
    };
    let inside = within(own).map_or_else(
        || format!("No box: no goal is set for it ({}).", own.name),
        |goal| format!("In the box: {goal}."),
    );
    let beside = within(other).map_or_else(String::new, |goal| {
        format!(" The box says nothing of the other goal, {goal}: what misses {rest} is crossed.")
    });
    format!(
        "Under full load. {inside}{beside} Line: nothing is sooner and gives more. Large: the \
         answer at its batch limit."
    )
}

fn trade_table(drawn: &Drawn) -> AnyView {
    let columns =
        [("TPOT", true), ("TTFT", true), ("Each accelerator", true), ("Deployment", false)];
    let below = |misses: bool| if misses { "misses goal" } else { "" };
    let line = |own: &TradeView| {
        let [further, first] = own.misses;
        vec![
            opening(&own.figures, "per_token", &own.per_token.text, below(further)),
            opening(&own.figures, "first_token", &own.first_token.text, below(first)),
            opening(&own.figures, "rate", &own.rate.text, ""),
            Cell::Link(own.layout.clone(), own.link.clone()),
        ]
    };
    table("Latency against throughput", &columns, drawn.points().map(line).collect())
}

/// Prefill and decode under the accelerator's roof.
pub fn roofline(serve: &Arc<ServeView>) -> AnyView {
    let roof = serve.roof.clone();
    let drawn = roof.clone();
    let n = roof.points.len();
    let scene = move |width: f64| {
        let dots: Vec<Dot> = (0u8..).zip(&drawn.points).map(step).collect();
        let chart = Plane {
            dots: &dots,
            strokes: &[roof_line(&drawn)],
            goal: None,
            titles: ("Operations for each byte read", "TFLOP/s of one accelerator"),
            empty: "",
            x_tick: &show::rounded,
            y_tick: &show::rounded,
        };
        plane(&chart, width, HEIGHT)
    };
    let label = move || format!("Roofline of prefill and decode, {n} steps; the table holds them");
    let total = format!("{} · {}", roof.peak.text, roof.bandwidth.text);
    view! {
        <section class="part" id="roofline" aria-labelledby="roofline-title">
            <h2 id="roofline-title">
                "Under the roof"
                <span class="total-amount">{total}</span>
            </h2>
            {plot(scene, label)}
            <p class="quiet">
                "Left of the bend memory bandwidth binds, right of it arithmetic."
            </p>
            {fold("roofline-table", "The steps as a table", move || roof_table(&roof))}
        </section>
    }
    .into_any()
}

fn step((series, own): (u8, &RoofPointView)) -> Dot {
    Dot {
        at: (own.intensity.value, own.reached.value / 1e12),
        series,
        text: format!(
            "{}: {} at {} operations a byte, {} of the roof",
            own.label, own.reached.text, own.intensity.text, own.share.text
        ),
        name: own.label.clone(),
        ..Dot::default()
    }
}

/// Up with the bandwidth, then level.
fn roof_line(roof: &RoofView) -> Stroke {
    let (bandwidth, peak) = (roof.bandwidth.value / 1e12, roof.peak.value / 1e12);
    let bend = peak / bandwidth.max(1e-9);
    let all = roof.points.iter().map(|own| own.intensity.value);
    let (low, high) = all.fold((bend, bend), |(low, high), at| (low.min(at), high.max(at)));
    let (low, high) = (low / 2.0, high * 2.0);
    let points = vec![(low, low * bandwidth), (bend, peak), (high, peak)];
    Stroke { points, ink: Ink::Muted, dashed: false }
}

fn roof_table(roof: &RoofView) -> AnyView {
    let columns =
        [("Step", false), ("Operations a byte", true), ("Reached", true), ("Of the roof", true)];
    let line = |own: &RoofPointView| {
        vec![
            Cell::Name(own.label.clone()),
            opening(&own.figures, "intensity", &own.intensity.text, ""),
            opening(&own.figures, "reached", &own.reached.text, ""),
            opening(&own.figures, "share", &own.share.text, ""),
        ]
    };
    compact_table("Steps under the roof", &columns, roof.points.iter().map(line).collect())
}
