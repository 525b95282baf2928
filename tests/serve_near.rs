//! Sites near users: exact against every assignment, by hand, and what more of anything may do.

use autoparallel::catalogue::{offers, places};
use autoparallel::estimate::capacity::{Packing, held_while};
use autoparallel::estimate::serve::{Answer, Serving};
use autoparallel::link;
use autoparallel::plan::fleet::Limits;
use autoparallel::plan::serve::{Group, Market, NearPlan, Question, open, placed as placed_sites};
use autoparallel::search::deploy::{keeps_from, service};
use autoparallel::search::serve::fleet::{Deployment, ServeFleet, candidate};
use autoparallel::search::serve::near::{Site, at, nearest};
use autoparallel::serving::{Ask, Instance, KvFormat, WeightFormat};
use autoparallel::units::{DollarsPerHour, PerSecond, Seconds};
use proptest::prelude::*;

fn site(rate: f64, holds: Vec<Option<f64>>) -> Site {
    Site {
        rate: DollarsPerHour::new(rate),
        packing: Packing::new(8, &Instance { tp: 4, ..Instance::ONE }),
        machines_max: u32::MAX,
        holds: holds.into_iter().map(|rate| rate.map(PerSecond::new)).collect(),
    }
}

fn rates(all: &[f64]) -> Vec<PerSecond> {
    all.iter().map(|rate| PerSecond::new(*rate)).collect()
}

/// Two groups of 3 and 5 requests a second. Together at the cheap site: 2 a second for the far group, four instances
/// and a spare one on three machines at $10. Apart: three on two at $10, and four on two at $12.
#[test]
fn two_groups_by_hand() {
    let sites = [site(10.0, vec![Some(4.0), Some(2.0)]), site(12.0, vec![None, Some(2.0)])];
    let found = nearest(&rates(&[3.0, 5.0]), &sites, 1).expect("few groups");
    assert_eq!((found.taken.len(), found.hour.get()), (1, 30.0));
    let taken = &found.taken[0];
    assert_eq!((taken.replicas, taken.machines, taken.each.get()), (5, 3, 2.0));
    assert_eq!(taken.groups, [0, 1]);
    // Where the cheap site may not serve the second group, each has its own.
    let apart = [site(10.0, vec![Some(4.0), None]), site(12.0, vec![None, Some(2.0)])];
    let found = nearest(&rates(&[3.0, 5.0]), &apart, 1).expect("few groups");
    assert_eq!((found.taken.len(), found.hour.get()), (2, 10.0 + 2.0 * 12.0));
    // A group that no site may serve is named, and the others are served.
    let found = nearest(&rates(&[3.0, 5.0]), &apart[..1], 1).expect("few groups");
    assert_eq!((found.unreached, found.hour.get()), (vec![1], 10.0));
}

/// Every assignment of groups to sites; those of one site may be one pool or several.
fn naive(rates: &[PerSecond], sites: &[Site], spares: u32) -> f64 {
    fn parts(groups: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let Some((first, rest)) = groups.split_first() else { return vec![Vec::new()] };
        let mut all = Vec::new();
        for part in parts(rest) {
            for i in 0..part.len() {
                let mut grown = part.clone();
                grown[i].push(*first);
                all.push(grown);
            }
            let mut more = part;
            more.push(vec![*first]);
            all.push(more);
        }
        all
    }
    let groups: Vec<usize> = (0..rates.len()).collect();
    let cost = |set: &Vec<usize>| {
        let all = sites.iter().enumerate().filter_map(|one| at(rates, one, spares, set));
        all.map(|taken| taken.hour.get()).fold(f64::INFINITY, f64::min)
    };
    let totals = parts(&groups).into_iter().map(|part| part.iter().map(cost).sum::<f64>());
    totals.fold(f64::INFINITY, f64::min)
}

