//! The fleet search: exact against a plain sweep, the same in any order of work, and what any market must obey.

mod support;

use autoparallel::catalogue::{accelerators, offers, reliability};
use autoparallel::estimate::{
    Book, Outlay, OutlayPart, Routes, Uptime, carbon, least_step, outlay, span, wall,
};
use autoparallel::plan::fleet::{Fleet, Limits, Origin, Outages, Question, choice, counts};
use autoparallel::prices::{Charge, Currency, Listing, Terms};
use autoparallel::search::fleet::{Aim, Point};
use autoparallel::search::{Goal, search};
use autoparallel::units::{Dollars, KilogramsCo2, Ratio, Seconds, Tokens};
use proptest::prelude::*;
use support::runs::{aside, hold};
use support::{LLAMA_7B, Wanted, case, genes};

const TOKENS: u64 = 200_000_000_000;

/// A 7B, and some rows of the market for it.
fn question(pick: impl Fn(&Listing) -> bool) -> Question {
    let wanted = Wanted { stack: "megatron", tokens: TOKENS, ..LLAMA_7B };
    let listings = offers::all().iter().filter(|listing| pick(listing)).cloned().collect();
    let mut question = Question::new(case(&wanted), listings);
    question.limits.count_max = 256;
    let spot = reliability::zone("ohio").map(|zone| zone.spot);
    question.outages = Outages { spot, ..Outages::usual() };
    // The data set lies with one of the sellers, and takes its time to the others.
    question.home = Some(("aws".to_owned(), "us-east-1".to_owned()));
    question
}

fn small() -> Question {
    question(|listing| {
        let places = ["us-east-1", "eu-north-1", "eu-north1", "westeurope", "us-central1"];
        let machines = ["h100-sxm", "a100-40g", "l4", "b200", "mi300x"];
        places.contains(&listing.region.as_str())
            && machines.contains(&listing.accelerator.as_str())
    })
}

fn finished(question: Question) -> Fleet {
    let mut fleet = Fleet::new(question);
    while !fleet.advance(7).done {}
    fleet
}

/// What two frontiers are compared by, bit for bit.
fn key(point: &Point) -> (u64, u64, u64, u32) {
    let bits = |value: f64| value.to_bits();
    (bits(point.time.get()), bits(point.cost.get()), bits(point.carbon.get()), point.count)
}

/// Every point of a market, by a layout search of its own for every row, terms and count, with the failures of that
/// layout's own job.
fn sweep(fleet: &Fleet) -> Vec<Point> {
    let mut all = Vec::new();
    for (k, kind) in fleet.market().kinds.iter().enumerate() {
        for (s, size) in kind.sizes.iter().enumerate() {
            let case = fleet.case(k as u32, size.count).expect("a case");
            let book = Book::new(&case);
            let Some(best) = search(&book, &Goal::fastest(&book)).best else { continue };
            let busy = best.estimate.step() * case.training.n_steps() as f64;
            assert!(size.least <= busy, "a bound lies above what it bounds");
            let job = book.job(&best.layout, &best.estimate);
            for (lot, bought) in kind.lots.iter().enumerate() {
                let machines = size.count / kind.machine_size;
                if bought.machines_max < machines {
                    continue;
                }
                let Question { outages, cargo, aim, .. } = fleet.question();
                let terms = if bought.class == 1 { Terms::Spot } else { Terms::OnDemand };
                let uptime = outages.uptime(terms, &job);
                let purchase = &bought.purchase;
                let lasts = wall(busy, uptime);
                let carbon = carbon(&purchase.draw, machines, lasts * uptime.paid.get());
                if purchase.most_time().is_some_and(|most| lasts > most)
                    || (*aim != Aim::Cost && carbon.is_none())
                {
                    continue;
                }
                all.push(Point {
                    busy,
                    time: span(&purchase.routes, cargo, lasts),
                    cost: outlay(purchase, cargo, machines, busy, uptime).total(),
                    carbon: carbon.unwrap_or(KilogramsCo2::UNBOUNDED),
                    kind: k as u32,
                    size: s as u32,
                    count: size.count,
                    lot: lot as u32,
                });
            }
        }
    }
    all
}

