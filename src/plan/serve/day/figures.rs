//! The figures of a day, each with where it comes from.

use super::{DAYS, Told};
use crate::estimate::capacity::Spend;
use crate::plan::budget::{derived, figure};
use crate::plan::serve::text::number;
use crate::plan::{Amount, Derivation, Figure};
use crate::prices::Terms;
use crate::units::text::{fine, show};
use crate::units::{Dollars, Ratio};

/// All of them, the most asked for first.
pub(super) fn all(told: &Told<'_>) -> Vec<Figure> {
    let mut all = Vec::new();
    let own = &told.month.spend;
    if told.priced {
        let total = Amount::Dollars(own.month.total());
        all.push(figure("day_cost", "A month", total, cost(told, own, true)));
        if let Some((amount, derivation)) = user(told, own) {
            all.push(figure("day_user", "A user, a month", amount, derivation));
        }
    }
    let amount = Amount::Count(late_requests(told, told.month.scaled.late_share()));
    all.push(figure("day_late", "Late requests a day", amount, late(told)));
    all.extend([each(told), peak(told), delay(told)]);
    all
}

/// Machine-hours at the price of one; `scaled` may stand on the spot market in part.
pub(super) fn cost(told: &Told<'_>, spend: &Spend, scaled: bool) -> Derivation {
    let rate = if scaled { told.month.prices.rate() } else { told.month.prices.demand };
    let text = format!(
        "{} h × {} = {}",
        fine::count((spend.machine_hours.get() + 0.5) as u64),
        show::price(rate),
        show::dollars(spend.month.total())
    );
    let own = told.day.price(None).map_or("", |price| &price.source);
    let size = told.day.machine_size();
    let each = told.day.price(None).map_or(String::new(), |price| show::price(price.rate));
    let one = format!("{size} × {each} = {}", show::price(told.month.prices.demand));
    let spot = told.month.prices.spot.filter(|_| scaled);
    let Some((share, spot)) = spot else {
        let formula = "machine-hours of a month × accelerators of a machine × price of one";
        return derived(formula, format!("{text}; {one}"), own);
    };
    let given = share.share.get() * share.spot.availability().get();
    let mixed = format!(
        "{} × {} = {}; {} × {} + (1 − {}) × {} = {}",
        fine::percent(share.share),
        fine::percent(share.spot.availability()),
        fine::percent(Ratio::new(given)),
        show::price(spot),
        number(given),
        number(given),
        show::price(told.month.prices.demand),
        show::price(rate)
    );
    let sold = told.day.price(Some(Terms::Spot));
    let sold = sold.map_or(String::new(), |own| format!("{} {}", own.seller, own.source));
    let zone = told
        .day
        .zone
        .map_or(String::new(), |zone| format!("{}: {}, {}", zone.label, zone.source, zone.date));
    derived(
        "machine-hours of a month × (spot price × share there × time that it is there + price by \
         the hour × the rest)",
        format!("{text}; {one}; {mixed}"),
        &format!("by the hour: {own}; spot: {sold}; {zone}"),
    )
}

/// A million tokens of prompts, or of answers.
pub(super) fn million(told: &Told<'_>, spend: &Spend, answers: bool) -> (Amount, Derivation) {
    let traffic = &told.day.own.ask.traffic;
    let reading = spend.reading.get();
    let (price, share, tokens) = if answers {
        (spend.tokens.output, 1.0 - reading, traffic.output)
    } else {
        (spend.tokens.input, reading, traffic.prompt)
    };
    let text = format!(
        "{} × {} / ({} × {} tokens) × 1\u{202f}000\u{202f}000 = {}",
        show::dollars(spend.month.total()),
        fine::percent(Ratio::new(share)),
        fine::count((spend.requests.get() + 0.5) as u64),
        number(tokens),
        show::million(price)
    );
    let own = derived(
        "a month × share of an instance's time / (requests of a month × tokens of one) × a million",
        text,
        "prompts bear the share of the time that reading them takes at the load that instances \
         have on the mean, spare ones aside, answers the rest; idle time goes with them",
    );
    (Amount::Million(price), own)
}

