//! Searches over hyper-parameters and training again and again, as workloads.

use super::course::Run;
use super::sheet::{Cell, Grid, Line, Sheet, derived, figure};
use crate::inputs::{BudgetInputs, Trials};
use crate::plan::sweep::{Cadence, Rung, Stopping, rungs, work};
use crate::plan::{Amount, Derivation};
use crate::units::text::{fine, show};
use crate::units::{Dollars, Ratio, Seconds};

const HALVING: &str = "successive halving: Jamieson and Talwalkar, AISTATS 2016; trials go on from \
    where they stopped";

/// One whole run: its time and its money, at both ends of the range and as expected.
struct Whole {
    time: [Seconds; 3],
    cost: [Dollars; 3],
}

/// A search, worked out.
struct Search {
    rungs: Vec<Rung>,
    /// Whole runs' worth of work.
    runs: Ratio,
    /// How long it takes, in whole runs.
    span: Ratio,
}

/// Trials and retraining of the inputs.
#[must_use]
pub fn sheet(run: &Run<'_>, asked: &BudgetInputs) -> Sheet {
    let mut sheet = Sheet { id: "sweep", ..Sheet::default() };
    let ends = run.plain_ends();
    let whole = Whole {
        time: [0, 1, 2].map(|i: usize| run.lasts(&ends[i])),
        cost: [0, 1, 2].map(|i: usize| run.money(&ends[i]).total()),
    };
    let search = asked.trials.map(|trials| (trials, searched(&trials)));
    match (&search, asked.retrain) {
        (None, None) => {
            sheet.says.push(
                "Type how many trials a search has, or how often the model is trained anew."
                    .to_owned(),
            );
            return sheet;
        }
        (Some((trials, found)), _) => {
            tell_search(&mut sheet, trials, found, &whole);
        }
        (None, Some(_)) => {}
    }
    let each = search.as_ref().map_or(Ratio::ZERO, |(_, found)| found.runs);
    if let Some(every) = asked.retrain {
        tell_cadence(&mut sheet, run, (every, asked.horizon), &whole, each);
    }
    sheet.notes.push(
        "Bought like the plan, failures included; storage and transfer in proportion. A trial is \
         the same model on the same accelerators for a share of the tokens; stopped trials cost \
         nothing more."
            .to_owned(),
    );
    sheet
}

/// The rungs of a search; as many as leave one trial on the last.
fn searched(trials: &Trials) -> Search {
    let stopping = match trials.survivors {
        None => Stopping::Never,
        Some(eta) => {
            let (mut above, mut left) = (0, trials.count);
            while left >= eta {
                left /= eta;
                above += 1;
            }
            Stopping::Halving { eta, rungs: above }
        }
    };
    let share = trials.share.get();
    let rungs = rungs(trials.count, stopping);
    let runs = Ratio::new(work(&rungs).get() * share);
    // Of each rung, batches of as many as go at one time.
    let span = |rung: &Rung| {
        let batches = rung.trials.div_ceil(trials.at_a_time.max(1));
        rung.work.get() / f64::from(rung.trials.max(1)) * f64::from(batches) * share
    };
    let span = Ratio::new(rungs.iter().map(span).sum());
    Search { rungs, runs, span }
}

fn tell_search(sheet: &mut Sheet, trials: &Trials, found: &Search, whole: &Whole) {
    let n = show::grouped(trials.count.into());
    let cost = whole.cost.map(|cost| cost * found.runs.get());
    let time = whole.time.map(|time| time * found.span.get());
    let plain = f64::from(trials.count) * trials.share.get();
    let saved = match trials.survivors {
        Some(_) => {
            format!(", {} less than {n} whole trials", super::sheet::less(found.runs.get(), plain))
        }
        None => String::new(),
    };
    sheet.says.push(format!(
        "{n} trials cost {} and take {}: as much work as {} whole runs{saved}.",
        show::dollars(cost[1]),
        show::time(time[1]),
        fine::number(found.runs)
    ));
    let terms: Vec<String> =
        found.rungs.iter().map(|rung| fine::number(rung.work * trials.share.get())).collect();
    let text = format!("{} = {} runs", terms.join(" + "), fine::number(found.runs));
    let own = derived(
        "sum over rungs of trials \u{d7} (reach \u{2212} reach before) \u{d7} length of a trial",
        text,
        HALVING,
    );
    sheet.figures.push(figure("sweep_runs", "Whole runs' worth", plain_amount(found.runs), own));
    let own = times(found.runs, Amount::Dollars(whole.cost[1]), Amount::Dollars(cost[1]));
    sheet.figures.push(figure("sweep_cost", "Cost of the search", Amount::Dollars(cost[1]), own));
    let own = times(found.span, Amount::Days(whole.time[1]), Amount::Days(time[1]));
    sheet.figures.push(figure("sweep_days", "Its time", Amount::Days(time[1]), own));
    sheet.tables.push(rung_table(trials, found, whole));
}

