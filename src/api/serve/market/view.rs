//! A search for where to serve as the page sees it.

use super::MarketSession;
use super::rows::{row, row_of};
use crate::api::fleet::{FleetAnswer, FleetRow, FleetView, ServedRow, describe};
use crate::api::view::shown;
use crate::api::{Cut, WIRE_VERSION};
use crate::plan::Amount;
use crate::plan::fleet::Refusal;
use crate::plan::serve::market_search::{Deployment, Outcome, staircase};
use crate::plan::serve::{Hired, Offer, wanted};
use crate::units::order::sort_by;
use crate::units::text::show;
use crate::units::{Dollars, DollarsPerHour, KilogramsCo2, Ratio, Seconds};

/// Prices of this age and younger are recent.
const RECENT_DAYS: u32 = 182;
/// Most rows of the frontier that are shown.
const ROWS_MAX: usize = 40;

/// What has been found so far.
pub(super) fn view(session: &MarketSession) -> FleetView {
    let search = &session.search;
    let outcomes = || search.outcomes().iter().flatten();
    let all: u64 = outcomes().map(|outcome| outcome.all).sum();
    let kinds = search.kinds().len() as u32;
    let complete = session.complete();
    let points = points(search.frontier());
    FleetView {
        version: WIRE_VERSION,
        prices: session.list.clone(),
        pairs: kinds,
        looked_at: kinds - search.n_left(),
        searches: u32::try_from(all).unwrap_or(u32::MAX),
        workers: session.share.1,
        complete,
        rows: points.iter().filter_map(|at| row(session, at, String::new())).collect(),
        answers: answers(session),
        lost: lost(session),
        caveats: CAVEATS.map(str::to_owned).to_vec(),
        kinds: if complete { best_of_kinds(session) } else { Vec::new() },
        sellers: if complete { best_of_sellers(session) } else { Vec::new() },
    }
}

/// Those that nothing beats in dollars and one of both times, cheapest first; where they are many, some of them, the
/// ends among these.
fn points(frontier: &[Deployment]) -> Vec<Deployment> {
    let mut all: Vec<Deployment> = Vec::new();
    for steps in [staircase(frontier, |at| at.per_token), staircase(frontier, |at| at.first_token)]
    {
        all.extend(thinned(&steps, ROWS_MAX / 2));
    }
    sort_by(&mut all, |a, b| (a.cost, a.per_token).cmp(&(b.cost, b.per_token)));
    all.dedup();
    all
}

fn thinned<'a>(steps: &'a [&'a Deployment], most: usize) -> impl Iterator<Item = Deployment> + 'a {
    let n = steps.len().min(most);
    let last = steps.len().saturating_sub(1);
    (0..n).map(move |i| *steps[i * last / n.saturating_sub(1).max(1)])
}

/// The best of each accelerator and why it lost, the cheapest first.
fn best_of_kinds(session: &MarketSession) -> Vec<FleetRow> {
    let least = session.search.cheapest().map(|at| at.cost);
    let mut all: Vec<((u8, Ratio), FleetRow)> = Vec::new();
    for (kind, outcome) in session.search.outcomes().iter().enumerate() {
        let Some(outcome) = outcome else { continue };
        let (order, at, lost) = match (outcome.cheapest, outcome.nearest) {
            (Some(at), _) => ((0, Ratio::new(at.cost.get())), Some(at), dearer(at.cost, least)),
            (None, Some((excess, at))) => ((1, excess), Some(at), missed(session, &at)),
            (None, None) => ((2, Ratio::ZERO), None, never(outcome)),
        };
        let row = match at {
            Some(at) => row(session, &at, lost),
            None => bare(session, kind, lost),
        };
        all.extend(row.map(|row| (order, row)));
    }
    firsts(all, |row| row.accelerator.clone())
}

/// A deployment on machines of some rate from some offer.
type Sold<'a> = (Deployment, DollarsPerHour, &'a Offer);