/// A month for each user, where it is said how many there are.
pub(super) fn user(told: &Told<'_>, spend: &Spend) -> Option<(Amount, Derivation)> {
    let users = told.day.asked.users?;
    let each = spend.per_user(Ratio::new(f64::from(users)));
    let text = format!(
        "{} / {} = {}",
        show::dollars(spend.month.total()),
        fine::count(users.into()),
        cents(each)
    );
    Some((Amount::Million(each), derived("a month / users", text, "users are typed")))
}

/// Money of one user, in parts of a cent where it is so little.
fn cents(each: Dollars) -> String {
    show::million(each)
}

/// Requests of a day that are that share of all.
pub(super) fn late_requests(told: &Told<'_>, share: Ratio) -> u64 {
    (told.month.spend.requests.get() / DAYS * share.get() + 0.5) as u64
}

pub(super) fn late(told: &Told<'_>) -> Derivation {
    let all = told.month.spend.requests.get() / DAYS;
    let share = told.month.scaled.late_share();
    let text = format!(
        "{} requests × {} = {}",
        number(all),
        fine::percent(share),
        number(all * share.get())
    );
    derived(
        "requests of a day × share of them that come beyond (instances that are ready × what one \
         holds), minute by minute",
        text,
        "docs/serving.md, Day and month; ready is the least that was ordered through the whole \
         time that an instance takes to start",
    )
}

fn each(told: &Told<'_>) -> Figure {
    let held = &told.month.held;
    let full = held.rate.get() / held.utilisation.get().max(1e-12);
    let first = match told.day.own.ask.share {
        Some(share) => held.answer.first_token_at(share),
        None => held.answer.first_token,
    };
    let text = format!(
        "{} × {} requests/s = {} requests/s",
        fine::percent(held.utilisation),
        number(full),
        number(held.rate.get())
    );
    let formula =
        "the highest rate within the goals / the most that an instance answers × that most";
    let source = format!(
        "there the first token comes within {} and each further one within {}: waits of requests \
         that come at random, by Kleinrock 1975, sections 5.6 and 5.7 (estimate/capacity/held)",
        fine::time(first),
        fine::time(held.answer.per_token)
    );
    let own = derived(formula, text, &source);
    figure("day_each", "One instance holds", Amount::Requests(held.rate), own)
}

fn peak(told: &Told<'_>) -> Figure {
    let (peak, each) = (told.curve.peak(), told.month.held.rate);
    let (all, spares) = (told.wanted_at_peak(), told.day.asked.spares);
    let text = format!(
        "{} + {} = {}; {} / {} = {} rounded up",
        fine::count((all - spares.min(all)).into()),
        fine::count(spares.into()),
        fine::count(all.into()),
        number(peak.get()),
        number(each.get()),
        number(peak.get() / each.get())
    );
    let formula =
        "requests of the busiest minute / what one instance holds, rounded up + spare ones";
    let source =
        "N+1: a spare one may fail or be replaced at any time; type another number of them";
    let own = derived(formula, text, source);
    figure("day_peak", "Instances at the peak", Amount::Count(all.into()), own)
}

fn delay(told: &Told<'_>) -> Figure {
    let asked = told.day.asked;
    let text = format!(
        "{} + {} / {} + {} = {}",
        fine::time(asked.machine),
        fine::bytes(told.month.weights),
        fine::bandwidth(asked.read),
        fine::time(asked.engine),
        fine::time(told.month.delay)
    );
    let source = "machine 180 s and engine 60 s are assumed unless typed; 5 GB/s: ServerlessLLM, \
        arXiv 2401.14351, section 1, 130 GB in 26 s";
    let formula =
        "start of a machine + weights / rate at which they are read + start of the engine";
    let own = derived(formula, text, source);
    figure("day_delay", "A new instance answers after", Amount::Time(told.month.delay), own)
}
