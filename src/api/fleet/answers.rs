//! The questions that people ask, answered off the frontier.

use super::rows::row;
use super::{FleetAnswer, FleetSession};
use crate::plan::fleet::{Fleet, Point, choice};
use crate::units::text::show;
use crate::units::{Dollars, KilogramsCo2, Ratio, Seconds};

/// The answers that the frontier of money and time gives.
pub(super) fn by_money(session: &FleetSession) -> Vec<FleetAnswer> {
    let deadline = session.asked.deadline;
    let mut all = vec![cheapest(session, deadline)];
    if let Some(budget) = session.asked.budget {
        all.push(fastest(session, budget));
        all.push(most(session, budget, deadline));
    }
    all.push(smallest(session, deadline));
    all
}

/// What the frontier of carbon and time adds, once it is complete.
pub(super) fn by_carbon(session: &FleetSession) -> Option<FleetAnswer> {
    let (green, true) = session.green.as_ref()? else {
        return None;
    };
    let deadline = session.asked.deadline.unwrap_or(Seconds::UNBOUNDED);
    less_carbon(session, green, choice::cheapest_by(&session.fleet, deadline)?)
}

fn answered(
    session: &FleetSession,
    fleet: &Fleet,
    (id, question): (&str, String),
    point: Option<&Point>,
    text: impl FnOnce(&Point) -> String,
) -> FleetAnswer {
    FleetAnswer {
        id: id.to_owned(),
        question,
        text: point.map_or_else(|| "Nothing that is offered does.".to_owned(), text),
        row: point.and_then(|point| row(session, fleet, point)),
        reasons: Vec::new(),
    }
}

fn cheapest(session: &FleetSession, deadline: Option<Seconds>) -> FleetAnswer {
    let fleet = &session.fleet;
    let question = match deadline {
        Some(deadline) => format!("The cheapest within {}", show::time(deadline)),
        None => "The cheapest, however long it takes".to_owned(),
    };
    let by = deadline.unwrap_or(Seconds::UNBOUNDED);
    let point = choice::cheapest_by(fleet, by);
    let mut answer = answered(session, fleet, ("cheapest_by", question), point, money_and_time);
    if let Some(point) = point {
        answer.reasons = neighbours(fleet, point, deadline);
    }
    answer
}

fn fastest(session: &FleetSession, budget: Dollars) -> FleetAnswer {
    let question = format!("The fastest for {}", show::dollars(budget));
    let point = choice::fastest_within(&session.fleet, budget);
    let id = ("fastest_within", question);
    answered(session, &session.fleet, id, point, money_and_time)
}

fn most(session: &FleetSession, budget: Dollars, deadline: Option<Seconds>) -> FleetAnswer {
    let within = deadline.map(|deadline| format!(" within {}", show::time(deadline)));
    let within = within.unwrap_or_default();
    let question = format!("The most tokens for {}{within}", show::dollars(budget));
    let by = deadline.unwrap_or(Seconds::UNBOUNDED);
    let most = choice::most_tokens(&session.fleet, budget, by);
    let point = most.as_ref().map(|most| &most.point);
    answered(session, &session.fleet, ("most_tokens", question), point, |_| {
        most.as_ref().map_or(String::new(), |most| {
            let (tokens, time) = (show::tokens(most.tokens), show::time(most.time));
            format!("{tokens} in {time} for {}.", show::dollars(most.outlay.total()))
        })
    })
}

fn smallest(session: &FleetSession, deadline: Option<Seconds>) -> FleetAnswer {
    let within = deadline.map(|deadline| format!(" within {}", show::time(deadline)));
    let question = format!("The smallest cluster that works{}", within.unwrap_or_default());
    let point = choice::smallest(&session.fleet, deadline.unwrap_or(Seconds::UNBOUNDED));
    let id = ("smallest", question);
    answered(session, &session.fleet, id, point.as_ref(), |point| {
        let count = show::grouped(point.count.into());
        format!("{count} accelerators: {}", money_and_time(point))
    })
}

/// Nothing where the chosen run's carbon is not known.
fn less_carbon(session: &FleetSession, green: &Fleet, chosen: &Point) -> Option<FleetAnswer> {
    if chosen.carbon == KilogramsCo2::UNBOUNDED {
        return None;
    }
    let point = choice::least_carbon(green, chosen.time)?;
    let question = "As fast as the cheapest, with least carbon".to_owned();
    let saved = Ratio::new((1.0 - point.carbon.get() / chosen.carbon.get()).max(0.0));
    let more = Dollars::new((point.cost.get() - chosen.cost.get()).max(0.0));
    Some(answered(session, green, ("less_carbon", question), Some(point), |point| {
        let carbon = show::carbon(point.carbon);
        let (saved, more) = (show::percent(saved), show::dollars(more));
        format!("{carbon}, {saved} less, for {more} more.")
    }))
}

fn money_and_time(point: &Point) -> String {
    format!("{} in {}.", show::dollars(point.cost), show::time(point.time))
}

/// What spending more or less would change.
fn neighbours(fleet: &Fleet, chosen: &Point, deadline: Option<Seconds>) -> Vec<String> {
    let frontier = fleet.frontier();
    let mut reasons = Vec::new();
    let Some(at) = frontier.iter().position(|point| point == chosen) else {
        return reasons;
    };
    let faster = at.checked_sub(1).and_then(|at| frontier.get(at));
    if let Some(faster) = faster {
        reasons.push(format!(
            "{} more would end it {} earlier.",
            show::dollars(Dollars::new((faster.cost.get() - chosen.cost.get()).max(0.0))),
            show::time(chosen.time.less(faster.time))
        ));
    }
    if let Some(cheaper) = frontier.get(at + 1) {
        let late = deadline.map_or(Seconds::ZERO, |deadline| cheaper.time.less(deadline));
        reasons.push(format!(
            "{} less would take {} longer{}.",
            show::dollars(Dollars::new((chosen.cost.get() - cheaper.cost.get()).max(0.0))),
            show::time(cheaper.time.less(chosen.time)),
            if late > Seconds::ZERO { ", past the date" } else { "" }
        ));
    }
    reasons
}