/// The best that each seller has and how much dearer it is, the cheapest first.
fn best_of_sellers(session: &MarketSession) -> Vec<FleetRow> {
    let least = session.search.cheapest().map(|at| at.cost);
    let seller = |own: &Sold<'_>| {
        let listing = session.listings.get(own.2.listing);
        listing.map_or_else(String::new, |listing| listing.provider.clone())
    };
    let own = firsts(sold(session), seller);
    own.iter().filter_map(|own| on_offer(session, own, dearer(own.0.cost, least))).collect()
}

/// The cheapest whose price is no older than half a year, where that of the cheapest of all is.
fn recent(session: &MarketSession, cheapest: &Deployment) -> Option<FleetAnswer> {
    let age = |offer: &Offer| {
        let listing = session.listings.get(offer.listing)?;
        let day = listing.stamp(offer.terms).day;
        let now = session.now.filter(|_| day.epoch_days() > 0)?;
        Some(now.day().days_since(day))
    };
    let is_old = |offer: &Offer| age(offer).is_some_and(|days| days > RECENT_DAYS);
    session.market.offers.get(cheapest.kind).filter(|own| is_old(own))?;
    let young = sold(session).into_iter().filter(|(_, own)| !is_old(own.2));
    let (_, own) = young.min_by_key(|(order, _)| *order)?;
    let more = dearer(own.0.cost, Some(cheapest.cost));
    let row = on_offer(session, &own, String::new());
    let older = age(session.market.offers.get(cheapest.kind)?)?;
    Some(FleetAnswer {
        id: "recent".to_owned(),
        question: "The cheapest within the goals, at a price of the last half year".to_owned(),
        text: money_and_time(&own.0),
        row,
        reasons: vec![format!(
            "It is {more} than at a price of {older} days ago, which may no longer hold."
        )],
    })
}

