//! From a link to answers, piece by piece.

use super::links::{pinned, within};
use super::remedies::remedies;
use super::view::{plan_view, shown, stuck_view};
use super::{Answer, FrontierPoint, Lever, RunnerUp, ScalePoint, StuckView, StudyView};
use crate::case::Case;
use crate::cluster::ACCELERATORS_MAX;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::budget;
use crate::plan::{self, Amount, Finding, Plan};
use crate::units::Ratio;

/// Halvings of the user's cluster on the scaling curve.
const HALVINGS: u32 = 6;
/// Doublings of it.
const DOUBLINGS: u32 = 3;

/// Answers the question that `link` asks: the plan first, or why there is none; then runners-up and
/// the frontier; then the scaling curve, point by point. `keep_going` is asked between pieces of
/// work of some ten milliseconds each. The answers depend on the link alone; `now_ms` only tells
/// how long the search took.
pub fn answer(
    run: u32,
    link: &str,
    now_ms: &dyn Fn() -> f64,
    keep_going: &mut dyn FnMut() -> bool,
    sink: &mut dyn FnMut(Answer),
) {
    let inputs = link::decode(link).inputs;
    let resolution = inputs.resolve();
    let Some(case) = &resolution.case else {
        let problems = resolution.problems.iter().map(ToString::to_string).collect();
        sink(Answer::Invalid { run, problems });
        return;
    };
    let start = now_ms();
    let found = plan::find(case);
    let search_ms = (now_ms() - start).max(0.0);
    match found {
        Finding::Plan(plan) => {
            let view = Box::new(plan_view(&inputs, case, &plan));
            sink(Answer::Plan { run, plan: view, search_ms });
            if !keep_going() {
                return;
            }
            if !study(run, (&inputs, case, &plan), keep_going, sink) {
                return;
            }
        }
        Finding::Nothing(tally) => {
            let headline = plan::nothing_fits(case, &tally);
            sink(Answer::Stuck { run, stuck: StuckView { headline, ..StuckView::default() } });
            let Some(obstacle) = plan::obstacle(case, &tally, keep_going) else {
                return;
            };
            let mut stuck = stuck_view(case, &obstacle);
            sink(Answer::Stuck { run, stuck: stuck.clone() });
            let Some(remedies) = remedies(&inputs, case, keep_going) else {
                return;
            };
            stuck.remedies = remedies;
            sink(Answer::Stuck { run, stuck });
        }
    }
    scaling(run, &inputs, case.cluster.count, keep_going, sink);
}

/// The study, sent as far as it is known: runners-up, then the frontier, then what would help.
/// False when told to stop.
fn study(
    run: u32,
    question: (&Inputs, &Case, &Plan),
    keep_going: &mut dyn FnMut() -> bool,
    sink: &mut dyn FnMut(Answer),
) -> bool {
    let (inputs, case, plan) = question;
    let mut study = StudyView { bound: bound(inputs, plan), ..StudyView::default() };
    let Some(others) = plan::runners_up(case, plan, keep_going) else {
        return false;
    };
    study.runners_up = others.iter().map(|other| runner_up(inputs, case, other)).collect();
    sink(Answer::Study { run, study: study.clone() });
    let Some(points) = plan::frontier(case, plan, keep_going) else {
        return false;
    };
    study.frontier = points.iter().map(|point| frontier_point(question, point)).collect();
    sink(Answer::Study { run, study: study.clone() });
    let Some(levers) = plan::levers(case, plan, keep_going) else {
        return false;
    };
    study.levers = levers.iter().map(|one| lever(case, one)).collect();
    sink(Answer::Study { run, study });
    true
}

/// How much slower the plan is than the best with nothing fixed and nothing forbidden.
fn bound(inputs: &Inputs, plan: &Plan) -> Option<String> {
    let case = inputs.is_bound().then(|| inputs.freed().resolve().case)??;
    let Finding::Plan(best) = plan::find(&case) else {
        return None;
    };
    let slower = Ratio::checked(plan.step().get() / best.step().get() - 1.0)?;
    let best = plan::layout_text(&case, &best.layout);
    Some(if slower.get() < 0.0005 {
        "No layout is faster with nothing fixed and nothing forbidden.".to_owned()
    } else {
        let slower = Amount::Excess(slower).text();
        format!("A step takes {slower} against {best}, the best with nothing fixed or forbidden.")
    })
}

