//! Where the layouts that were looked at went, and what stands in the way where none serves.

use super::sure::wanted;
use super::text::layout_text;
use crate::estimate::serve::{ServeMemoryPart, Serving};
use crate::inputs::{Inputs, Key};
use crate::plan::Removed;
use crate::search::deploy::{self, Candidate, Looked, Loss, Survey};
use crate::search::enough;
use crate::serving::{Ask, Demand};
use crate::units::text::show;
use crate::units::{Bytes, PerSecond, Seconds};

/// What stands in the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// In a sentence.
    pub text: String,
    /// The layout that comes nearest.
    pub at: Option<Candidate>,
    /// Where more accelerators would serve: how many.
    pub enough: Option<Enough>,
}

/// What the demand takes, and what there may be holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enough {
    /// The fewest accelerators that serve the demand with its goals.
    pub accelerators: u64,
    /// The most requests a second that those that there may be hold with the goals, where requests come at random;
    /// rounded down to three digits.
    pub held: Option<PerSecond>,
}

/// Layouts by what took them out; with the one that was chosen they sum to all.
#[must_use]
pub fn losses(survey: &Survey) -> Vec<Removed> {
    let count = |is: fn(&Loss) -> bool| {
        survey.looked.iter().filter(|own| own.loss.as_ref().is_some_and(is)).count() as u64
    };
    let all = [
        (
            "too full",
            "Weights and what a step needs leave no room for a cache.",
            count(|loss| matches!(loss, Loss::Full)),
        ),
        (
            "cache too small",
            "The cache does not hold one request to its end.",
            count(|loss| matches!(loss, Loss::Short)),
        ),
        (
            "too slow a token",
            "Even one sequence at a time takes longer between tokens.",
            count(|loss| matches!(loss, Loss::Slow(_))),
        ),
        (
            "first token too late",
            "Even few requests at a time wait longer for it.",
            count(|loss| matches!(loss, Loss::Late(_))),
        ),
        (
            "too many accelerators",
            "The demand takes more than there may be.",
            count(|loss| matches!(loss, Loss::Few)),
        ),
        (
            "dearer",
            "It serves, but the one that was chosen costs less, or the same and is faster.",
            count(|loss| matches!(loss, Loss::Dearer)),
        ),
    ];
    let some = all.into_iter().filter(|(.., count)| *count > 0);
    some.map(|(name, reason, count)| Removed {
        name: name.to_owned(),
        reason: reason.to_owned(),
        count,
    })
    .collect()
}