prop_compose! {
    fn problems()(
        rates in proptest::collection::vec(0.1..40.0f64, 1..6),
        sites in proptest::collection::vec(
            (1.0..20.0f64, proptest::collection::vec(proptest::option::of(0.5..8.0f64), 6)),
            1..6,
        ),
        spares in 0u32..3,
    ) -> (Vec<PerSecond>, Vec<Site>, u32) {
        let n = rates.len();
        let all = |holds: Vec<Option<f64>>| holds.into_iter().take(n).collect();
        let mut sites: Vec<Site> =
            sites.into_iter().map(|(rate, holds)| site(rate, all(holds))).collect();
        // Somewhere everyone is served.
        sites.push(site(50.0, vec![Some(1.0); n]));
        (rates.into_iter().map(PerSecond::new).collect(), sites, spares)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_sites_are_the_cheapest_of_all((rates, sites, spares) in problems()) {
        let found = nearest(&rates, &sites, spares).expect("few groups");
        let best = naive(&rates, &sites, spares);
        prop_assert!((found.hour.get() / best - 1.0).abs() < 1e-9, "{found:?} {best}");
        let mut served: Vec<usize> =
            found.taken.iter().flat_map(|taken| taken.groups.iter().copied()).collect();
        served.sort_unstable();
        prop_assert_eq!(served, (0..rates.len()).collect::<Vec<_>>());
        // One site less, one spare more or more requests are never cheaper.
        let fewer = nearest(&rates, &sites[1..], spares).expect("few groups");
        prop_assert!(fewer.hour.get() >= found.hour.get() * (1.0 - 1e-12));
        let more = nearest(&rates, &sites, spares + 1).expect("few groups");
        prop_assert!(more.hour.get() >= found.hour.get() * (1.0 - 1e-12));
        let busy: Vec<PerSecond> = rates.iter().map(|rate| *rate * 1.5).collect();
        let busy = nearest(&busy, &sites, spares).expect("few groups");
        prop_assert!(busy.hour.get() >= found.hour.get() * (1.0 - 1e-12));
    }
}

fn ask(first: f64) -> Ask {
    let link = format!(
        "1;do=serve;m=meta-llama/Llama-3.1-8B;si=1000;so=300;sf={first}s;st=30ms;sr=40/s;sn=8"
    );
    link::decode(&link).inputs.resolve().ask.expect("a question")
}

const LIMITS: fn() -> Limits = || Limits {
    providers: ["aws", "gcp", "azure"].map(str::to_owned).to_vec(),
    ..Limits::default()
};

/// Deployments that keep to the goals even for the nearest users, and sites for three groups of them.
fn placed(first: f64, jurisdiction: Option<&str>) -> (NearPlan, Vec<Deployment>, ServeFleet) {
    let limits = LIMITS();
    let question =
        Question { listings: offers::all(), limits: &limits, discounts: &[], ranks_max: 8 };
    let (mut search, market): (ServeFleet, Market) =
        open(&question, ask(first - 0.05), &[(WeightFormat::Fp8, KvFormat::Fp8)]);
    while !search.advance(8) {}
    let kinds = search.outcomes().iter().flatten();
    let mut best: Vec<Deployment> = kinds.filter_map(|outcome| outcome.cheapest).collect();
    best.sort_by_key(|at| at.cost);
    best.truncate(4);
    let group = |area: &str, rate, jurisdiction: Option<&str>| Group {
        area: area.to_owned(),
        rate: PerSecond::new(rate),
        jurisdiction: jurisdiction.map(str::to_owned),
    };
    let groups =
        [group("na-east", 20.0, None), group("eu", 12.0, jurisdiction), group("ea", 8.0, None)];
    let layouts: Vec<(usize, Instance)> = best.iter().map(|at| (at.kind, at.instance)).collect();
    let held = |number: usize, way: Seconds| {
        let at = best.get(number)?;
        let own = Ask { goals: ask(first).goals, ..search.ask_of(at.kind)? };
        let service = service(&own, &candidate(at), Some(at.batch))?;
        let serving = Serving::new(&service, &at.instance);
        let keeps = |answer: &Answer| keeps_from(&own, (&serving, 0, at.batch), answer, way);
        held_while(&serving, &own.traffic, &keeps).map(|held| held.rate)
    };
    let how = (groups.as_slice(), Seconds::new(0.02), 1);
    let plan = placed_sites(&question, &market, &layouts, how, &held);
    (plan.expect("few groups"), best, search)
}

/// With seconds to spare one site serves the world; within a fifth of a second users need their own.
#[test]
fn near_goals_need_near_sites() {
    let (wide, ..) = placed(3.0, None);
    assert_eq!(
        (wide.nearest.taken.len(), wide.nearest.unreached.len()),
        (1, 0),
        "{:?}",
        wide.nearest
    );
    let (tight, ..) = placed(0.2, None);
    assert!(tight.nearest.taken.len() >= 2, "{:?}", tight.nearest);
    assert!(tight.nearest.hour > wide.nearest.hour);
}

/// Data that must stay in the European Economic Area is served from there, and never for less.
#[test]
fn data_stays_where_it_must() {
    let (free, ..) = placed(3.0, None);
    let (bound, ..) = placed(3.0, Some("EU"));
    let europe = bound.nearest.taken.iter().find(|taken| taken.groups.contains(&1));
    let stand = &bound.stands[europe.expect("the second group is served").site];
    let listing = &offers::all()[stand.listing];
    assert!(places::within(&listing.country, "EU"), "{listing:?}");
    assert!(bound.nearest.hour >= free.nearest.hour);
}