/// Those of a list that no other beats, and one of each set of equals.
fn unbeaten(all: &[Point], aim: Aim) -> Vec<(u64, u64, u64)> {
    let worth = |point: &Point| {
        let (time, cost, carbon) = (point.time.get(), point.cost.get(), point.carbon.get());
        match aim {
            Aim::Cost => (time, cost, 0.0),
            Aim::Carbon => (time, 0.0, carbon),
            Aim::Both => (time, cost, carbon),
            Aim::Green => (0.0, cost, carbon),
        }
    };
    let mut kept: Vec<(u64, u64, u64)> = all
        .iter()
        .map(worth)
        .filter(|own| {
            !all.iter().map(worth).any(|other| {
                other.0 <= own.0 && other.1 <= own.1 && other.2 <= own.2 && other != *own
            })
        })
        .map(|(time, cost, carbon)| (time.to_bits(), cost.to_bits(), carbon.to_bits()))
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[test]
fn the_frontier_is_that_of_a_plain_sweep() {
    for aim in [Aim::Cost, Aim::Carbon, Aim::Both, Aim::Green] {
        let fleet = finished(Question { aim, ..small() });
        assert!(fleet.market().kinds.len() >= 5, "{} kinds", fleet.market().kinds.len());
        let all = sweep(&fleet);
        assert!(all.len() > 300, "{} points", all.len());
        let found = unbeaten(fleet.frontier(), aim);
        assert_eq!(found.len(), fleet.frontier().len(), "points that beat one another");
        assert_eq!(found, unbeaten(&all, aim), "{aim:?}");
        let tally = fleet.tally();
        assert!(tally.bounded > 0 && tally.beaten > 0 && tally.found > 0, "{tally:?}");
        assert_eq!(tally.short + tally.bounded + tally.beaten + tally.found, tally.pairs);
    }
}

/// What `Refusal::Dominated` takes out changes nothing: every listing on its own is beaten or equalled.
#[test]
fn no_row_of_the_market_beats_the_frontier() {
    let whole = finished(small());
    for listing in &small().listings {
        let alone = Question { listings: vec![listing.clone()], ..small() };
        for point in finished(alone).frontier() {
            let covered = whole
                .frontier()
                .iter()
                .any(|best| best.time <= point.time && best.cost <= point.cost);
            assert!(covered, "{} {}", listing.region, listing.instance);
        }
    }
}

#[test]
fn slices_shares_and_order_of_rows_change_nothing() {
    let keys = |fleet: &Fleet| fleet.frontier().iter().map(key).collect::<Vec<_>>();
    let whole = finished(small());
    let mut at_once = Fleet::new(small());
    assert!(at_once.advance(u32::MAX).done);
    assert_eq!(keys(&at_once), keys(&whole));
    let mut shares: Vec<Fleet> = (0..3).map(|i| Fleet::new(small()).share(i, 3)).collect();
    let mut merged = shares.remove(0);
    while !merged.advance(5).done {}
    for mut share in shares {
        while !share.advance(5).done {}
        merged.merge(&share);
    }
    assert_eq!(keys(&merged), keys(&whole));
    for point in merged.frontier() {
        assert!(merged.best(point).is_some());
    }
    let mut listings = small().listings;
    listings.reverse();
    assert_eq!(keys(&finished(Question { listings, ..small() })), keys(&whole));
}

#[test]
fn every_part_of_the_money_is_in_one_group() {
    let grouped: Vec<OutlayPart> = Outlay::GROUPS.concat();
    assert_eq!(grouped, OutlayPart::ALL);
}

#[test]
fn money_of_every_point_is_the_sum_of_its_parts() {
    let fleet = finished(small());
    for point in fleet.frontier() {
        let outlay = fleet.outlay(point).expect("parts");
        let group =
            |parts: &[OutlayPart]| -> f64 { parts.iter().map(|p| outlay.get(*p).get()).sum() };
        let sum: f64 = Outlay::GROUPS.iter().map(|parts| group(parts)).sum();
        assert_eq!(sum, point.cost.get());
        assert_eq!(outlay.total(), point.cost);
    }
}

/// Relation 4 of any cost model: a lower price never costs more, and a common factor changes no order.
#[test]
fn cheaper_is_never_dearer_and_a_common_factor_changes_no_order() {
    let before = finished(small());
    let scaled = |factor: f64| {
        let mut question = small();
        for listing in &mut question.listings {
            listing.rates = listing.rates.times(Ratio::new(factor));
        }
        question.cargo = autoparallel::estimate::Cargo::default();
        finished(question)
    };
    let (one, double) = (scaled(1.0), scaled(2.0));
    assert_eq!(one.frontier().len(), double.frontier().len());
    for (a, b) in one.frontier().iter().zip(double.frontier()) {
        assert_eq!((a.time, a.count, a.kind), (b.time, b.count, b.kind));
        assert_eq!(a.cost.get() * 2.0, b.cost.get());
    }
    // A discount on one provider: at every deadline the cheapest is no dearer.
    let discounts = vec![("aws".to_owned(), Ratio::new(0.3))];
    let after = finished(Question { discounts, ..small() });
    for point in before.frontier() {
        let cheapest = choice::cheapest_by(&after, point.time).expect("a run");
        assert!(cheapest.cost <= point.cost);
    }
}

/// Relation 18: twice the tokens take twice the time and money; a label of the currency and the order of regions
/// change nothing.
#[test]
fn twice_the_tokens_take_twice_as_much() {
    let with = |tokens: u64| {
        let mut question = small();
        question.case.training.tokens = Tokens::new(tokens);
        question.cargo = autoparallel::estimate::Cargo::default();
        question.limits.terms = vec![Terms::OnDemand, Terms::Spot, Terms::SpotLowest];
        finished(question)
    };
    let tokens = case(&LLAMA_7B).training.step_tokens().get() * 100_000;
    let (once, twice) = (with(tokens), with(2 * tokens));
    assert!(!once.frontier().is_empty());
    for (a, b) in once.frontier().iter().zip(twice.frontier()) {
        assert_eq!((a.kind, a.count, a.lot), (b.kind, b.count, b.lot));
        assert!((b.time.get() / a.time.get() - 2.0).abs() < 1e-12);
        assert!((b.cost.get() / a.cost.get() - 2.0).abs() < 1e-12);
    }
    let euro = Currency::read("EUR").expect("a currency");
    let mut labelled = small();
    labelled.limits.currency = euro;
    labelled.listings.iter_mut().for_each(|listing| listing.currency = euro);
    let keys = |fleet: &Fleet| fleet.frontier().iter().map(key).collect::<Vec<_>>();
    assert_eq!(keys(&finished(labelled)), keys(&finished(small())));
    // Other currencies are never converted: they are refused.
    let mut other = small();
    other.limits.currency = euro;
    assert!(finished(other).frontier().is_empty());
}

#[test]
fn constraints_hold_for_every_point() {
    let limited = |limits: Limits| finished(Question { limits, ..small() });
    let base = small().limits;
    let europe = limited(Limits { jurisdictions: vec!["EU".to_owned()], ..base.clone() });
    let spotless = limited(Limits { terms: vec![Terms::OnDemand], ..base.clone() });
    let few = limited(Limits { machines_max: Some(4), ..base.clone() });
    let amd = limited(Limits { families: vec!["hopper".to_owned()], ..base.clone() });
    let scarce = limited(Limits { capacity: vec![(String::new(), 2)], ..base });
    for fleet in [&europe, &spotless, &few, &amd, &scarce] {
        assert!(!fleet.frontier().is_empty());
    }
    let listing = |fleet: &Fleet, point: &Point| match fleet.origin(point) {
        Some(Origin::Listing(i, terms)) => (fleet.question().listings[i as usize].clone(), terms),
        other => panic!("{other:?}"),
    };
    for point in europe.frontier() {
        let country = listing(&europe, point).0.country;
        assert!(["SE", "FI", "NL"].contains(&country.as_str()), "{country}");
    }
    for point in spotless.frontier() {
        assert_eq!(listing(&spotless, point).1, Terms::OnDemand);
    }
    for point in few.frontier() {
        assert!(point.count <= 4 * few.market().kinds[point.kind as usize].machine_size);
    }
    for point in amd.frontier() {
        assert_eq!(listing(&amd, point).0.accelerator, "h100-sxm");
    }
    for point in scarce.frontier() {
        assert!(point.count <= 2 * scarce.market().kinds[point.kind as usize].machine_size);
    }
}

#[test]
fn questions_are_answered_within_what_they_ask() {
    let mut fleet = finished(small());
    let frontier = fleet.frontier().to_vec();
    let (first, last) = (&frontier[0], &frontier[frontier.len() - 1]);
    let deadline = Seconds::new(0.5 * (first.time.get() + last.time.get()));
    let cheapest = choice::cheapest_by(&fleet, deadline).expect("a run by then");
    assert!(cheapest.time <= deadline);
    assert!(sweep(&fleet).iter().all(|p| p.time > deadline || p.cost >= cheapest.cost));
    assert_eq!(choice::cheapest_by(&fleet, first.time * 0.5), None);
    let fastest = choice::fastest_within(&fleet, first.cost).expect("a run for it");
    assert_eq!(fastest.time, first.time);

    // The budget of a run buys its tokens, within a step; twice the budget on hourly terms about twice as many.
    let budget = last.cost;
    let most = choice::most_tokens(&fleet, budget, Seconds::UNBOUNDED).expect("tokens");
    assert!(most.outlay.total() <= budget);
    assert!(most.tokens.get() + 2 * fleet.question().case.training.step_tokens().get() >= TOKENS);
    let twice = choice::most_tokens(&fleet, budget * 2.0, Seconds::UNBOUNDED).expect("tokens");
    let ratio = twice.tokens.as_f64() / most.tokens.as_f64();
    assert!((1.9..2.1).contains(&ratio), "{ratio}");

    let smallest = choice::smallest(&mut fleet, Seconds::UNBOUNDED).expect("a cluster");
    assert!(sweep(&fleet).iter().all(|p| { (p.count, p.cost) >= (smallest.count, smallest.cost) }));
}

#[test]
fn the_same_speed_with_less_carbon() {
    let cost = finished(small());
    let carbon = finished(Question { aim: Aim::Both, ..small() });
    let point = &cost.frontier()[cost.frontier().len() / 2];
    let greener = choice::least_carbon(&carbon, point.time).expect("a run");
    assert!(greener.time <= point.time && greener.carbon <= point.carbon);
    assert!(greener.carbon < point.carbon, "Sweden's grid emits less");
}

#[test]
fn counts_are_four_to_an_octave_and_whole_machines() {
    let limits = Limits { count_max: 40, ..Limits::default() };
    assert_eq!(counts(&limits, 1), [8, 10, 12, 14, 16, 20, 24, 28, 32, 40]);
    assert_eq!(counts(&limits, 8), [8, 16, 24, 32, 40]);
    let wide = counts(&Limits::default(), 16);
    assert_eq!((wide.first(), wide.last()), (Some(&16), Some(&16_384)));
}

/// The least step time that follows from the case alone is never above that of any layout.
#[test]
fn the_bound_of_a_case_is_below_every_layout() {
    hold(2000, |values| {
        let case = genes::case(values, genes::LARGE).map_err(|_| aside("no case"))?;
        let layout = genes::layout(values, &case).ok_or_else(|| aside("no layout"))?;
        prop_assert!(least_step(&case) <= Book::new(&case).estimate(&layout).step());
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No amount of money is negative or not finite, whatever is bought, and it never falls as a run takes longer.
    #[test]
    fn money_is_finite_and_grows_with_time(
        rate in 0.0..1e6f64, days in 0.0..1e5f64, more in 1.0..10.0f64, good in 0.0..1.0f64,
        machines in 1..100_000u32, terms in 0..6usize,
    ) {
        let mut question = small();
        for listing in &mut question.listings {
            listing.rates = listing.rates.times(Ratio::new(rate));
        }
        let listing = &question.listings[0];
        let terms = Terms::ALL[terms];
        let Some(rate) = listing.rates.get(terms) else { return Ok(()) };
        let way = Some(autoparallel::catalogue::places::WAYS_OUT[0]);
        let purchase = autoparallel::estimate::Purchase {
            source: autoparallel::estimate::Source::Rented {
                rate, terms, charge: Charge::WholeTerm,
            },
            tariff: Default::default(),
            moving_in: autoparallel::units::DollarsPerGb::new(rate.get()),
            routes: Routes { into: way, out: way },
            draw: Default::default(),
        };
        let busy = Seconds::new(days * 86_400.0);
        let uptime = Uptime::useful(Ratio::new(good));
        let at = |busy| outlay(&purchase, &question.cargo, machines, busy, uptime);
        let (less, more) = (at(busy), at(busy * more));
        for part in OutlayPart::ALL {
            let dollars = less.get(*part).get();
            prop_assert!(dollars.is_finite() && dollars >= 0.0);
        }
        prop_assert!(less.total() <= more.total());
        prop_assert!(wall(busy, uptime) >= busy);
        prop_assert!(less.total() <= Dollars::UNBOUNDED);
    }
}

#[test]
fn every_embedded_offer_is_of_a_catalogued_accelerator() {
    assert!(offers::all().len() > 2000, "{}", offers::all().len());
    for listing in offers::all() {
        assert!(accelerators::find(&listing.accelerator).is_some());
        let known = offers::sources().iter().any(|source| source.key == listing.source);
        assert!(known, "{}", listing.source);
    }
}