fn plain_amount(runs: Ratio) -> Amount {
    Amount::Hours(runs)
}

fn times(n: Ratio, each: Amount, all: Amount) -> Derivation {
    let text = format!("{} \u{d7} {} = {}", fine::number(n), each.fine_text(), all.fine_text());
    derived("runs \u{d7} that of one", text, "counted")
}

fn rung_table(trials: &Trials, found: &Search, whole: &Whole) -> Grid {
    let columns = vec!["Rung", "Trials", "Trained up to", "Adds", "Cost"];
    let row = |(i, rung): (usize, &Rung)| {
        let runs = rung.work * trials.share.get();
        let reach = Ratio::new(rung.reach.get() * trials.share.get());
        let adds = Cell::of(plain_amount(runs));
        let adds = Cell { text: format!("{} runs", fine::number(runs)), ..adds };
        Line::plain(vec![
            Cell::words(&show::grouped(i as u64 + 1)),
            Cell::of(Amount::Count(rung.trials.into())),
            Cell::words(&format!("{} of a run", fine::percent(reach))),
            adds,
            Cell::of(Amount::Dollars(whole.cost[1] * runs.get())),
        ])
    };
    let rows = found.rungs.iter().enumerate().map(row).collect();
    Grid { caption: "The search rung by rung", columns, rows }
}

fn tell_cadence(
    sheet: &mut Sheet,
    run: &Run<'_>,
    (every, horizon): (Seconds, Seconds),
    whole: &Whole,
    search: Ratio,
) {
    let own = Cadence { every, run: whole.time[1], accelerators: run.case.cluster.count, horizon };
    let n = own.runs();
    let runs = Ratio::new(f64::from(n));
    let searched = whole.cost[1] * search.get();
    let trained = whole.cost[1] * f64::from(n);
    let total = trained + searched;
    let again = if search > Ratio::ZERO { " after one search" } else { "" };
    sheet.says.push(format!(
        "Trained anew every {} for {}{again}: {} runs and {}.",
        show::time(every),
        show::time(horizon),
        show::grouped(n.into()),
        show::dollars(total)
    ));
    let most = own.overlap();
    let [busy, rest] = own.demand();
    let share = show::percent(Ratio::new(busy.time.get() / every.get()));
    sheet.says.push(if most > 1 {
        format!(
            "Runs overlap: up to {} accelerators at one time, {} for the rest of it.",
            show::grouped(busy.accelerators.into()),
            show::grouped(rest.accelerators.into())
        )
    } else {
        format!("The accelerators are in use for {share} of the time, and free between runs.")
    });
    let text = format!(
        "{} \u{d7} {} + {} = {}",
        fine::number(runs),
        show::dollars(whole.cost[1]),
        show::dollars(searched),
        show::dollars(total)
    );
    let source = derived("runs that start in that time \u{d7} one + the search", text, "counted");
    sheet.figures.push(figure("cadence_cost", "All of it", Amount::Dollars(total), source));
    let columns = vec!["Part", "Runs", "Cost", "Range"];
    let line = |name: &str, n: Ratio| {
        let range = whole.cost.map(|cost| Amount::Dollars(cost * n.get()));
        let own = Cell::ranged(range);
        Line::plain(vec![
            Cell::words(name),
            Cell { text: fine::number(n), ..Cell::of(plain_amount(n)) },
            Cell::of(range[1]),
            Cell::words(&own.below),
        ])
    };
    let mut rows = Vec::new();
    if search > Ratio::ZERO {
        rows.push(line("the search", search));
    }
    rows.push(line("training again", runs));
    let mut last = line("all of it", Ratio::new(search.get() + runs.get()));
    last.marked = true;
    rows.push(last);
    sheet.tables.push(Grid { caption: "Over the whole time", columns, rows });
}
