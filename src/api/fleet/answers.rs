//! The questions that people ask, answered off the frontier.

use super::rows::row;
use super::{FleetAnswer, FleetSession};
use crate::plan::fleet::{Fleet, Point, choice};
use crate::units::deadline::named;
use crate::units::text::show;
use crate::units::{Dollars, KilogramsCo2, Ratio, Seconds};

/// The answers that the frontier of money and time gives.
pub(super) fn by_money(session: &FleetSession) -> Vec<FleetAnswer> {
    let mut all = vec![cheapest(session)];
    if let Some(budget) = session.asked.budget {
        all.push(fastest(session, budget));
        all.push(most(session, budget));
    }
    all
}

/// ` within 30 days`, ` by Fri 2026-12-04 18:00, 6.3 days from now`; empty where there is no deadline.
fn by(session: &FleetSession) -> String {
    match session.deadline {
        None => String::new(),
        Some((None, left)) => format!(" within {}", show::time(left)),
        Some((Some(moment), left)) => {
            let left = match left {
                Seconds::ZERO => "which has passed".to_owned(),
                left => format!("{} from now", show::time(left)),
            };
            format!(" by {}, {left}", named(moment))
        }
    }
}

/// What the frontier of carbon and time adds, once it is complete.
pub(super) fn by_carbon(session: &FleetSession) -> Option<FleetAnswer> {
    let green = session.green.as_ref()?;
    less_carbon(session, green, choice::cheapest_by(&session.fleet, session.left())?)
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

fn cheapest(session: &FleetSession) -> FleetAnswer {
    let fleet = &session.fleet;
    let question = match session.deadline {
        Some(_) => format!("The cheapest{}", by(session)),
        None => "The cheapest, however long it takes".to_owned(),
    };
    let point = choice::cheapest_by(fleet, session.left());
    let mut answer = answered(session, fleet, ("cheapest_by", question), point, money_and_time);
    match (point, session.deadline) {
        (Some(point), deadline) => {
            answer.reasons = neighbours(fleet, point, deadline.map(|(_, left)| left));
        }
        (None, Some(_)) => answer.reasons.extend(nearest(fleet)),
        (None, None) => {}
    }
    answer
}

/// What comes nearest to a deadline that nothing meets.
fn nearest(fleet: &Fleet) -> Option<String> {
    let fastest = fleet.frontier().first()?;
    let (time, cost) = (show::time(fastest.time), show::dollars(fastest.cost));
    Some(format!("The fastest of all takes {time} and costs {cost}."))
}

fn fastest(session: &FleetSession, budget: Dollars) -> FleetAnswer {
    let question = format!("The fastest for {}", show::dollars(budget));
    let point = choice::fastest_within(&session.fleet, budget);
    let id = ("fastest_within", question);
    answered(session, &session.fleet, id, point, money_and_time)
}

fn most(session: &FleetSession, budget: Dollars) -> FleetAnswer {
    let question = format!("The most tokens for {}{}", show::dollars(budget), by(session));
    let most = choice::most_tokens(&session.fleet, budget, session.left());
    let then = most
        .as_ref()
        .and_then(|most| choice::with_tokens(&session.fleet, &most.point, most.tokens));
    let fleet = then.as_ref().map_or(&session.fleet, |then| &then.0);
    let point = then.as_ref().map(|then| &then.1);
    answered(session, fleet, ("most_tokens", question), point, |_| {
        most.as_ref().map_or(String::new(), |most| {
            let (tokens, time) = (show::tokens(most.tokens), show::time(most.time));
            format!("{tokens} in {time} for {}.", show::dollars(most.outlay.total()))
        })
    })
}

/// The answer on the smallest cluster.
pub(super) fn smallest(session: &FleetSession, point: Option<&Point>) -> FleetAnswer {
    let question = match session.deadline {
        Some(_) => format!("The smallest cluster that is done{}", by(session)),
        None => "The smallest cluster that the model fits on".to_owned(),
    };
    answered(session, &session.fleet, ("smallest", question), point, |point| {
        let count = show::grouped(point.count.into());
        format!("{count} accelerators: {}", money_and_time(point))
    })
}

fn less_carbon(session: &FleetSession, green: &Fleet, chosen: &Point) -> Option<FleetAnswer> {
    let point = choice::least_carbon(green, chosen.time)?;
    let question = "As fast as the cheapest, with least carbon".to_owned();
    let more = show::dollars(Dollars::new((point.cost.get() - chosen.cost.get()).max(0.0)));
    Some(answered(session, green, ("less_carbon", question), Some(point), |point| {
        let carbon = show::carbon(point.carbon);
        if chosen.carbon == KilogramsCo2::UNBOUNDED {
            return format!("{carbon} for {more} more; what the cheapest emits is not known.");
        }
        let saved = Ratio::new((1.0 - point.carbon.get() / chosen.carbon.get()).max(0.0));
        format!("{carbon}, {} less, for {more} more.", show::percent(saved))
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