/// The cheapest of every kind on every offer of it.
fn sold(session: &MarketSession) -> Vec<((Dollars, usize), Sold<'_>)> {
    let market = &session.market;
    let firsts_of = market.kinds.iter().zip(&market.offers).enumerate();
    let firsts_of =
        firsts_of.map(|(kind, (own, offer))| (kind, own.machine.price.unwrap_or_default(), offer));
    let others = market.others.iter().map(|(kind, rate, offer)| (*kind, *rate, offer));
    let mut all: Vec<((Dollars, usize), Sold<'_>)> = Vec::new();
    for (kind, rate, offer) in firsts_of.chain(others) {
        let best = session.search.outcomes().get(kind).and_then(|own| own.as_ref()?.cheapest);
        let from = market.kinds.get(kind).and_then(|own| own.machine.price);
        let Some((best, from)) = best.zip(from) else { continue };
        let at = best.at_rate(from, rate);
        all.push(((at.cost, kind), (at, rate, offer)));
    }
    all
}

fn on_offer(
    session: &MarketSession,
    (at, rate, offer): &Sold<'_>,
    lost: String,
) -> Option<FleetRow> {
    let mut kind = session.search.kinds().get(at.kind)?.clone();
    kind.machine.price = Some(*rate);
    let listing = session.listings.get(offer.listing)?;
    let hired = Hired { ask: session.search.ask(), kind: &kind, offer, listing, at };
    row_of(session, &hired, lost)
}

/// In order, and of each name only the first.
fn firsts<K: Ord + Copy, T>(mut all: Vec<(K, T)>, name: impl Fn(&T) -> String) -> Vec<T> {
    sort_by(&mut all, |a, b| a.0.cmp(&b.0));
    let mut kept: Vec<T> = Vec::new();
    for (_, own) in all {
        if !kept.iter().any(|known| name(known) == name(&own)) {
            kept.push(own);
        }
    }
    kept
}

fn dearer(cost: Dollars, least: Option<Dollars>) -> String {
    let more = least.map_or(0.0, |least| cost.get() / least.get() - 1.0);
    match more > 0.0 {
        true => format!("{} dearer", show::percent(Ratio::new(more))),
        false => String::new(),
    }
}

/// Which goal is missed, and by how much.
fn missed(session: &MarketSession, at: &Deployment) -> String {
    let goals = &session.ask.goals;
    let over = |name: &str, time, goal: Option<Seconds>| {
        let goal = goal.filter(|goal| time > *goal)?;
        Some(format!("{name} in {}, not {}", show::time(time), show::time(goal)))
    };
    let (first, further) = session.search.worse(at);
    let all = [
        over("first token", first, goals.first_token),
        over("further token", further, goals.per_token),
    ];
    let all = all.into_iter().flatten().collect::<Vec<_>>().join("; ");
    format!("{all}{}", wanted(&session.ask))
}

fn never(outcome: &Outcome) -> String {
    let text = if outcome.all == 0 {
        "the engine cannot split the model over its machines"
    } else if outcome.too_many > 0 {
        "it takes more machines than there are"
    } else {
        "weights or one request's cache do not fit"
    };
    text.to_owned()
}

/// A kind on which nothing can be served.
fn bare(session: &MarketSession, kind: usize, lost: String) -> Option<FleetRow> {
    let offer = session.market.offers.get(kind)?;
    let served = ServedRow { lost, ..Default::default() };
    let size = session.search.kinds().get(kind)?.machine.size();
    let mut row = FleetRow {
        accelerator: offer.row.label.clone(),
        count: size,
        served: Some(served),
        ..FleetRow::default()
    };
    let listing = session.listings.get(offer.listing)?;
    describe(session.now, listing, offer.terms, &mut row);
    Some(row)
}

fn answers(session: &MarketSession) -> Vec<FleetAnswer> {
    let search = &session.search;
    let frontier = search.frontier();
    let answered =
        |id, question, at: &Deployment, reasons| answer(session, (id, question), at, reasons);
    let Some(cheapest) = search.cheapest() else {
        return if session.complete() { vec![nearest(session)] } else { Vec::new() };
    };
    let question = format!("The cheapest within the goals{}", wanted(&session.ask));
    let mut all = vec![answered(
        "cheapest",
        &question,
        cheapest,
        beside(session, cheapest).into_iter().collect(),
    )];
    let halves =
        |of: fn(&Deployment) -> Seconds| frontier.iter().find(|at| of(at) * 2.0 <= of(cheapest));
    for (id, question, at) in [
        ("quick_tokens", "Further tokens twice as quick", halves(|at| at.per_token)),
        ("quick_first", "The first token in half the time", halves(|at| at.first_token)),
    ] {
        all.extend(at.map(|at| {
            answered(id, question, at, vec![over_cheapest(at.cost.get() / cheapest.cost.get())])
        }));
    }
    if session.complete() {
        if let Some(recent) = recent(session, cheapest) {
            if let Some(first) = all.first_mut() {
                "Cheaper, at a price older than half a year".clone_into(&mut first.question);
            }
            all.insert(0, recent);
        }
        all.extend(greenest(session).map(|(at, kg)| {
            let text = format!("{} a month.", show::carbon(kg));
            answered("greenest", "Least carbon, of the best of each kind", &at, vec![text])
        }));
    }
    all
}

/// How much dearer than the cheapest, in a sentence.
fn over_cheapest(times: f64) -> String {
    match times {
        ..1.005 => "It costs as much as the cheapest, within half a percent.".to_owned(),
        ..1.5 => {
            format!("It costs {} more than the cheapest.", show::percent(Ratio::new(times - 1.0)))
        }
        _ => format!("It costs {} as much as the cheapest.", show::factor(Ratio::new(times))),
    }
}

fn answer(
    session: &MarketSession,
    (id, question): (&str, &str),
    at: &Deployment,
    reasons: Vec<String>,
) -> FleetAnswer {
    FleetAnswer {
        id: id.to_owned(),
        question: question.to_owned(),
        text: money_and_time(at),
        row: row(session, at, String::new()),
        reasons,
    }
}

/// Where nothing keeps the goals: what misses them least.
fn nearest(session: &MarketSession) -> FleetAnswer {
    let Some((excess, at)) = session.search.nearest() else {
        return FleetAnswer {
            id: "nearest".to_owned(),
            question: "The cheapest within the goals".to_owned(),
            text: "Nothing that is offered holds the model on terms that are allowed.".to_owned(),
            ..FleetAnswer::default()
        };
    };
    let excess = show::factor(excess);
    let reasons = vec![format!("It takes {excess} of a goal: {}.", missed(session, &at))];
    answer(session, ("nearest", "Nothing keeps the goals; nearest to them"), &at, reasons)
}

/// Of the best of each kind, that which emits least.
fn greenest(session: &MarketSession) -> Option<(Deployment, KilogramsCo2)> {
    let kinds = session.search.outcomes().iter().flatten().filter_map(|outcome| outcome.cheapest);
    let emits = |at: Deployment| {
        let drawn = session.hired(&at)?.drawn(session.ask.pue)?;
        let (grid, _) = drawn.grid.as_ref()?;
        Some((at, *grid * drawn.energy()))
    };
    kinds.filter_map(emits).min_by_key(|(at, kg)| (*kg, at.cost))
}

fn money_and_time(at: &Deployment) -> String {
    format!(
        "{} a million answer tokens, prompts included, first token in {}, each further one in {}.",
        show::million(at.cost),
        show::time(at.first_token),
        show::time(at.per_token)
    )
}

/// The best of the next kind of accelerator.
fn beside(session: &MarketSession, chosen: &Deployment) -> Option<String> {
    let label = |at: &Deployment| session.market.offers.get(at.kind).map(|own| &own.row.label);
    let kinds = session.search.outcomes().iter().flatten().filter_map(|outcome| outcome.cheapest);
    let others = kinds.filter(|at| label(at) != label(chosen));
    let next = others.min_by_key(|at| at.cost)?;
    let more = dearer(next.cost, Some(chosen.cost));
    Some(format!("The best of another accelerator, {}, is {more}.", label(&next)?))
}

fn lost(session: &MarketSession) -> Vec<Cut> {
    let cut = |name: &str, reason: &str, n: u64| Cut {
        name: name.to_owned(),
        reason: reason.to_owned(),
        count: shown(Amount::Count(n)),
    };
    let rules = Refusal::ALL.iter().zip(&session.market.refused);
    let mut all: Vec<Cut> =
        rules.map(|(rule, n)| cut("offers", rule.text(), (*n).into())).collect();
    let sum =
        |of: fn(&Outcome) -> u64| session.search.outcomes().iter().flatten().map(of).sum::<u64>();
    for (reason, n) in [
        ("weights or the cache of one request do not fit", sum(|own| own.too_full)),
        (
            "further tokens take longer than they may with the fewest sequences at once",
            sum(|own| own.too_slow),
        ),
        (
            "the first token comes too late, or a goal is missed under the demand",
            sum(|own| own.missed),
        ),
        ("more machines than there are", sum(|own| own.too_many)),
        (
            "within the goals",
            sum(|own| own.all - own.too_full - own.too_slow - own.missed - own.too_many),
        ),
    ] {
        all.push(cut("layouts", reason, n));
    }
    all.retain(|cut| cut.count.value > 0.0);
    all
}

/// What the figures leave out.
const CAVEATS: [&str; 5] = [
    "Machines are paid for whole, at all hours, and on demand unless you name other ways to buy: \
     what spot machines and commitments come to is for a day's traffic to say.",
    "Each kind of machine stands at its cheapest offer; a list price is no promise of capacity.",
    "A row is a deployment as the page above finds it on these machines, and opens as that: it \
     keeps its goals at its batch limit and under the demand, without its spare instances.",
    "What costs more than ten times the cheapest is left out of picture and table.",
    "Carbon is known where the region's grid is.",
];
