//! What the chosen runs come to: figures, the chart with its sources, the run pointed at.

use leptos::prelude::*;

use super::store::{Truth, View};
use crate::api::truth::{BAND, Choice, Of, Pair, Run, SourceLine, Summary, stack_name};
use crate::chart::{Scatter, Spot, scatter, style};
use crate::plan::Amount;
use crate::ui::answer::{swatch_row, told};
use crate::ui::live::live;
use crate::ui::plot::explorer;
use crate::ui::table::{Cell, table};
use crate::units::text::show;

const GIB: f64 = 1_073_741_824.0;

/// The figures of the chosen runs, beside those of all.
pub fn summary(truth: Truth) -> AnyView {
    let lines = truth.look(|view| {
        let all = view.measured.choose(&Choice { of: view.of(), ..Choice::default() });
        let mut lines = vec![figures("All runs", &view.measured.summary(&all, view.of()))];
        if view.rows.len() < all.len() {
            lines.insert(0, figures("Chosen", &view.measured.summary(view.rows, view.of())));
        }
        lines
    });
    let columns = [
        ("Which", false),
        ("Runs", true),
        ("Median error", true),
        ("90th percentile", true),
        ("Within 20%", true),
        ("Within range", true),
    ];
    view! { <div class="truth-summary">{table("How far off", &columns, lines)}</div> }.into_any()
}

fn figures(name: &str, own: &Summary) -> Vec<Cell> {
    let within = own.within.clone().unwrap_or_else(|| "–".to_owned());
    let mut cells = vec![Cell::Name(name.to_owned()), Cell::Number(show::grouped(own.n.into()))];
    let rest = [own.median.clone(), own.p90.clone(), own.near.clone(), within];
    cells.extend(rest.map(Cell::Number));
    cells
}

/// The chart, what is pointed at, and its sources.
pub fn picture(truth: Truth) -> AnyView {
    let scene = move |width: f64| {
        truth.look(|view| {
            let titles = match view.of() {
                Of::Step => ("Measured step, s", "Predicted step, s"),
                Of::Memory => ("Measured memory, GiB", "Predicted memory, GiB"),
                Of::FirstToken => ("Measured first token, ms", "Predicted first token, ms"),
                Of::PerToken => ("Measured further token, ms", "Predicted further token, ms"),
                Of::Rate => ("Measured tokens/s", "Predicted tokens/s"),
            };
            let spots: Vec<Spot> = view.rows.iter().filter_map(|i| spot(view, *i)).collect();
            let chart = Scatter {
                spots: &spots,
                titles,
                band: BAND,
                empty: "No run is left by these choices.",
                tick: &show::rounded,
            };
            scatter(&chart, width)
        })
    };
    let label = move || {
        let n = truth.look(|view| view.rows.len());
        format!(
            "Predicted against measured, {n} runs, the same in the table below. Arrow keys go from \
             run to run, Enter opens one."
        )
    };
    view! {
        <div class="truth-picture">
            {explorer(scene, label, truth.at)}
            <div class="truth-card quiet" aria-live="polite">{live(move || card(truth))}</div>
        </div>
        <p class="quiet truth-key">
            "Line: as measured. Band: within 20%. Ringed: nearest to your case. Sources with \
             their runs and median error:"
        </p>
        {live(move || sources(truth))}
    }
    .into_any()
}

fn spot(view: &View<'_>, i: u32) -> Option<Spot> {
    let run = view.measured.run(i)?;
    let pair = run.pair(view.of())?;
    let unit = match view.of() {
        Of::Memory => GIB,
        Of::FirstToken | Of::PerToken => 1e-3,
        Of::Step | Of::Rate => 1.0,
    };
    Some(Spot {
        measured: pair.measured.value().get() / unit,
        said: pair.said.value().get() / unit,
        category: run.category,
        marked: view.is_near(i),
        link: run.link.clone(),
    })
}

/// The run that is pointed at.
fn card(truth: Truth) -> AnyView {
    let at = truth.at.get();
    truth.look(|view| match view.run_at(at).map(|run| (run, run.pair(view.of()))) {
        Some((run, Some(pair))) => described(run, pair),
        _ => "Point at a run to see what it was.".into_any(),
    })
}

fn described(run: &Run, pair: &Pair) -> AnyView {
    let kind = &run.kind;
    let how = match pair.measured {
        Amount::Bytes(_) => run.memory_kind.clone(),
        _ => String::new(),
    };
    let software = format!("{}, {}", stack_name(&kind.stack), kind.precision.to_ascii_uppercase());
    let rows = vec![
        ("Software", "", software),
        ("Measured", "", pair.measured.text()),
        ("By", "", how),
        ("Predicted", "", format!("{}, {}", pair.said_text(), pair.off())),
        ("Source", "source", format!("{}, {}", run.source, run.date)),
        ("Taken", "source", run.remarks.clone()),
    ];
    let open = run
        .link
        .clone()
        .map(|link| view! { <a href=format!("#{link}")>"Open this run as a plan"</a> }.into_any());
    let title = format!("{} on {}", kind.model, run.machines());
    vec![told("truth-run".to_owned(), title, rows), open.into_any()].into_any()
}

/// The sources with their colours.
fn sources(truth: Truth) -> AnyView {
    let lines = truth.look(|view| view.measured.lines(view.rows, view.of()));
    let line = |own: &SourceLine| {
        let (colour, shape) = style(own.category);
        let runs = show::plural(own.n.into(), "run");
        let amount = format!("{} {runs}, {}", show::grouped(own.n.into()), own.median);
        swatch_row(
            colour,
            ["shape-0", "", "shape-2"].get(usize::from(shape)).copied().unwrap_or(""),
            &own.name,
            amount,
        )
    };
    let lines: Vec<AnyView> = lines.iter().map(line).collect();
    view! { <ul class="legend">{lines}</ul> }.into_any()
}