fn runner_up(inputs: &Inputs, case: &Case, other: &plan::RunnerUp) -> RunnerUp {
    RunnerUp {
        layout: plan::layout_text(case, &other.plan.layout),
        step: shown(Amount::Time(other.plan.step())),
        slower: shown(Amount::Excess(other.slower)),
        headroom: shown(Amount::Bytes(other.plan.headroom(case))),
        loses: other.loses.clone(),
        link: link::encode(&pinned(inputs, case, &other.plan.layout)),
    }
}

fn frontier_point(
    (inputs, case, plan): (&Inputs, &Case, &Plan),
    point: &plan::FrontierPoint,
) -> FrontierPoint {
    let own = point.plan.layout == plan.layout;
    let base = if own { inputs.clone() } else { within(inputs, point.keep_thousandths) };
    FrontierPoint {
        headroom: shown(Amount::Bytes(point.plan.headroom(case))),
        step: shown(Amount::Time(point.plan.step())),
        layout: plan::layout_text(case, &point.plan.layout),
        link: link::encode(&pinned(&base, case, &point.plan.layout)),
    }
}

fn lever(case: &Case, lever: &plan::Lever) -> Lever {
    let saves = Amount::Share(lever.saves);
    Lever {
        name: lever.name.to_owned(),
        text: format!("{} would save {} of the step.", lever.name, saves.text()),
        step: shown(Amount::Time(lever.step)),
        saves: shown(saves),
        layout: plan::layout_text(case, &lever.plan.layout),
    }
}

/// The best plan at other cluster sizes, the global batch held.
fn scaling(
    run: u32,
    inputs: &Inputs,
    count: u32,
    keep_going: &mut dyn FnMut() -> bool,
    sink: &mut dyn FnMut(Answer),
) {
    let counts = counts_around(count);
    let of = counts.len() as u32;
    for (n, done) in counts.into_iter().zip(1..) {
        if !keep_going() {
            return;
        }
        let point = scale_point(inputs, n, n == count);
        sink(Answer::Scaling { run, point, done, of });
    }
}

/// Halves and doubles of a count, whole ones only.
fn counts_around(count: u32) -> Vec<u32> {
    let halves = (1..=HALVINGS).rev().filter(|k| count.is_multiple_of(1 << k)).map(|k| count >> k);
    let doubles = (0..=DOUBLINGS).filter_map(|k| count.checked_mul(1 << k));
    halves.chain(doubles).filter(|n| (1..=ACCELERATORS_MAX).contains(n)).collect()
}

fn scale_point(inputs: &Inputs, count: u32, current: bool) -> ScalePoint {
    let inputs = inputs.clone().with(Key::Count, count.to_string());
    let link = link::encode(&inputs);
    let mut point = ScalePoint { count, current, link, ..ScalePoint::default() };
    let resolution = inputs.resolve();
    let Some(case) = &resolution.case else {
        let first = resolution.problems.first();
        point.stuck = Some(first.map_or_else(|| "not a case".to_owned(), ToString::to_string));
        return point;
    };
    let plan = match plan::find(case) {
        Finding::Plan(plan) => plan,
        Finding::Nothing(tally) => {
            point.stuck = Some(plan::nothing_fits(case, &tally));
            return point;
        }
    };
    let figures = plan::explain(case, &plan).figures;
    let figures = budget::ranged(&inputs, case, &plan, figures);
    let find = |id: &str| {
        let own = figures.iter().find(|own| own.figure.id == id);
        own.map(|own| shown(own.figure.amount)).unwrap_or_default()
    };
    point.step = find("step_time");
    point.days = find("run_days");
    point.cost = find("run_cost");
    point.mfu = find("mfu");
    point.tokens_per_s = find("tokens_per_s");
    point.layout = plan::layout_text(case, &plan.layout);
    point
}
