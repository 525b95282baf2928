//! How sure each goal is: its chance by the ranges of measured runs, and the room that a wanted chance asks for.

use super::{Deployed, goal_names, range};
use crate::plan::{Amount, Derivation, Figure};
use crate::serving::{Ask, Demand};
use crate::units::chance::chance;
use crate::units::text::{fine, show};
use crate::units::{PerSecond, Ratio, Seconds};

/// A goal, what is reached of it, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Name for people.
    pub label: &'static str,
    /// What is predicted.
    pub reached: Amount,
    /// What is asked for.
    pub goal: Amount,
    /// Chance that it is kept, with what it follows from; none where no range is known.
    pub chance: Option<Figure>,
}

/// What the figures of one goal are called.
type Names = [&'static str; 3];

const FIRST: Names = ["ttft", "chance.ttft", "room.ttft"];
const FURTHER: Names = ["tpot", "chance.tpot", "room.tpot"];
const RATE: Names = ["full", "chance.full", "room.full"];

/// Every goal that is set; where a chance is wanted, that all requests are answered is one of them.
#[must_use]
pub fn goals(own: &Deployed<'_>) -> Vec<Goal> {
    let ([first, further], asked) = (goal_names(own.ask), &own.ask.goals);
    let rate = match own.ask.demand {
        Demand::Rate(rate) if own.ask.sure.is_some() => Some(Amount::Requests(rate)),
        _ => None,
    };
    let most = Amount::Requests(own.own.full.request_rate * f64::from(own.own.replicas));
    let room = own.machine.room;
    let all = [
        (FIRST, first, Amount::Time(own.own.first_token), asked.first_token.map(Amount::Time)),
        (FURTHER, further, Amount::Time(own.own.per_token), asked.per_token.map(Amount::Time)),
        (RATE, "Requests", most, rate),
    ];
    let rooms = [room.first, room.of_batch(own.own.batch), room.rate];
    let goal = |((names, label, reached, goal), room): ((Names, _, Amount, Option<Amount>), _)| {
        let goal = goal?;
        Some(Goal {
            label,
            reached,
            goal,
            chance: sure(own, (names, label), (reached, goal), room),
        })
    };
    all.into_iter().zip(rooms).filter_map(goal).collect()
}

/// Chances that the goals are kept, of the first token and of each further one; none where no goal is set or no range is
/// known.
#[must_use]
pub fn chances(own: &Deployed<'_>) -> [Option<Ratio>; 2] {
    let all = goals(own);
    goal_names(own.ask).map(|name| {
        let found = all.iter().find(|goal| goal.label == name)?;
        Some(found.chance.as_ref()?.amount.value())
    })
}

/// The chance that is wanted, as the end of a sentence about goals; empty where none is.
#[must_use]
pub fn wanted(ask: &Ask) -> String {
    ask.sure.map_or_else(String::new, |sure| {
        format!(" with a chance of {} each", show::percent_typed(sure))
    })
}

fn sure(
    own: &Deployed<'_>,
    ([id, name, worse], label): (Names, &'static str),
    (reached, goal): (Amount, Amount),
    room: Ratio,
) -> Option<Figure> {
    let told = range(own, id, reached)?;
    let [low, middle, high, limit] = [told.low, reached, told.high, goal].map(|own| own.value());
    let rate = id == RATE[0];
    let say = |value: Ratio| match rate {
        true => format!("{} requests/s", fine::number(value)),
        false => fine::time(Seconds::new(value.get())),
    };
    // Of a rate less is worse.
    let over = |one: Ratio, other: Ratio| Ratio::new(one.get() / other.get().max(1e-300));
    let (end, found) = match rate {
        true => (
            low,
            chance([high, middle, low].map(|end| over(Ratio::ONE, end)), over(Ratio::ONE, limit)),
        ),
        false => (high, chance([low, middle, high], limit)),
    };
    let ratio = |other: Ratio| {
        let (one, other) = if rate { (middle, other) } else { (other, middle) };
        format!("{} / {} = {}", say(one), say(other), fine::number(over(one, other)))
    };
    let formula = "share of a normal distribution below 1.2816 \u{d7} ln(room that the goal \
        leaves) / ln(that of the range's worse end), beside the prediction";
    let source = format!(
        "80% of measured runs lay from {} to {}: the prediction itself is kept about half the \
         time, the worse end with 90% (units/chance)",
        say(low),
        say(high)
    );
    let both = format!("{}; {}", ratio(limit), ratio(end));
    let mut derivation = Derivation::of(formula, both, &source);
    if let Some(wanted) = own.ask.sure {
        let (sign, value) =
            if rate { ("/", over(middle, room)) } else { ("\u{d7}", middle * room.get()) };
        let amount = match rate {
            true => Amount::Requests(PerSecond::new(value.get())),
            false => Amount::Time(Seconds::new(value.get())),
        };
        let equation = format!("{} {sign} {} = {}", say(middle), fine::number(room), say(value));
        let what = "prediction, made worse by (range's worse end / prediction) ^ (standard \
            deviations of the wanted chance / 1.2816)";
        let source = format!(
            "{} is wanted: this, not the prediction, has to keep to {} (units/chance)",
            show::percent_typed(wanted),
            say(limit)
        );
        let derived = Derivation::of(what, equation, &source);
        derivation.parts =
            vec![Figure { id: worse, label: "With room", amount, derivation: derived }];
    }
    Some(Figure { id: name, label, amount: Amount::Share(found), derivation })
}