/// What stands in the way of the inputs' question.
#[must_use]
pub fn stands(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Standing {
    if let Some((enough, at)) = suffices(inputs, ask, survey) {
        return Standing { text: few(ask, &at, &enough), at: Some(at), enough: Some(enough) };
    }
    let (text, at) = misses(inputs, ask, survey).unwrap_or_else(|| full(ask, survey));
    Standing { text, at, enough: None }
}

/// Where more accelerators than there may be would serve: how many, and with which layout.
#[must_use]
pub fn suffices(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Option<(Enough, Candidate)> {
    let (accelerators, at) = needed(inputs, ask, survey)?;
    let held = match ask.demand {
        Demand::Rate(_) => enough::held(ask, &survey.looked).map(rounded_down),
        _ => None,
    };
    Some((Enough { accelerators, held }, at))
}

/// The fewest accelerators that serve the demand with its goals, and the layout; nothing where no number does, or no
/// more than there may be.
fn needed(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Option<(u64, Candidate)> {
    let found = enough::fewest(ask, &survey.looked)?;
    // With as many there are larger instances, which may do with less.
    let wider = inputs.clone().with(Key::ServeMost, found.0.to_string()).resolve().ask;
    let least = wider.and_then(|mut wider| {
        let own = |key: &str| ask.machines.iter().any(|machine| machine.key == key);
        wider.machines.retain(|machine| own(&machine.key));
        enough::fewest(&wider, &deploy::survey(&wider).looked)
    });
    let (n, at) = least.filter(|least| least.0 < found.0).unwrap_or(found);
    let most = ask.machines.get(at.machine)?.most;
    (n > u64::from(most)).then_some((n, at))
}

/// Three digits of a rate, not more than it.
fn rounded_down(rate: PerSecond) -> PerSecond {
    let mut unit = 1e-9;
    while rate.get() / unit >= 1000.0 {
        unit *= 10.0;
    }
    // Without the bits that such a product leaves behind.
    PerSecond::new(((rate.get() / unit).floor() * unit * 1e9 + 0.5).floor() / 1e9)
}

/// The goals, with their inputs and their names in a sentence.
const GOALS: [(Key, &str); 2] =
    [(Key::FirstToken, "the first token"), (Key::PerToken, "a further token")];

/// Goals stand in the way: one that no layout keeps, or two that none keeps together.
fn misses(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Option<(String, Option<Candidate>)> {
    let goals = [ask.goals.first_token, ask.goals.per_token];
    let timed = survey.looked.iter().filter_map(|own| Some((deploy::missed_by(ask, own)?, own.at)));
    let timed: Vec<([Seconds; 2], Candidate)> = timed.collect();
    // The least time of one, of all layouts or of those that keep the other goal.
    let least = |own: usize, kept: bool| {
        let keeps = |times: &[Seconds; 2]| goals[1 - own].is_none_or(|goal| times[1 - own] <= goal);
        let all = timed.iter().filter(|(times, _)| !kept || keeps(times));
        all.min_by_key(|(times, at)| (times[own], times[1 - own], *at)).copied()
    };
    let mut text = String::new();
    let mut nearest = None;
    for (own, (_, what)) in GOALS.iter().enumerate().rev() {
        let Some(goal) = goals[own] else { continue };
        let (times, at) = least(own, false)?;
        if times[own] > goal {
            let start = if text.is_empty() { "No deployment gives" } else { " Nor" };
            let (goal, time) = (show::time(goal), show::time(times[own]));
            let layout = layout_text(ask, &at);
            text +=
                &format!("{start} {what} within {goal}: the nearest takes {time}, with {layout}.");
            nearest = nearest.or(Some(at));
        }
    }
    if !text.is_empty() {
        return Some((text, nearest));
    }
    let ((first, late), (further, slow)) = (least(0, true)?, least(1, true)?);
    let [Some(first_goal), Some(further_goal)] = goals else { return None };
    let mut text = format!(
        "No deployment keeps both goals{}: where a further token comes within {}, the first takes \
         {} at least, with {}; where the first comes within {}, a further one takes {} at least, \
         with {}{}.",
        wanted(ask),
        show::time(further_goal),
        show::time(first[0]),
        layout_text(ask, &late),
        show::time(first_goal),
        show::time(further[1]),
        layout_text(ask, &slow),
        room(ask)
    );
    let alone: Vec<String> = [1, 0].iter().filter_map(|own| alone(inputs, ask, *own)).collect();
    if !alone.is_empty() {
        text += &format!(" Alone, {}.", alone.join("; "));
    }
    Some((text, Some(late)))
}

/// After a time that is compared with a goal.
fn room(ask: &Ask) -> &'static str {
    if ask.sure.is_some() { " with the room that this asks for" } else { "" }
}

/// What keeps one goal without the other.
fn alone(inputs: &Inputs, ask: &Ask, own: usize) -> Option<String> {
    let mut free = ask.clone();
    let goals = [&mut free.goals.first_token, &mut free.goals.per_token];
    let goal = (*goals[own])?;
    *goals.into_iter().nth(1 - own)? = None;
    let survey = deploy::survey(&free);
    let (at, n, most) = match survey.best {
        Some(best) => (best.at, deploy::paid(&free, &best.at, best.replicas), String::new()),
        None => {
            let inputs = inputs.clone().with(GOALS[1 - own].0, "none");
            let (enough, at) = suffices(&inputs, &free, &survey)?;
            let most = free.machines.get(at.machine)?.most;
            (at, enough.accelerators, format!(" (there may be {})", show::grouped(most.into())))
        }
    };
    Some(format!(
        "{} within {} takes {} accelerators{most}, with {}",
        GOALS[own].1,
        show::time(goal),
        show::grouped(n),
        layout_text(ask, &at)
    ))
}

/// What stands in the way on each kind of machine on which nothing serves, where something does on another.
#[must_use]
pub fn unserved(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Vec<String> {
    let mut all = Vec::new();
    for (machine, kind) in (0..).zip(&ask.machines) {
        let here = |looked: &&Looked| looked.at.machine == machine;
        let serves =
            |looked: &Looked| looked.limit.is_some() && deploy::settle(ask, looked).is_ok();
        if survey.looked.iter().filter(here).any(serves) {
            continue;
        }
        let alone =
            |looked: &Looked| Looked { at: Candidate { machine: 0, ..looked.at }, ..*looked };
        let looked = survey.looked.iter().filter(here).map(alone).collect();
        let own = Survey { best: None, looked, space: 0 };
        let one = Ask { machines: vec![kind.clone()], ..ask.clone() };
        all.push(format!("{}: {}", kind.label, stands(inputs, &one, &own).text));
    }
    all
}

fn few(ask: &Ask, at: &Candidate, enough: &Enough) -> String {
    let most = ask.machines.get(at.machine).map_or(0, |machine| machine.most);
    let demand = match ask.demand {
        Demand::Rate(rate) => show::frequency(rate),
        Demand::InFlight(n) => format!("{} requests in flight", show::grouped(n.into())),
        Demand::Most => "One instance and the rest of its machines".to_owned(),
    };
    let (taken, may) = (show::grouped(enough.accelerators), show::grouped(most.into()));
    let held = enough
        .held
        .map_or_else(String::new, |rate| format!(", which hold {} at most", show::frequency(rate)));
    let within = match ask.goals.first_token.or(ask.goals.per_token) {
        Some(_) if ask.demand != Demand::Most => " within the goals",
        _ => "",
    };
    let within = format!("{within}{}", wanted(ask));
    format!("{demand}{within} take {taken} accelerators; there may be {may}{held}.")
}

/// Bytes stand in the way: of the layout that comes nearest.
fn full(ask: &Ask, survey: &Survey) -> (String, Option<Candidate>) {
    let over = |looked: &Looked| -> Option<(Bytes, Bytes, Candidate)> {
        let service = deploy::service(ask, &looked.at, None)?;
        let serving = Serving::new(&service, &looked.at.instance);
        let memory = serving.memory();
        let needs = memory.get(ServeMemoryPart::Weights)
            + memory.get(ServeMemoryPart::Activations)
            + memory.get(ServeMemoryPart::Context);
        Some((needs, service.cluster.accelerator.memory, looked.at))
    };
    let all = survey.looked.iter().filter_map(over);
    let short = |(needs, has, _): &(Bytes, Bytes, Candidate)| {
        crate::units::Ratio::new(needs.as_f64() / has.as_f64().max(1.0))
    };
    let Some((needs, has, at)) = all.min_by_key(short) else {
        return ("No way to split the model is left by what is fixed.".to_owned(), None);
    };
    let layout = layout_text(ask, &at);
    let text = if needs > has {
        format!(
            "It does not fit: weights and what a step needs take {} of {} at least, with {layout}.",
            show::bytes(needs),
            show::bytes(has)
        )
    } else {
        let tokens = show::grouped((ask.traffic.prompt + ask.traffic.output) as u64);
        format!(
            "The cache that is left beside weights of {} does not hold one request of {tokens} \
             tokens, with {layout}.",
            show::bytes(needs)
        )
    };
    (text, Some(at))
}
